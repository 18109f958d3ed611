// Kernels of core's structural primitives. Those that only say where elements are make views: nothing is copied.

import {
  allocate,
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
import { zeros } from "./iterate.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { dense, payloadOf, reshapeStrides, View, viewOf } from "./layout.js";
import { sum, sumAll } from "./reduce.js";

const full: Kernel<FullParams> = (_args, { shape, dtype, value }) => {
  const data = allocate(dtype, 1);
  data[0] = value;
  return new View(data, zeros(shape.length), 0);
};

const broadcast: Kernel<BroadcastParams> = ([x], { shape, axes }) => {
  const { data, strides, offset } = viewOf(x!);
  const to = zeros(shape.length);
  axes.forEach((axis, i) => {
    if (x!.shape[i] === shape[axis]) to[axis] = strides[i] as number;
  });
  return payloadOf(new View(data, to, offset), shape);
};

const reduceSum: Kernel<AxesParams> = ([x], { axes }, [out]) => {
  const { payload, shape } = x!;
  if (out!.ndim === 0 && isFloat(out!.dtype) && ArrayBuffer.isView(payload)) return sumAll(payload as TypedArray);
  return sum(viewOf(x!), shape, axes, out!);
};

const reshape: Kernel = ([x], _params, [out]) => {
  const { payload, shape } = x!;
  if (!(payload instanceof View)) return dense(x!);
  const strides = reshapeStrides(shape, payload.strides, out!.shape);
  return strides === undefined ? dense(x!) : payloadOf(new View(payload.data, strides, payload.offset), out!.shape);
};

const transpose: Kernel<TransposeParams> = ([x], { perm }, [out]) => {
  const { data, strides, offset } = viewOf(x!);
  return payloadOf(new View(data, perm.map((i) => strides[i] as number), offset), out!.shape);
};

/** What the handlers of core perform: every backend has these. */
export const structural: KernelFamily = [
  [fullP, full],
  [broadcastP, broadcast],
  [reduceSumP, reduceSum],
  [reshapeP, reshape],
  [transposeP, transpose],
];
