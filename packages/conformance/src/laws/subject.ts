// What laws are about: a function and points to look at it, and the ways in which laws apply it.

import { type Tensor, tangentAval } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { vjp } from "@gradus/vjp";
import { fromHost, randomTensor, stackHost, toHost } from "../host-array.js";
import { randomSource } from "../random.js";

/** A function, and points to look at it: the first for most laws, all of them, stacked, for the law of vmap. */
export interface Subject {
  readonly f: (...args: Tensor[]) => Tensor | Tensor[];
  readonly points: readonly (readonly Tensor[])[];
}

/** @throws ConformanceError if it does not hold */
export type Law = (subject: Subject) => void;

export const at = (s: Subject): Tensor[] => [...(s.points[0] as readonly Tensor[])];
const many = (out: Tensor | Tensor[]): Tensor[] => (Array.isArray(out) ? out : [out]);
/** A direction for each operand, and a cotangent for each result: always the same ones. */
export const directions = (xs: readonly Tensor[]): Tensor[] => {
  const random = randomSource("direction");
  return xs.map((x) => randomTensor(tangentAval(x.aval), random));
};
export const cotangents = (outs: readonly Tensor[]): Tensor[] => {
  const random = randomSource("cotangent");
  return outs.map((y) => randomTensor(tangentAval(y.aval), random));
};

/** f with an array of outputs, and its derivatives as functions of arrays of tensors: what laws compose. */
export const outputs = ({ f }: Subject) => (...xs: Tensor[]): Tensor[] => many(f(...xs));
export const forward = (s: Subject) => (xs: Tensor[], vs: Tensor[]): [Tensor[], Tensor[]] => jvp(outputs(s), xs, vs);
export const backward = (s: Subject) => (xs: Tensor[], cts: Tensor[]): Tensor[] => vjp(outputs(s), xs)[1](cts) as Tensor[];

/** Operand i of all points, along a new axis. */
export const stackPoints = (points: readonly (readonly Tensor[])[], i: number, axis: number): Tensor => {
  const first = points[0]?.[i] as Tensor;
  return fromHost(stackHost(points.map((xs) => toHost(xs[i] as Tensor)), axis), first.aval.weak);
};
