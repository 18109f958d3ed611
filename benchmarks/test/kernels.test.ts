// The kernels of the benchmark compute what they are called, the loops beside them do what their names say, and the table tells what
// was found. Nothing is timed.

import { expect, it } from "vitest";
import { training } from "../src/kernels/boundary.js";
import { productPeak, streamPeak, transposePeak } from "../src/kernels/ceilings.js";
import { fortyOperationsOf, newProgram } from "../src/kernels/compile.js";
import { type Outcome, shareOf, verdictOf } from "../src/kernels/outcome.js";
import { kernelsMarkdown } from "../src/kernels/report.js";
import { kernelRows, wrongIn } from "../src/kernels/rows.js";
import { twoThreads } from "../src/kernels/two-threads.js";

// The large ones take their time and are checked by each run.
it.each(kernelRows.filter(({ title }) => !/256|51[12]|1024×|2048|1e[67]/.test(title)))("computes $title", (row) => {
  expect(wrongIn(row.make().values(), row)).toBeUndefined();
});

it("sees a wrong element at a sampled place, NaN and a wrong size", () => {
  const row = { size: 1000, at: (i: number) => i };
  const values = Array.from({ length: 1000 }, (_, i) => i);
  expect(wrongIn(values, row)).toBeUndefined();
  expect(wrongIn(Object.assign([...values], { 999: 0 }), row)).toBe("element 999 is 0, expected 999");
  expect(wrongIn(Object.assign([...values], { 0: Number.NaN }), row)).toBe("element 0 is NaN, expected 0");
  expect(wrongIn([1], row)).toBe("1 elements, expected 1000");
});

it("has loops that run to their end: products, streams that are read, streams that are written", () => {
  expect(productPeak(3)).toMatchObject({ flops: 3 * 12 * 8 });
  expect(productPeak(3).call()).toBe(1);
  expect(streamPeak(1, false, 1280).call()).toBe(1);
  const { call, result } = streamPeak(2, true, 1280);
  result().fill(0);
  call();
  // Every byte that is read is 63, and so is the or of two.
  expect(result()).toEqual(new Uint8Array(1280).fill(63));
});

it("has two threads do what one does", async () => {
  const { alone, together, stop } = await twoThreads(100);
  alone();
  for (let i = 0; i < 3; i++) together();
  await stop();
});

it("transposes", () => {
  const { call, source, result } = transposePeak(48);
  const from = source();
  from.forEach((_, i) => (from[i] = i));
  call();
  expect(Array.from(result())).toEqual(Array.from({ length: 48 * 48 }, (_, i) => (i % 48) * 48 + Math.floor(i / 48)));
});

it("compiles programs that were not there before", () => {
  for (const seed of [0, 1]) expect(newProgram(seed).values[500]).toBeCloseTo(fortyOperationsOf(seed, 0.5), 4);
});

it("trains by parameters that are kept as by parameters that are donated", () => {
  const [kept, donated] = [training(false), training(true)];
  for (const { step } of [kept, donated]) for (let i = 0; i < 3; i++) step();
  expect(donated.loss()).toBe(kept.loss());
});

const outcome = (more: Partial<Outcome>): Outcome => ({ title: "a", unit: "ns", value: 2, must: 4, good: 2, ...more });

it("tells what is good, met and missed: by the share of a ceiling, or by itself", () => {
  expect(verdictOf(outcome({}))).toBe("good");
  expect(verdictOf(outcome({ value: 3 }))).toBe("met");
  expect(verdictOf(outcome({ value: 5 }))).toBe("missed");
  expect(verdictOf(outcome({ value: undefined }))).toBe("");
  const rate = outcome({ unit: "GF/s", value: 40, ceiling: 50, must: 0.75, good: 0.9 });
  expect([shareOf(rate), verdictOf(rate)]).toEqual([0.8, "met"]);
  const slow = outcome({ unit: "ns per element", value: 2, ceiling: 1, must: 0.75, good: 0.9 });
  expect([shareOf(slow), verdictOf(slow)]).toEqual([0.5, "missed"]);
  expect(verdictOf(outcome({ unit: "times", value: 1.7, must: 1.6, good: 1.85 }))).toBe("met");
});

it("writes the table", () => {
  const machine = { date: "2000-01-01", node: "20", v8: "11", platform: "p", cpu: "c", cpus: 2, commit: "abc", versions: {} };
  const text = kernelsMarkdown(machine, [
    outcome({ title: "product", unit: "GF/s", value: 40, ceiling: 50, must: 0.75, good: 0.9 }),
    outcome({ title: "exp", unit: "ns per element", value: 1.4, ceiling: 1, isNoted: true, isNoisy: true, must: 0.75, good: 0.9 }),
    outcome({ title: "step", unit: "share", value: 0.043, must: 0.25, good: 0.1, note: "seen" }),
    outcome({ title: "threads", unit: "times", value: undefined }),
  ]);
  expect(text).toContain("4 figures: 1 good, 1 met, 1 missed.");
  expect(text).toContain("| product | 40.0 GF/s | 50.0 GF/s | 80 % | 75 % / 90 % | met |");
  expect(text).toContain("| exp, per element | ~1.40 ns | (1.00 ns) | 71 % | 75 % / 90 % | **missed** |");
  expect(text).toContain("| step | 4.3 % |  |  | 25 % / 10 % | good |");
  expect(text).toContain("| threads | – |  |  | 4.00× / 2.00× |  |");
  expect(text).toContain("- step: seen.");
});
