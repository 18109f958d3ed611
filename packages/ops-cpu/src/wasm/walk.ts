// Walks through arrays of one shape with steps of their own, several elements at a time along the last axis.

import type { I32, Local } from "./code.js";
import type { CodesOf } from "./cumulative.js";
import type { FunctionBuilder } from "./function.js";
import type { LaneCode } from "./lane-code.js";
import { i32 } from "./scalar-ops.js";

/** An axis: its length, and the step along it in each array, in elements. */
export interface Axis {
  readonly count: number;
  readonly steps: readonly number[];
}

/** The axes without those of one element, where each step of one is all steps of the next as one axis. */
export function mergedAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes.filter(({ count }) => count !== 1)) {
    const outer = merged.at(-1);
    if (outer?.steps.every((s, k) => s === axis.count * (axis.steps[k] as number)) === true) merged[merged.length - 1] = { ...axis, count: outer.count * axis.count };
    else merged.push(axis);
  }
  return merged;
}

/** Calls `body` where the elements are that come next: as many as its code has lanes, so many bytes apart in each array. */
export function walk(
  f: FunctionBuilder,
  { one, four = one }: ReturnType<CodesOf>,
  axes: readonly Axis[],
  sizes: readonly number[],
  starts: readonly I32[],
  body: (code: LaneCode, at: readonly Local<"i32">[], apart: readonly number[]) => void,
): void {
  const merged = mergedAxes(axes);
  if (axes.some(({ count }) => count === 0)) return;
  const { count: length, steps } = merged.at(-1) ?? { count: 1, steps: sizes.map(() => 1) };
  const apart = steps.map((s, k) => s * (sizes[k] as number));
  const visit = (level: number, at: readonly I32[]): void => f.scope(() => {
    const pointers = at.map((p) => f.local("i32", p));
    const i = f.local("i32");
    const move = (by: readonly number[]): void => pointers.forEach((p, k) => f.increment(p, by[k] as number));
    if (level < merged.length - 1) {
      const { count, steps: outer } = merged[level] as Axis;
      f.for(i, i32.const(0), i32.const(count), 1, () => {
        visit(level + 1, pointers);
        move(outer.map((s, k) => s * (sizes[k] as number)));
      });
      return;
    }
    const whole = length - (length % four.lanes);
    const run = (code: LaneCode, from: number, to: number): void => {
      if (from === to) return;
      f.for(i, i32.const(from), i32.const(to), code.lanes, () => {
        body(code, pointers, apart);
        move(apart.map((b) => b * code.lanes));
      });
    };
    run(four, 0, whole);
    if (four !== one) run(one, whole, length);
  });
  visit(0, starts);
}
