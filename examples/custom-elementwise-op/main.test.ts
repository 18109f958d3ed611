import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("gives results and errors as written down", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
third-party elementwise operations
  ok  value                             [0.5, -0.75]
  ok  grad                              [0.25, 0.0625]
  ok  second order                      [-0.25, 0.0313]
  ok  jvp in direction 2                [0.5, 0.5]
  ok  vmap                              [0.5, -0.75]
  ok  vmap(grad)                        [0.25, 0.0625]
  ok  jit                               [0.5, -0.75]
  ok  grad(jit)                         0.25
  ok  jit(vmap(grad(grad)))             [-0.25, 0.0313]
  ok  grad(vmap): each example its own  [0.25, 0.0625]
  ok  hessian, diagonal                 [[-0.25, 0], [0, 0.0313]]
  ok  the program names it              @acme/softsign
  ok  an integer becomes a float        float32
  ok  a double stays one                float64
  ok  two operands broadcast            [1.3133, 0.0486]
  ok  no overflow at 1000               1000.6931
  ok  both partials, at 1 and 0         [0.7311, 0.2689]
  ok  vmap over the second alone        [1.3133, 1.6931]
  ok  second order: p(1 − p)            [[0.1966, 0], [0, 0.0452]]
  ok  bound by itself it is strict      DTypeError
  ok  shapes that do not broadcast      ShapeError
  ok  without partials it computes      0.75
  ok  and is not differentiated         MissingRuleError
  ok  nor under jit                     MissingRuleError
`);
});
