// Every rule mechanism, on every kind of function, staged, batched, delayed and differentiated: always the derivative of
// the rule, as in the eager run.

import { type Tensor, useBackend } from "@gradus/core";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { describe, expect, test } from "vitest";
import { contexts } from "./contexts.js";
import { mechanisms, subjects } from "./mechanisms.js";

useBackend(eagerCpu());

const numbers = (x: Tensor | Tensor[]): number[] => (Array.isArray(x) ? x.flatMap(numbers) : [...x.dataSync()]);

function expectClose(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  const bound = expected.map((e) => 1e-4 * Math.max(1, Math.abs(e)));
  expect(actual.map((x, i) => (Math.abs(x - expected[i]!) <= bound[i]! ? expected[i]! : x))).toEqual(expected);
}

describe.each(mechanisms)("$name", (mechanism) => {
  const fitting = subjects.filter((s) => s.flat || !mechanism.flatOnly);
  describe.each(fitting)("with $name", (subject) => {
    const { value: v, first: d, second, secondOfBody } = subject;
    const dd = mechanism.bodyOnly ? (secondOfBody ?? second) : second;
    test.each(contexts)("$name", ({ run, expected }) => {
      expectClose(numbers(run(subject.compose(mechanism.make(subject)))), expected({ v, d, dd }));
    });
  });
});
