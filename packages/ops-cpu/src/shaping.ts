// The kernel family of padding, joining and counting.

import { rowMajor } from "@gradus/core";
import { type AxisParams, concatenateP, type IotaParams, iotaP, type PadParams, padP } from "@gradus/ops";
import { copyInto, payloadOf } from "./copy.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { fresh } from "./storage.js";
import { View, zeroStrides } from "./view.js";

const pad: Kernel<PadParams> = ([x, value], { config }, [out]) => {
  const result = fresh(out!.dtype, out!.size);
  const fill = value!.payload as number;
  if (fill !== 0) result.fill(fill);
  const { data, strides, offset } = viewOf(x!);
  const outStrides = rowMajor(out!.shape);
  let from = offset;
  let to = 0;
  // Of each axis those elements stay whose new index, low + i·step, is inside.
  const shape = x!.shape.map((d, i) => {
    const [low, , interior] = config[i] as [number, number, number];
    const step = interior + 1;
    const first = low < 0 ? Math.ceil(-low / step) : 0;
    const end = Math.min(d, Math.ceil(((out!.shape[i] as number) - low) / step));
    from += first * (strides[i] as number);
    to += (low + first * step) * (outStrides[i] as number);
    outStrides[i] = (outStrides[i] as number) * step;
    return Math.max(end - first, 0);
  });
  copyInto(new View(result, outStrides, to), new View(data, strides, from), shape);
  return result;
};

const concatenate: Kernel<AxisParams> = (args, { axis }, [out]) => {
  const result = fresh(out!.dtype, out!.size);
  const strides = rowMajor(out!.shape);
  let at = 0;
  for (const x of args) {
    if (axis === 0 && ArrayBuffer.isView(x.payload)) result.set(x.payload as unknown as ArrayLike<number>, at);
    else copyInto(new View(result, strides, at), viewOf(x), x.shape);
    at += (x.shape[axis] as number) * (strides[axis] as number);
  }
  return result;
};

const iota: Kernel<IotaParams> = (_args, { shape, dtype, axis }) => {
  const n = shape[axis] as number;
  const data = fresh(dtype, n);
  for (let i = 0; i < n; i++) data[i] = i;
  const strides = zeroStrides(shape);
  strides[axis] = 1;
  return payloadOf(new View(data, strides), shape);
};

/** pad, concatenate and iota; slices and reversals are views, which every backend has. */
export const shaping: KernelFamily = [
  [padP, pad],
  [concatenateP, concatenate],
  [iotaP, iota],
];
