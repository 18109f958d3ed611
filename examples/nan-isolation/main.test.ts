import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("keeps NaN out of gradients", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
x                              0     4
expected gradient              0  0.25
select after √               NaN  0.25
select before and after        0  0.25
stopGradient on the path       0     0
gradient of x² + u(x)        NaN 8.025
with u stopped                 0     8
values agree: true, any NaN: false
`);
});
