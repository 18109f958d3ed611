// Copies of stacks, element by element. Stacks whose elements are kept as other types are equal as values, and differ in memory.

import type { Buffer, Layout } from "./buffer.js";
import { lengthWord } from "./buffer.js";
import { avalOf } from "@gradus/core";
import type { Operand, Step } from "./ir.js";
import { nestOf } from "./nest.js";
import { convert } from "./typed.js";

export const sameLayout = (a: Layout, b: Layout): boolean =>
  a.type === b.type && a.size === b.size && (a.element === b.element || (a.element !== undefined && b.element !== undefined && sameLayout(a.element, b.element)));

const scalar = (buffer: Buffer, offset: number): Operand => ({ buffer, shape: [], strides: [], offset, aval: avalOf([], "int32") });

/** The steps that make one stack what another is. */
export function copyOf(from: Buffer, to: Buffer, newBuffer: (layout: Layout) => Buffer): Step[] {
  const [given, wanted] = [from.element as Layout, to.element as Layout];
  const row = newBuffer(given);
  let taken = row;
  let steps: Step[] = [];
  if (!sameLayout(given, wanted)) {
    taken = newBuffer(wanted);
    const value = convert({ kind: "load", type: row.type, buffer: row, strides: [1], offset: 0 }, wanted.type);
    steps = wanted.element === undefined ? nestOf([row.size], [{ buffer: taken, strides: [1], offset: 0, value }], [], ["copy"]) : copyOf(row, taken, newBuffer);
  }
  const slices = [{ array: scalar(from, 0), row }];
  return [{ kind: "repeat", count: scalar(from, lengthWord), reverse: false, slices, steps, rows: [{ array: scalar(to, 0), row: taken }], carried: [] }];
}
