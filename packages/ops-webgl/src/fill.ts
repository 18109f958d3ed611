// Arrays of one value: one element on the device, repeated by strides of 0.

import { allocate, fullP, type FullParams } from "@gradus/core";
import type { Kernel, KernelFamily } from "./kernel.js";
import { View } from "./view.js";

const full: Kernel<FullParams> = (device, _args, { shape, dtype, value }) => {
  const data = allocate(dtype, 1);
  data[0] = value;
  return new View(device.memory.put(dtype, data), shape.map(() => 0));
};

/** full. */
export const filling: KernelFamily = [[fullP, full]];
