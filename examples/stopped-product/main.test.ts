import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("stops a factor: the value stays, the gradient goes from 0 to 0.5", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
f(x) = sin x · cos x                 value 0.5   gradient 0
f(x) = sin x · stopGradient(cos x)   value 0.5   gradient 0.5
second derivative                    -2 and -0.5
`);
});
