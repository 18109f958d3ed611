import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("reads held-out digits with quantised weights", { timeout: 300_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts", "1"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(output).toContain("60000 digits to train on, 10000 held out");
  const values = /values of weights: (\d+) and (\d+)/.exec(output);
  expect(values?.slice(1).every((n) => Number(n) <= 15)).toBe(true);
  expect(Number(/held out: ([\d.]+) %/.exec(output)?.[1])).toBeGreaterThanOrEqual(95);
});
