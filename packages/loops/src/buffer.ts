// Buffers: room for the elements of an array in the arena.

import type { DType } from "@gradus/core";

/** The type of an element in memory and of a scalar expression. */
export type Type = Exclude<DType, "float0">;

/** Room for `size` elements in the arena. Where it is, the memory plan says. */
export interface Buffer {
  readonly id: number;
  readonly type: Type;
  readonly size: number;
}

export const bytesOf: Readonly<Record<Type, number>> = { float32: 4, float64: 8, int32: 4, uint32: 4, bool: 1 };

/** Bytes that a buffer takes: a multiple of 64, with room behind its end for vectors that go beyond it. */
export const roomFor = ({ type, size }: Pick<Buffer, "type" | "size">): number => Math.ceil((size * bytesOf[type] + 32) / 64) * 64;
