// Buffers: room for the elements of an array in the arena, or for the four words that stand for a stack there: the address of its
// elements, which lie elsewhere, how many there are, how many there is room for, and one that is not used.

import type { Aval, DType } from "@gradus/core";

/** The type of an element in memory and of a scalar expression. */
export type Type = Exclude<DType, "float0">;

/** What is kept of a value: `size` elements of a type. */
export interface Layout {
  readonly type: Type;
  readonly size: number;
  /** What each element of a stack is, an array or a stack itself. */
  readonly element?: Layout | undefined;
}

/** Room for a value in the arena. Where it is, the memory plan says. */
export interface Buffer extends Layout {
  readonly id: number;
}

/** What an element of an array is in memory: weak scalars are the doubles that JS numbers are. What stands for a stack is words. */
export const storedType = ({ dtype, weak, ndim, element }: Aval): Type =>
  element !== undefined ? "int32" : weak && ndim === 0 && dtype === "float32" ? "float64" : (dtype as Type);

/** How a value of an aval is kept. */
export const layoutOf = (aval: Aval, type: Type = storedType(aval)): Layout =>
  aval.element === undefined ? { type, size: aval.size } : { type: "int32", size: 4, element: layoutOf(aval.element) };

/** Where in the words of a stack its length is. */
export const lengthWord = 1;

/** Whether values of an aval are arrays, or stacks of such. */
export const isInMemory = ({ element, dtype }: Aval): boolean => (element === undefined ? dtype !== "float0" : isInMemory(element));

export const bytesOf: Readonly<Record<Type, number>> = { float32: 4, float64: 8, int32: 4, uint32: 4, bool: 1 };

/** Bytes that a buffer takes: a multiple of 64, with room behind its end for vectors that go beyond it. */
export const roomFor = ({ type, size }: Pick<Buffer, "type" | "size">): number => Math.ceil((size * bytesOf[type] + 32) / 64) * 64;
