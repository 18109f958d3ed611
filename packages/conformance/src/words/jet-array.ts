// Arrays of jets, and trees of them: arguments and results of reference programs.

import { type DType, isFloat, type Shape, type Tensor, tree } from "@gradus/core";
import { build, fromHost, type HostArray, offsetOf, sizeOf } from "../host-array.js";
import { add, constant, derivative, type Jet, real, times, without } from "./jet.js";

export class JetArray {
  readonly shape: Shape;
  readonly dtype: DType;
  /** In row-major order; float0 has no elements. */
  readonly data: readonly Jet[];

  constructor(shape: Shape, dtype: DType, data: readonly Jet[]) {
    this.shape = shape;
    this.dtype = dtype;
    this.data = data;
  }
}

/** A tree with jet arrays as leaves. */
export type JetTree = any;

export const fromData = (shape: Shape, data: readonly number[], dtype: DType = "float64"): JetArray => new JetArray(shape, dtype, data.map(constant));
export const scalar = (x: Jet): JetArray => new JetArray([], "float64", [x]);
export const vector = (xs: readonly Jet[], shape: Shape = [xs.length]): JetArray => new JetArray(shape, "float64", xs);

export const leavesOf = (t: JetTree): JetArray[] => tree.leaves(t) as JetArray[];
export const mapJets = (t: JetTree, f: (x: JetArray) => JetArray): JetTree => tree.map(f as (x: unknown) => unknown, t);

/** The tensors that a tree of jet arrays stands for: the real parts, at the beginning all there is. */
export const toTensors = (t: JetTree): any => tree.map((x: JetArray): Tensor => fromHost(toHostArray(x)), t);

export const toHostArray = ({ shape, dtype, data }: JetArray): HostArray => ({ shape, dtype, data: data.map(real) });

/** A tangent (or cotangent) for each leaf, from the numbers of `next`: float0 for integers. */
export const tangentsFor = (t: JetTree, next: () => number): JetTree =>
  mapJets(t, ({ shape, dtype }) => (isFloat(dtype) ? fromData(shape, Array.from({ length: sizeOf(shape) }, next), dtype) : new JetArray(shape, "float0", [])));

/** x + ε_k·dx at the float leaves. */
export const perturb = (t: JetTree, dt: JetTree, k: number): JetTree =>
  tree.map((x: JetArray, dx: JetArray) => (isFloat(x.dtype) ? new JetArray(x.shape, x.dtype, x.data.map((v, i) => add(v, times(dx.data[i] as Jet, k)))) : x), t, dt);

export const valuesWithout = (t: JetTree, k: number): JetTree => mapJets(t, (x) => new JetArray(x.shape, x.dtype, x.data.map((v) => without(v, k))));

export const derivatives = (t: JetTree, k: number): JetTree =>
  mapJets(t, (x) => (isFloat(x.dtype) ? new JetArray(x.shape, x.dtype, x.data.map((v) => derivative(v, k))) : new JetArray(x.shape, "float0", [])));

/** Leaves of one shape along a new axis; negative ones count from the end. */
export function stackJets(xs: readonly JetArray[], axis: number): JetArray {
  const { shape, dtype } = xs[0] as JetArray;
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  const stacked = [...shape.slice(0, at), xs.length, ...shape.slice(at)];
  const data = dtype === "float0" ? [] : indexed(stacked, (index) => (xs[index[at] as number] as JetArray).data[offsetOf(shape, index.filter((_, i) => i !== at))] as Jet);
  return new JetArray(stacked, dtype, data);
}

/** The i-th entry along an axis. */
export function entry(x: JetArray, axis: number, i: number): JetArray {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const shape = x.shape.filter((_, k) => k !== at);
  const data = x.dtype === "float0" ? [] : indexed(shape, (index) => x.data[offsetOf(x.shape, [...index.slice(0, at), i, ...index.slice(at)])] as Jet);
  return new JetArray(shape, x.dtype, data);
}

function indexed(shape: Shape, element: (index: number[]) => Jet): Jet[] {
  const out: Jet[] = [];
  build(shape, (index) => out.push(element(index)));
  return out;
}
