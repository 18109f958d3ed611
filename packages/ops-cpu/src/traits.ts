// Kernels of core's structural primitives. Those that only say where elements are make views: nothing is copied.

import {
  type AxesParams,
  type BroadcastParams,
  broadcastP,
  type FullParams,
  fullP,
  isFloat,
  reduceSumP,
  reshapeP,
  transposeP,
  type TransposeParams,
  type TypedArray,
} from "@gradus/core";
import type { Kernel, KernelFamily } from "./kernel.js";
import { dense, viewOf } from "./layout.js";
import { sum, sumAll } from "./reduce.js";
import { single } from "./storage.js";
import { isUniform, View, zeroStrides } from "./view.js";

const full: Kernel<FullParams> = (_args, { shape, dtype, value }) => new View(single(dtype, value), zeroStrides(shape));

const broadcast: Kernel<BroadcastParams> = ([x], { shape, axes }) => {
  const { data, strides, offset } = viewOf(x!);
  const to = zeroStrides(shape);
  axes.forEach((axis, i) => {
    if (x!.shape[i] === shape[axis]) to[axis] = strides[i] as number;
  });
  return new View(data, to, offset);
};

const reduceSum: Kernel<AxesParams> = ([x], { axes }, [out]) => {
  const { payload, shape } = x!;
  if (out!.ndim === 0 && isFloat(out!.dtype) && ArrayBuffer.isView(payload)) return sumAll(payload as TypedArray);
  return sum(viewOf(x!), shape, axes, out!);
};

// Without a copy where axes of length 1 come and go, and where all elements are one.
const reshape: Kernel = ([x], _params, [out]) => {
  const { payload, shape } = x!;
  const to = out!.shape;
  if (!(payload instanceof View)) return dense(x!);
  const { data, strides, offset } = payload;
  if (isUniform(payload)) return new View(data, zeroStrides(to), offset);
  const long = (d: number): boolean => d !== 1;
  if (shape.filter(long).join() !== to.filter(long).join()) return dense(x!);
  const kept = strides.filter((_, i) => shape[i] !== 1);
  return new View(data, to.map((d) => (d === 1 ? 0 : (kept.shift() as number))), offset);
};

const transpose: Kernel<TransposeParams> = ([x], { perm }) => {
  const { data, strides, offset } = viewOf(x!);
  return new View(data, perm.map((i) => strides[i] as number), offset);
};

/** What the handlers of core perform: every backend has these. */
export const structural: KernelFamily = [
  [fullP, full],
  [broadcastP, broadcast],
  [reduceSumP, reduceSum],
  [reshapeP, reshape],
  [transposeP, transpose],
];
