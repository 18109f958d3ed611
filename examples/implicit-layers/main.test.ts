import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("differentiates implicitly as the closed forms say", { timeout: 120_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
√7 as a fixed point
  value                 2.6457513   closed form 2.6457513
  implicit derivative   0.1889822   closed form 0.1889822
  through the steps     0.1889822
z = tanh(Wz + x), gradient of ½|z|² by x
  implicit              0.2507386 -0.4980314
  compiled              0.2507386 -0.4980314
  through the steps     0.2507386 -0.4980314
  closed form           0.2507386 -0.4980314
q(2) of a damped oscillator with ω = 1.5, γ = 0.3
  value                 -0.5151321   closed form -0.5151321
  adjoint equation      -0.4646173 1.1981814
  through the solver    -0.4646173 1.1981814
  closed form           -0.4646173 1.1981814
found from four observations
  ω and γ               1.5000 0.3000
`);
});
