// What decides whether operations join: folds that are loops, nests that read the same arrays.

import { type Aval, rowMajor, type Shape, type Traits } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import { type Buffer, type Fold, forEachNode, type Operand, type Step } from "./ir.js";
import type { Group, Value } from "./value.js";
import { costOf } from "./views.js";

/** A fold that is one operation of two operands, and may be taken in any order. */
export function foldOf({ combine, init }: NonNullable<Traits["reduce"]>, { dtype }: Aval): Fold | undefined {
  const e = combine(arg(0), arg(1));
  if (e.kind !== "call" || !regrouped.has(e.op.name) || e.args.some((a, i) => a.kind !== "arg" || a.index !== i)) return undefined;
  return { op: e.op, init: init(dtype) };
}

const regrouped = new Set(["add", "mul", "max", "min", "and", "or", "xor"]);

/** The array in a buffer, from a step on. */
export const load = ({ buffer, strides, shape }: Operand, from: number): Value => ({ node: { kind: "load", type: buffer.type, buffer, strides, offset: 0 }, shape, from });

export function isRowMajor(shape: Shape, strides: readonly number[]): boolean {
  return rowMajor(shape).every((s, i) => s === strides[i] || shape[i] === 1);
}

const mostOperations = 256; // in one nest: engines take long for long functions, and run out of registers

/** Whether operations of a shape, which join along `axes` if there are some, may still enter a step. */
export const isOpen = (step: Group | Step, shape: Shape, axes: readonly number[] | undefined): step is Group =>
  step.kind === "group" && step.shape === shape && step.names.length < mostOperations && (axes === undefined || step.axes === undefined || axes.join() === step.axes.join());

/** The arrays that operands of a nest are read from. Operands that another nest computes are not in one yet. */
export function readBy(operands: readonly Value[]): Buffer[] {
  const read = new Set<Buffer>();
  for (const v of operands) {
    if (v.group !== undefined && v.stored === undefined) continue;
    forEachNode([(v.stored ?? v).node], (n) => {
      if (n.kind === "load" && n.buffer.size > 1) read.add(n.buffer);
    });
  }
  return [...read];
}

const cheap = 60; // five elementary functions

/** Whether an expression is rather computed again than stored by a nest that joins elements and does not store it yet. */
export const isCheaperAgain = (v: Value): boolean => v.group?.axes !== undefined && v.stored === undefined && costOf(v.node) <= cheap;
