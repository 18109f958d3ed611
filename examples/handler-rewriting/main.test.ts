import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("gives results and errors as written down", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
log(x) → log(max(x, ε))
  ok  without                                    [-Infinity, 0.6931]
  ok  eager                                      [-6.9078, 0.6931]
  ok  inside grad                                [0, 0.5]
  ok  outside grad                               [Infinity, 0.5]
  ok  inside jvp                                 [-6.9078, 0]
  ok  outside jvp: value rewritten, tangent not  [-6.9078, Infinity]
  ok  inside grad(grad)                          [0, -0.25]
  ok  inside vmap                                [-6.9078, 0.6931]
  ok  outside vmap                               [-6.9078, 0.6931]
  ok  inside vmap(grad)                          [0, 0.5]
  ok  outside vmap(grad)                         [Infinity, 0.5]
  ok  inside jit                                 -6.9078
  ok  outside jit                                -6.9078
  ok  inside jit(grad)                           0
  ok  inside grad(jit)                           0
  ok  outside grad(jit)                          Infinity
what stays
  ok  the program, inside                           [max, log]
  ok  the program, outside                          [log]
  ok  a program traced outside is clean afterwards  [-6.9078, -Infinity]
  ok  a program traced inside is not                [-6.9078, -6.9078]
  ok  a custom rule keeps its derivative            [-6.9078, 1]
x³ → x·x·x
  ok  the program              [mul, mul]
  ok  value                    8
  ok  inside grad: 3x²         12
  ok  outside grad             12
  ok  outside jit(vmap(grad))  [0, 12]
`);
});
