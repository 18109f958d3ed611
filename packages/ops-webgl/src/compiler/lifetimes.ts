// When each value is used for the last time: what is written by the steps of a list, and not wanted after it, is given up there.

import { type Buffer, innerSteps, type LoopProgram, scheduleOf, type Step } from "@gradus/loops";

/** For every list of steps, what is given up after each of them. */
export type Lifetimes = ReadonlyMap<readonly Step[], readonly (readonly Buffer[])[]>;

export function lifetimesOf({ inputs, constants, steps, outputs }: LoopProgram): Lifetimes {
  const lifetimes = new Map<readonly Step[], readonly (readonly Buffer[])[]>();
  const entered = [...inputs, ...constants.map(([, x]) => x)].flatMap((x) => (x !== undefined && "buffer" in x ? [x.buffer] : []));
  plan(steps, entered, new Set(outputs.flatMap((o) => ("buffer" in o ? [o.buffer] : []))), lifetimes);
  return lifetimes;
}

function plan(steps: readonly Step[], entered: readonly Buffer[], wanted: ReadonlySet<Buffer>, lifetimes: Map<readonly Step[], readonly (readonly Buffer[])[]>): void {
  const last = new Map<Buffer, number>();
  const own = new Set(entered);
  steps.forEach((step, k) => {
    for (const b of touched(step)) last.set(b, k);
    for (const b of written(step)) own.add(b);
    innerSteps(step).forEach((inner) => plan(inner, [], wantedOf(step), lifetimes));
  });
  const dead: Buffer[][] = steps.map(() => []);
  for (const [b, k] of last) if (own.has(b) && !wanted.has(b)) dead[k]?.push(b);
  lifetimes.set(steps, dead);
}

/** What a step leaves for those behind it. */
function written(step: Step): readonly Buffer[] {
  switch (step.kind) {
    case "nest":
      return step.stores.map((s) => s.buffer);
    case "host":
    case "kernel":
      return step.outs.flatMap((o) => ("buffer" in o ? [o.buffer] : []));
    case "repeat":
    case "while":
      return step.rows.map((r) => r.array.buffer);
    case "branch":
      return step.branches.flatMap((b) => b.results.map((m) => m.to));
  }
}

/** What a step wants of those within it. */
function wantedOf(step: Step): ReadonlySet<Buffer> {
  if (step.kind === "repeat") return new Set([...step.rows.map((r) => r.row), ...step.carried.map((m) => m.from)]);
  if (step.kind === "while") return new Set([step.holds, ...step.rows.map((r) => r.row), ...step.carried.map((m) => m.from)]);
  return new Set(step.kind === "branch" ? step.branches.flatMap((b) => b.results.map((m) => m.from)) : []);
}

/** Everything that a step reads or writes, and those within it. */
const touched = (step: Step): Buffer[] => scheduleOf({ steps: [step] }).flatMap(({ reads, writes }) => [...reads, ...writes]);
