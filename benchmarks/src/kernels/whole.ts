// Figures of whole calls: new programs, and a training step's time outside of its compiled code.

import { reference } from "../models/reference.js";
import { median } from "../statistics.js";
import { inside, training, type Training, watchInstances } from "./boundary.js";
import { hasFma } from "./ceilings.js";
import { fortyOperationsOf, newProgram } from "./compile.js";
import { WrongKernelError } from "./measure.js";
import type { Outcome } from "./outcome.js";

const us = (ns: number): string => `${(ns / 1e3).toFixed(0)} µs`;

/** Programs of forty operations, each with constants of its own, after many of their kind. */
export function measureNewPrograms(quick: boolean, report: (outcome: Outcome) => void): void {
  const before = quick ? 50 : 300;
  const made = Array.from({ length: before + 50 }, (_, seed) => newProgram(seed));
  made.forEach(({ values }, seed) => {
    if (!(Math.abs((values[500] as number) - fortyOperationsOf(seed, 0.5)) < 1e-4)) throw new WrongKernelError(`program ${seed} of forty operations gave ${values[500]}`);
  });
  const of = (what: "trace" | "compile" | "engine"): number => median(made.slice(before).map((m) => m[what]));
  const note = `the engine takes ${us(of("engine"))} of it; tracing takes ${us(of("trace"))} more`;
  report({ title: `40 operations, traced before: compiled and called, after many other programs`, unit: "ns", value: of("compile"), must: 250e3, good: 120e3, note });
}

/** Steps of a training, in nanoseconds: all of a step, and what of it is outside of the module. */
function stepsOf({ step }: Training, count: number): { whole: number; outside: number } {
  const [whole, outside]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    inside.time = 0;
    const start = performance.now();
    step();
    const time = 1e6 * (performance.now() - start);
    whole.push(time);
    outside.push(time - inside.time);
  }
  return { whole: median(whole), outside: median(outside) };
}

/** The step of the MLP with its parameters kept, and donated, in turns. To be called last: instances are watched from then on. */
export function measureBoundary(rounds: number, report: (outcome: Outcome) => void): void {
  watchInstances();
  const [expected] = reference.mlp() as [number];
  const kinds = [training(false), training(true)].map((kind) => {
    kind.step();
    if (!(Math.abs(kind.loss() - expected) < 1e-3 * expected)) throw new WrongKernelError(`the loss of the MLP is ${kind.loss()}, expected ${expected}`);
    stepsOf(kind, 30);
    return kind;
  }) as [Training, Training];
  const seen: { whole: number; outside: number }[][] = [[], []];
  for (let round = 0; round < rounds; round++) kinds.forEach((kind, i) => seen[i]?.push(stepsOf(kind, 20)));
  const [kept, donated] = seen.map((s) => ({ whole: Math.min(...s.map((x) => x.whole)), outside: Math.min(...s.map((x) => x.outside)), kernels: Math.min(...s.map((x) => x.whole - x.outside)) })) as [Seen, Seen];
  const least = Math.min(kept.kernels, donated.kernels);
  report({ title: "MLP step, parameters donated", unit: "ns", value: donated.whole, must: hasFma ? 7.5e6 : 10e6, good: hasFma ? 6.1e6 : 8.2e6 });
  const note = (of: Seen): string => `${us(of.whole)}, of which ${us(of.outside)} are outside of compiled code; its kernels take ${us(least)} at best`;
  report({ title: "MLP step, parameters kept: beyond its kernels", unit: "share", value: kept.whole / least - 1, must: 0.25, good: 0.1, note: note(kept) });
  report({ title: "MLP step, parameters donated: beyond its kernels", unit: "share", value: donated.whole / least - 1, must: 0.03, good: 0.01, note: note(donated) });
}

type Seen = { readonly whole: number; readonly outside: number; readonly kernels: number };
