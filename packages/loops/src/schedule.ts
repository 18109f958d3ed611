// The steps of a program in the order in which they are done, loops and branches unrolled once: what liveness is told from.

import type { Buffer } from "./buffer.js";
import { forEachNode, type LoopProgram, type Nest, type Repeat, type Step } from "./ir.js";

/** Something that is done, and what it reads and writes. */
export interface Entry {
  readonly nest?: Nest;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
}

/** Every nest of some steps, those in loops included. */
export function forEachNest(steps: readonly Step[], visit: (nest: Nest) => void): void {
  for (const step of steps) {
    if (step.kind === "nest") visit(step);
    else for (const inner of innerSteps(step)) forEachNest(inner, visit);
  }
}

/** The lists of steps within a step. */
export function innerSteps(step: Step): readonly (readonly Step[])[] {
  if (step.kind === "repeat") return [step.steps];
  if (step.kind === "while") return [step.condition, step.steps];
  return step.kind === "branch" ? step.branches.map((b) => b.steps) : [];
}

/** What a loop or branch leaves behind. */
export function writtenBy(step: Step): Buffer[] {
  if (step.kind === "branch") return step.branches.flatMap((b) => b.results.map((m) => m.to));
  return step.kind === "repeat" || step.kind === "while" ? [...step.carried.map((m) => m.to), ...step.rows.map((r) => r.array.buffer)] : [];
}

const countOf = ({ count }: Repeat): Buffer[] => (typeof count === "number" ? [] : [count.buffer]);

/** The order in which things are done. What a loop reads from outside it reads until its end. */
export function scheduleOf({ steps }: Pick<LoopProgram, "steps">): Entry[] {
  const entries: Entry[] = [];
  const add = (reads: readonly Buffer[], writes: readonly Buffer[] = []): unknown => entries.push({ reads, writes });
  const visit = (step: Step): void => {
    const start = entries.length;
    switch (step.kind) {
      case "nest":
        entries.push({ nest: step, reads: readsOf(step), writes: step.stores.map((s) => s.buffer) });
        return;
      case "host":
        return void add(step.args.flatMap((a) => ("buffer" in a ? [a.buffer] : [])), step.outs.flatMap((o) => ("buffer" in o ? [o.buffer] : [])));
      case "kernel":
        return void add(step.args.map((a) => a.buffer), [...step.outs.map((o) => o.buffer), ...step.scratch]);
      case "repeat":
        add([...countOf(step), ...step.slices.map((s) => s.array.buffer), ...step.carried.map((m) => m.to)], [...step.slices.map((s) => s.row), ...step.rows.map((r) => r.array.buffer)]);
        step.steps.forEach(visit);
        add([...step.rows.map((r) => r.row), ...step.carried.map((m) => m.from)]);
        break;
      case "while":
        add(step.carried.map((m) => m.to), step.rows.map((r) => r.array.buffer));
        step.condition.forEach(visit);
        add([step.holds]);
        step.steps.forEach(visit);
        add([...step.rows.map((r) => r.row), ...step.carried.map((m) => m.from)]);
        break;
      case "branch":
        add([step.index.buffer], step.branches[0]?.results.map((m) => m.to));
        for (const { steps: inner, results } of step.branches) {
          inner.forEach(visit);
          add(results.map((m) => m.from));
        }
    }
    const inside = entries.slice(start);
    const own = new Set(entries.slice(start + 1).flatMap((e) => e.writes));
    add([...new Set(inside.flatMap((e) => [...e.reads, ...e.writes]))].filter((b) => !own.has(b)));
  };
  steps.forEach(visit);
  return entries;
}

function readsOf({ stores }: Nest): Buffer[] {
  const reads = new Set<Buffer>();
  forEachNode(stores.map((s) => s.value), (n) => {
    if (n.kind === "load") reads.add(n.buffer);
  });
  return [...reads];
}
