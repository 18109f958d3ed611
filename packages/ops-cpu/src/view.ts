// Elements in memory that need not be one run of it.

import type { Shape, TypedArray } from "@gradus/core";

/** A tensor's elements as a strided part of a typed array: broadcast axes have stride 0. All in elements. */
export abstract class Elements {
  abstract readonly data: TypedArray;
  abstract readonly strides: readonly number[];
  abstract readonly offset: number;
  /** The array, where it is known to be these elements in row-major order. */
  abstract readonly whole: TypedArray | undefined;
}

/** Those of an array that is there. */
export class View extends Elements {
  declare readonly data: TypedArray;
  declare readonly strides: readonly number[];
  declare readonly offset: number;
  declare readonly whole: TypedArray | undefined;

  constructor(data: TypedArray, strides: readonly number[], offset = 0) {
    super();
    this.data = data;
    this.strides = strides;
    this.offset = offset;
  }
}

/** The strides of one element that is all elements. */
export const zeroStrides = (shape: Shape): number[] => shape.map(() => 0);

/** Whether all elements of a view are one and the same. */
export const isUniform = ({ strides }: Elements): boolean => strides.every((s) => s === 0);
