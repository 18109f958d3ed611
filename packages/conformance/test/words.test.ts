// Law 6: every word of length ≤ 3 over {jvp, vjp, linearize, vmap, jit} on every named program agrees with what it denotes.
import { useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { beforeAll, expect, test } from "vitest";
import { expectAll, nestingWords, runCases } from "../src/index.js";
import { programs } from "../src/words/programs.js";
import { letters, wordsOf } from "../src/words/words.js";

beforeAll(() => useBackend(cpu()));

test("there are 5 + 25 + 125 words and at least 12 programs", () => {
  expect([1, 2, 3].map((n) => wordsOf(n).length)).toEqual([5, 25, 125]);
  expect(Object.keys(programs).length).toBeGreaterThanOrEqual(12);
  expect(letters).toEqual(["jvp", "vjp", "linearize", "vmap", "jit"]);
});

test.each(Object.keys(programs))("all words of %s", { timeout: 60_000 }, async (name) => {
  const { passed } = await expectAll(nestingWords({ programs: [name] }));
  expect(passed).toBe(155);
});

test("a program that is not what its reference says fails every word that looks", async () => {
  const { f, reference, args } = programs["sin·cos"]!;
  const wrong = { f: (x: any) => f(f(x)), reference, args };
  const report = await runCases(nestingWords({ length: 2, programs: { wrong } }));
  expect(report.failures).toHaveLength(30);
});
