// Arrays on the host, as plain numbers: what results are compared with. Nothing here applies an operation, so that no law is
// checked by means of what it is a law of.

import { array, avalOf, type Aval, bind, castP, type DType, opaqueTensor, type Shape, type Tensor } from "@gradus/core";

/** Elements in row-major order; booleans as 0 and 1, float0 without any. */
export interface HostArray {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: readonly number[];
}

export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

/** The elements of a concrete tensor; of a 0-d one the number itself, which is a double if it is weak. */
export const toHost = (x: Tensor): HostArray => ({
  shape: x.shape,
  dtype: x.dtype,
  data: x.dtype === "float0" ? [] : x.ndim === 0 ? [Number(x.item())] : Array.from(x.dataSync()),
});

/** A tensor of host elements, on the backend in place. */
export function fromHost({ shape, dtype, data }: HostArray, weak = false): Tensor {
  if (dtype === "float0") return opaqueTensor(avalOf(shape, dtype));
  const x = shape.length === 0 ? array(data[0] as number, { dtype }) : array(Float64Array.from(data), { dtype, shape });
  return weak ? bind(castP, [x], { dtype, weak: true }) : x;
}

/** Every index of an array of a shape, in row-major order. */
export function indices(shape: Shape): number[][] {
  let all: number[][] = [[]];
  for (const d of shape) all = all.flatMap((index) => Array.from({ length: d }, (_, i) => [...index, i]));
  return all;
}

/** Where an index is in row-major order. */
export const offsetOf = (shape: Shape, index: readonly number[]): number => index.reduce((n, i, axis) => n * (shape[axis] as number) + i, 0);

/** The element at an index. */
export const at = (x: HostArray, index: readonly number[]): number => x.data[offsetOf(x.shape, index)] as number;

/** The elements of an array of a shape, computed index by index. */
export const build = (shape: Shape, element: (index: number[]) => number): number[] => indices(shape).map(element);

/** Arrays of one shape along a new axis. */
export function stackHost(xs: readonly HostArray[], axis: number): HostArray {
  const { shape, dtype } = xs[0] as HostArray;
  const stacked = [...shape.slice(0, axis), xs.length, ...shape.slice(axis)];
  const data = dtype === "float0" ? [] : build(stacked, (index) => at(xs[index[axis] as number] as HostArray, index.filter((_, i) => i !== axis)));
  return { shape: stacked, dtype, data };
}

/** Host values for an aval: the same for the same random source. Integers are small, booleans mixed. */
export function randomHost(aval: Aval, random: () => number): HostArray {
  const { shape, dtype, size } = aval;
  const draw = (): number => (dtype === "bool" ? (random() < 0.5 ? 0 : 1) : dtype === "float32" || dtype === "float64" ? 2 * random() - 1 : Math.floor(8 * random()));
  return { shape, dtype, data: dtype === "float0" ? [] : Array.from({ length: size }, draw) };
}

/** A random tensor of exactly this aval: a direction, or a cotangent. */
export const randomTensor = (aval: Aval, random: () => number): Tensor => fromHost(randomHost(aval, random), aval.weak);
