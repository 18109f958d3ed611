// A large result of a compiled program, which stays in the memory of the compiler.

import { rowMajor, type Shape, type TypedArray } from "@gradus/core";
import { Elements } from "./view.js";

/** The elements of one tensor in row-major order: in that memory until they make room for others, and in an array from the first time that one is asked for. */
export class Resident extends Elements {
  declare readonly strides: readonly number[];
  declare readonly offset: number;
  readonly #bringOut: (x: Resident) => TypedArray;
  #data: TypedArray | undefined;

  constructor(shape: Shape, bringOut: (x: Resident) => TypedArray) {
    super();
    this.strides = rowMajor(shape);
    this.offset = 0;
    this.#bringOut = bringOut;
  }

  /** Not to be written to. */
  get data(): TypedArray {
    return (this.#data ??= this.#bringOut(this));
  }

  get whole(): TypedArray {
    return this.data;
  }

  /** The elements in an array of the caller's own. */
  copy(): TypedArray {
    return this.#data === undefined ? this.#bringOut(this) : this.#data.slice();
  }
}
