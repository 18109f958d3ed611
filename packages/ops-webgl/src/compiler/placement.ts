// Which values are numbers that the host knows: those that come as such, what is computed from them alone, and the lengths of
// stacks. They cost no draw, and shaders are given them. Everything else is on the device; what is on a stack is the one or the other.

import { type Buffer, forEachNode, innerSteps, type LoopProgram, type Move, type Nest, type Node, type Row, type Step } from "@gradus/loops";
import type { Placement } from "./emission.js";

/** The placement of a program's values, where the inputs in `given` are numbers. */
export function placementOf(program: LoopProgram, given: readonly boolean[]): Placement & { readonly onDevice: ReadonlySet<Buffer> } {
  // What is a number before a loop and none after a turn is none at all: found out one by one.
  const demoted = new Set<Buffer>();
  for (;;) {
    const before = demoted.size;
    const numbers = numbersIn(program, given, demoted);
    if (demoted.size === before) return { numbers, onDevice: demoted, unaligned: unalignedIn(program.steps) };
  }
}

function numbersIn({ inputs, constants, steps, buffers }: LoopProgram, given: readonly boolean[], demoted: Set<Buffer>): Set<Buffer> {
  const numbers = new Set<Buffer>(buffers.filter(isStack));
  inputs.forEach((x, i) => {
    if (x === undefined || !("buffer" in x)) return;
    if (isStack(x.buffer)) demoted.add(x.buffer);
    else if (given[i] === true) numbers.add(x.buffer);
  });
  for (const [{ payload }, x] of constants) if ("buffer" in x && typeof payload === "number") numbers.add(x.buffer);
  // What stacks hold is alike wherever it goes.
  const alike = (a: Buffer, b: Buffer): void => {
    if (demoted.has(a) || demoted.has(b)) demoted.add(a).add(b);
  };
  const carry = (moves: readonly Move[]): void => {
    for (const { from, to } of moves) {
      if (isStack(to)) alike(from, to);
      else if (numbers.has(to) && !numbers.has(from)) demoted.add(to);
    }
  };
  const collect = (rows: readonly Row[]): void => {
    for (const { array, row } of rows) {
      if (!isStack(array.buffer)) continue;
      if (isStack(row)) alike(row, array.buffer);
      else if (!numbers.has(row)) demoted.add(array.buffer);
    }
  };
  const visit = (step: Step): void => {
    switch (step.kind) {
      case "nest":
        for (const { buffer, value } of step.stores) if (!demoted.has(buffer) && isScalar(step) && isKnown(value, numbers)) numbers.add(buffer);
        return;
      case "host":
        for (const o of [...step.outs, ...step.args]) if ("buffer" in o && isStack(o.buffer)) demoted.add(o.buffer);
        return;
      case "repeat":
        for (const { array, row } of step.slices) {
          if (isStack(row)) alike(row, array.buffer);
          else if (isStack(array.buffer) ? !demoted.has(array.buffer) : numbers.has(array.buffer)) numbers.add(row);
        }
        step.steps.forEach(visit);
        collect(step.rows);
        return carry(step.carried);
      case "while":
        step.condition.forEach(visit);
        step.steps.forEach(visit);
        collect(step.rows);
        return carry(step.carried);
      case "branch": {
        for (const b of step.branches) b.steps.forEach(visit);
        const results = step.branches[0]?.results ?? [];
        results.forEach(({ to }, i) => {
          const moves = step.branches.map((b) => b.results[i] as Move);
          if (isStack(to)) carry(moves);
          else if (!demoted.has(to) && moves.every((m) => numbers.has(m.from))) numbers.add(to);
        });
      }
    }
  };
  steps.forEach(visit);
  return numbers;
}

const isStack = ({ element }: Buffer): boolean => element !== undefined;

const isScalar = ({ dims }: Nest): boolean => dims.length === 0;

function isKnown(root: Node, numbers: ReadonlySet<Buffer>): boolean {
  let known = true;
  forEachNode([root], (n) => {
    if (n.kind === "load" && !numbers.has(n.buffer)) known = false;
  });
  return known;
}

// Rows begin where they do; what is sliced from rows as well.
function unalignedIn(steps: readonly Step[], found: Set<Buffer> = new Set<Buffer>()): Set<Buffer> {
  for (const step of steps) {
    if (step.kind === "repeat") {
      for (const { array, row } of step.slices) if (!isStack(array.buffer) && (row.size % 4 !== 0 || array.offset % 4 !== 0 || found.has(array.buffer))) found.add(row);
    }
    for (const inner of innerSteps(step)) unalignedIn(inner, found);
  }
  return found;
}
