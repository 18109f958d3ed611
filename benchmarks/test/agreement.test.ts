// The harness refuses to time libraries that disagree: shown on results that are right, wrong in one place, and missing.

import { describe, expect, it } from "vitest";
import { checkAgreement, digest, disagreement, DisagreementError } from "../src/agreement.js";
import { gradus } from "../src/suites/gradus.js";
import { gradusModels } from "../src/suites/gradus-models.js";
import { workload, workloadNames } from "../src/workloads.js";

const expected = () => Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
const broken = (i: number, value: number) => Object.assign(expected(), { [i]: value });

describe("agreement", () => {
  it("passes results that are equal up to rounding", () => {
    expect(disagreement(digest(expected().map((x) => x * (1 + 1e-7))), { expected })).toBeUndefined();
  });

  it("sees a wrong element, also one that was not sampled", () => {
    expect(disagreement(digest(broken(0, 1)), { expected })).toMatch(/^sum|^element 0/);
    expect(disagreement(digest(broken(501, 1)), { expected })).toMatch(/^sum/);
  });

  it("sees NaN and a wrong size", () => {
    expect(disagreement(digest(broken(3, Number.NaN)), { expected })).toContain("NaN");
    expect(disagreement(digest([1, 2]), { expected })).toBe("2 elements, expected 1000");
  });

  it("names each library that is wrong, and the workload", () => {
    const name = "grad of sin·cos";
    const right = [Math.cos(1)];
    const results = (other: number[]) => new Map([["gradus", digest(right)], ["other", digest(other)]]);
    expect(() => checkAgreement(name, results(right))).not.toThrow();
    expect(() => checkAgreement(name, results([0.5]))).toThrow(DisagreementError);
    expect(() => checkAgreement(name, results([0.5]))).toThrow(/^grad of sin·cos\n {2}other: /);
  });
});

describe("Gradus", () => {
  const suite = { ...gradus(), ...gradusModels() };
  // The large ones take their time and are checked by each run of the benchmark.
  it.each(workloadNames.filter((name) => !/1e6|256|511|512|1024|MLP|CNN|transformer|axis|all, jit|transposed/.test(name)))("computes what %s is", (name) => {
    const task = suite[name];
    expect(task && disagreement(digest(task.values()), workload(name))).toBeUndefined();
    expect(task).toBeDefined();
  });
});
