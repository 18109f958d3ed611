// Which values are numbers that the host knows: those that come as such, and what is computed from them alone. They cost no draw,
// and shaders are given them. Everything else is on the device.

import { type Buffer, forEachNode, type LoopProgram, type Move, type Nest, type Node, type Step } from "@gradus/loops";
import type { Placement } from "./emission.js";

/** The placement of a program's values, where the inputs in `given` are numbers. */
export function placementOf(program: LoopProgram, given: readonly boolean[]): Placement {
  // What is a number before a loop and none after a turn is none at all: found out one by one.
  const demoted = new Set<Buffer>();
  for (;;) {
    const before = demoted.size;
    const numbers = numbersIn(program, given, demoted);
    if (demoted.size === before) return { numbers, unaligned: unalignedIn(program.steps) };
  }
}

function numbersIn({ inputs, constants, steps }: LoopProgram, given: readonly boolean[], demoted: Set<Buffer>): Set<Buffer> {
  const numbers = new Set<Buffer>();
  inputs.forEach((x, i) => {
    if (x !== undefined && "buffer" in x && given[i] === true) numbers.add(x.buffer);
  });
  for (const [{ payload }, x] of constants) if ("buffer" in x && typeof payload === "number") numbers.add(x.buffer);
  const carry = (moves: readonly Move[]): void => {
    for (const { from, to } of moves) if (numbers.has(to) && !numbers.has(from)) demoted.add(to);
  };
  const visit = (step: Step): void => {
    switch (step.kind) {
      case "nest":
        for (const { buffer, value } of step.stores) if (!demoted.has(buffer) && isScalar(step) && isKnown(value, numbers)) numbers.add(buffer);
        return;
      case "repeat":
        for (const { array, row } of step.slices) if (numbers.has(array.buffer)) numbers.add(row);
        step.steps.forEach(visit);
        return carry(step.carried);
      case "while":
        step.condition.forEach(visit);
        step.steps.forEach(visit);
        return carry(step.carried);
      case "branch": {
        for (const b of step.branches) b.steps.forEach(visit);
        const results = step.branches[0]?.results ?? [];
        results.forEach(({ to }, i) => {
          if (!demoted.has(to) && step.branches.every((b) => numbers.has((b.results[i] as Move).from))) numbers.add(to);
        });
      }
    }
  };
  steps.forEach(visit);
  return numbers;
}

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
      for (const { array, row } of step.slices) if (row.size % 4 !== 0 || array.offset % 4 !== 0 || found.has(array.buffer)) found.add(row);
      unalignedIn(step.steps, found);
    } else if (step.kind === "while") {
      unalignedIn(step.condition, found);
      unalignedIn(step.steps, found);
    } else if (step.kind === "branch") for (const b of step.branches) unalignedIn(b.steps, found);
  }
  return found;
}
