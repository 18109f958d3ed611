import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("says why a gradient is zero, and what the alternatives do", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
round(2.7) = 3, gradient 0
because:
  round    rounding is a step function
  floor    rounding is a step function
  ceil     rounding is a step function
  sign     the sign is a step function
  greater  a comparison is a step function
  cos      (flows)
20 steps of gradient descent on ½(round(w) − 3)², from w = 0.2:
  round as it is                          w = 0.2, round(w) = 0
  stopGradient, the same on purpose       w = 0.2, round(w) = 0
  straightThrough: slope 1                w = 2.7, round(w) = 3
  straightThrough: slope of smooth steps  w = 2.6929, round(w) = 3
`);
});
