import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("prints the error of a missing rule, and mends it", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
triangle(1.75) = 0.25
MissingRuleError: @acme/triangle has no rule for differentiation (grad, vjp, linearize), and a value that needs one reached it: @acme/triangle(f32[]). Ways to mend it: stopGradient(x) before it, if no gradient should flow; a surrogate by straightThrough, customJvp or withRules, if one should; or partials: […] in its definePrimitive.
  [missing-rule, see docs/errors.md#missing-rule]
stopped: t               0.25
straight through: t + x  2
by a rule: t − x         -1.5
`);
});
