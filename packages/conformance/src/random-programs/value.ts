// What random programs know of their values before they run: shape, kind, how large, and whether they are exact.

import type { DType, Shape, Tensor } from "@gradus/core";
import { sizeOf } from "../host-array.js";

/** A value of a program: an input, or what an instruction gives. */
export interface Value {
  /** Its name in the printed program. */
  readonly name: string;
  readonly shape: Shape;
  readonly kind: "real" | "int" | "bool";
  /** No element is larger than this. */
  readonly bound: number;
  /** Every element is a whole multiple of 2^-grid, on every path to it; null if it may be rounded. */
  readonly grid: number | null;
}

/** Distances from where an instruction jumps or has a kink, on concrete operands: at 0, or at every whole number. */
export interface Kink {
  readonly distances: (...xs: Tensor[]) => Iterable<number>;
  readonly at: "zero" | "integers";
}

/** One line of a program. */
export interface Step {
  readonly operands: readonly Value[];
  readonly result: Omit<Value, "name">;
  /** The right side of the line, as TypeScript. */
  readonly text: string;
  readonly apply: (...xs: Tensor[]) => Tensor;
  readonly kink?: Kink;
}

/** Choices for one line: a value among those there are, or a number below n. They are what shrinks. */
export interface Choose {
  value(fits: (x: Value) => boolean): Value | undefined;
  below(n: number): number;
  /** That of the real values. */
  readonly dtype: DType;
}

/** A kind of line: makes one of the values there are, unless none fits. */
export type Instruction = (choose: Choose) => Step | undefined;

/** Arrays of programs have at most so many elements. */
export const largest = 1000;

export const isReal = (x: Value): boolean => x.kind === "real";
export const isBool = (x: Value): boolean => x.kind === "bool";
export const isInt = (x: Value): boolean => x.kind === "int";
export const isNumber = (x: Value): boolean => x.kind !== "bool";
export const hasAxis = (x: Value): boolean => x.shape.length > 0;
export const isFull = (x: Value): boolean => sizeOf(x.shape) > 0;

/** Whether float32 holds all multiples of 2^-grid up to the bound. */
const holds = (grid: number, bound: number): boolean => grid + Math.log2(Math.max(bound, 1)) <= 22;

/** A real result: of the grid where the operands are and it fits. */
export function real(shape: Shape, bound: number, grid: number | null = null): Omit<Value, "name"> {
  return { shape, kind: "real", bound, grid: grid !== null && holds(grid, bound) ? grid : null };
}
export const bool = (shape: Shape): Omit<Value, "name"> => ({ shape, kind: "bool", bound: 1, grid: 0 });
export const int = (shape: Shape, bound: number): Omit<Value, "name"> => ({ shape, kind: "int", bound, grid: 0 });

/** The same value in another shape. */
export const reshaped = ({ kind, bound, grid }: Value, shape: Shape): Omit<Value, "name"> => ({ kind, bound, grid, shape });

/** The finer of two grids; none if one is rounded. */
export const finer = (a: Value, b: Value): number | null => (a.grid === null || b.grid === null ? null : Math.max(a.grid, b.grid));

/** The shape in which two meet, by NumPy's rule; undefined if they do not, or it is too large. */
export function meet(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const [m, n] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return sizeOf(shape) <= largest ? shape : undefined;
}

/** A list as it is written. */
export const list = (xs: readonly unknown[]): string => `[${xs.join(", ")}]`;

/** An axis of a value. */
export const axisOf = (choose: Choose, x: Value): number => choose.below(x.shape.length);

/** An operand of a discrete line: mostly an exact one, so that every path to it takes the same side. */
export function discrete(choose: Choose, fits: (x: Value) => boolean): Value | undefined {
  const any = choose.below(8) === 0;
  return (any ? undefined : choose.value((x) => x.grid !== null && fits(x))) ?? choose.value(fits);
}
