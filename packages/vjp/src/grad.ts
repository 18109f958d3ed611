// grad: the gradient of a scalar function, by one forward and one backward pass.

import { type Argnums, ArgumentError, type Arguments, assertFunction, type Aval, castUnlessSame, DTypeError, fullOf, isFloat, selectArgs, tangentAval, type Tensor, type TensorLike, transposeLinear, treeUnflatten } from "@gradus/core";
import type { Differentiable, Gradient } from "@gradus/jvp";
import { linearizeTree, type Linearized } from "./linearize.js";
import { spread } from "./vjp.js";

export interface GradOptions<N extends Argnums = Argnums> {
  /** The argument to differentiate, or several for a tuple of gradients; the first unless given. */
  readonly argnums?: N;
  /** The function returns `[value, aux]`; aux is passed out without derivative. */
  readonly hasAux?: boolean;
  /** Accept integer and boolean arguments, whose gradients are float0. */
  readonly allowInt?: boolean;
}

/**
 * The gradient of a scalar function, with the structure, shapes and dtypes of the selected argument.
 * @example grad((x) => mul(sin(x), x))(2) // sin 2 + 2 cos 2
 * @throws ArgumentError if the output is no scalar, or an argument is missing @throws DTypeError if the output or an argument is
 * no float @throws MissingRuleError where an operation on the way has no rule
 */
export function grad<A extends any[] = Tensor[], X = any, const N extends Argnums = 0>(
  f: ((...args: A) => [TensorLike, X]) & Differentiable<A, N>,
  options: GradOptions<N> & { readonly hasAux: true },
): (...args: Arguments<A>) => [Gradient<A, N>, X];
export function grad<A extends any[] = Tensor[], const N extends Argnums = 0>(
  f: ((...args: A) => TensorLike) & Differentiable<A, N>,
  options?: GradOptions<N> & { readonly hasAux?: false },
): (...args: Arguments<A>) => Gradient<A, N>;
export function grad(f: (...args: any[]) => any, options: GradOptions = {}): (...args: any[]) => any {
  assertFunction(f, "grad");
  return (...args) => {
    const { gradient, aux } = evaluate(f, args, options, "grad");
    return options.hasAux ? [gradient, aux] : gradient;
  };
}

/**
 * The value and the gradient of a scalar function: `[value, gradient]`, or `[[value, aux], gradient]` with `hasAux`.
 * @throws as {@link grad}
 */
export function valueAndGrad<A extends any[] = Tensor[], X = any, const N extends Argnums = 0>(
  f: ((...args: A) => [TensorLike, X]) & Differentiable<A, N>,
  options: GradOptions<N> & { readonly hasAux: true },
): (...args: Arguments<A>) => [[Tensor, X], Gradient<A, N>];
export function valueAndGrad<A extends any[] = Tensor[], const N extends Argnums = 0>(
  f: ((...args: A) => TensorLike) & Differentiable<A, N>,
  options?: GradOptions<N> & { readonly hasAux?: false },
): (...args: Arguments<A>) => [Tensor, Gradient<A, N>];
export function valueAndGrad(f: (...args: any[]) => any, options: GradOptions = {}): (...args: any[]) => any {
  assertFunction(f, "valueAndGrad");
  return (...args) => {
    const { value, gradient, aux } = evaluate(f, args, options, "valueAndGrad");
    return [options.hasAux ? [value, aux] : value, gradient];
  };
}

function evaluate(f: (...args: any[]) => any, args: unknown[], { argnums = 0, hasAux, allowInt }: GradOptions, what: string) {
  const { selected, replace } = selectArgs(args, argnums, what);
  const lin = linearizeTree(f, selected, replace, what, hasAux);
  if (allowInt !== true) lin.inAvals.forEach((aval) => assertFloat(aval, what));
  const value = scalarOutput(lin, what);
  const cts = spread(transposeLinear(lin.program, [fullOf(value.aval, 1)]), lin.inAvals);
  const gradient = treeUnflatten(lin.inTree, cts.map((ct, i) => castUnlessSame(ct, tangentAval(lin.inAvals[i] as Aval))));
  return { value, gradient, aux: lin.aux };
}

/** @throws DTypeError for an integer or boolean argument */
export function assertFloat(aval: Aval, what: string): void {
  if (isFloat(aval.dtype)) return;
  throw new DTypeError(
    `${what}: a differentiated argument is ${aval}, and only floats have gradients: cast it with cast(x, "float32"), leave it out of argnums, ` +
      "or pass allowInt: true for a float0 gradient.",
  );
}

function scalarOutput({ outs, outTree }: Linearized, what: string): Tensor {
  const out = outs[0] as Tensor;
  const isArray = outTree.kind === "leaf";
  const needs = (kind: string, got: unknown): string => `${what} needs a function that returns a ${kind}, and this one returned ${got}. `;
  if (!isArray || out.ndim > 0) {
    throw new ArgumentError(
      `${needs("scalar", isArray ? `an array ${out.aval}` : `the structure ${outTree}`)}` +
        "Reduce it (reduceSum), use jacrev for a Jacobian or vjp for a cotangent of your own, or hasAux for extra outputs.",
    );
  }
  if (!isFloat(out.dtype)) throw new DTypeError(`${needs("float", out.aval)}Integers and booleans have no gradient: cast the result if it is meant as a number.`);
  return out;
}
