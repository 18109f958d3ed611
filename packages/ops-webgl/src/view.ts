// Tensors on the device: a storage seen through strides, so that transposing, slicing and repeating move nothing.

import { rowMajor, type Shape } from "@gradus/core";
import type { Storage } from "./storage.js";

/** The elements of a tensor: element (i, j, …) is at offset + i·strides[0] + j·strides[1] + … of the storage. */
export class View {
  readonly storage: Storage;
  readonly strides: readonly number[];
  readonly offset: number;

  constructor(storage: Storage, strides: readonly number[], offset = 0) {
    this.storage = storage;
    this.strides = strides;
    this.offset = offset;
  }
}

/** A whole storage in row-major order. */
export const whole = (storage: Storage, shape: Shape): View => new View(storage, rowMajor(shape));

/** Whether a view is its storage from the start, in row-major order. */
export const isDense = ({ strides, offset }: View, shape: Shape): boolean => offset === 0 && rowMajor(shape).every((s, i) => s === strides[i] || shape[i] === 1);

/** The strides of a shape as part of one that it broadcasts to: 0 along axes that repeat. */
export function alignedStrides(strides: readonly number[], from: Shape, to: Shape): number[] {
  const lead = to.length - from.length;
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (strides[i - lead] as number)));
}

/** Axes that run together in all strides are one, and those of length 1 none: fewer programs, and less to compute in them. */
export function merged(shape: Shape, strides: readonly (readonly number[])[]): { shape: number[]; strides: number[][] } {
  const dims: number[] = [];
  const steps: number[][] = strides.map(() => []);
  shape.forEach((d, i) => {
    if (d === 1) return;
    const last = dims.length - 1;
    const joins = last >= 0 && strides.every((s, k) => steps[k]?.[last] === (s[i] as number) * d);
    if (joins) dims[last] = (dims[last] as number) * d;
    else dims.push(d);
    strides.forEach((s, k) => ((steps[k] as number[])[dims.length - 1] = s[i] as number));
  });
  return { shape: dims, strides: steps };
}
