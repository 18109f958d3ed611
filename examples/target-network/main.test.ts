import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("learns the true values with a stopped target, and others without", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
gradient at V = (0.4, 0.6, 0.2)   A      B      C
  target stopped                  0   -0.4    0.2   closed form  0 -0.4 0.2
  differentiated in full          0   -0.2      0   closed form  0 -0.2 0
after 400 steps
  target stopped                0.5      1      0   true values  0.5 1 0
  frozen copy                   0.5      1      0   true values  0.5 1 0
  differentiated in full        0.5   0.75   0.25   its minimum  0.5 0.75 0.25
`);
});
