// The types of derivatives: which arguments are differentiated, and the structures of gradients and Jacobians.

import type { MapTree, Tensor, TensorLike } from "@gradus/core";

/** The type of a tree whose leaves have become tensors. */
export type Tensors<T> = MapTree<T, TensorLike, Tensor>;

/** The gradient: of the structure of the selected argument, a tuple for several. */
export type Gradient<A extends any[], N> = N extends readonly number[] ? { [K in keyof N]: Tensors<At<A, N[K]>> } : Tensors<At<A, N>>;

// The argument of an index, which counts from the end where it is negative.
type At<A extends any[], N> = `${N & number}` extends `-${infer P extends number}` ? FromEnd<A, P> : A[N & number];
type FromEnd<A extends any[], P extends number, Seen extends unknown[] = [unknown]> = A extends [...infer R, infer L] ? (Seen["length"] extends P ? L : FromEnd<R, P, [...Seen, unknown]>) : A[number];

// A differentiated parameter meets a tracer, so a leaf declared as plain `number` would be a lie.
type HasNumber<T> = 0 extends 1 & T
  ? false
  : number extends T
    ? Tensor extends T
      ? false
      : true
    : T extends Tensor | string | boolean | null | undefined | ((...args: never[]) => unknown)
      ? false
      : T extends object
        ? true extends { [K in keyof T]: HasNumber<T[K]> }[keyof T & (T extends readonly unknown[] ? number : keyof T)]
          ? true
          : false
        : false;
// One argument after the other: Tensor | number, of two, would look like TensorLike.
type SelectsNumber<A extends any[], N> = N extends readonly number[] ? true extends { [K in keyof N]: HasNumber<At<A, N[K]>> }[number] ? true : false : HasNumber<At<A, N>>;
/** Refuses functions whose differentiated parameter has a leaf of type `number`. */
export type Differentiable<A extends any[], N> = SelectsNumber<A, N> extends true ? { readonly "a differentiated parameter must be declared Tensor or TensorLike, not number": never } : unknown;

/** The Jacobian of a result `R` whose leaves have the derivative `G` each. */
export type Jacobian<R, G> = MapTree<R, TensorLike, G>;
