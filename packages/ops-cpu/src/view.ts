// Elements in memory that need not be one run of it.

import type { Shape, TypedArray } from "@gradus/core";

/** A tensor's elements as a strided part of a typed array: broadcast axes have stride 0. All in elements. */
export class View {
  declare readonly data: TypedArray;
  declare readonly strides: readonly number[];
  declare readonly offset: number;

  constructor(data: TypedArray, strides: readonly number[], offset = 0) {
    this.data = data;
    this.strides = strides;
    this.offset = offset;
  }
}

/** The strides of one element that is all elements. */
export const zeroStrides = (shape: Shape): number[] => shape.map(() => 0);

/** Whether all elements of a view are one and the same. */
export const isUniform = ({ strides }: View): boolean => strides.every((s) => s === 0);
