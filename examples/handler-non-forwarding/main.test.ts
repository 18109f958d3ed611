import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("gives results and errors as written down", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
a dry run
  ok  eager                          f32[]
  ok  of a tree                      {double: f32[3], half: f64[2]}
  ok  computes nothing               0
  ok  inside grad                    [sin f32[3], cos f32[3], mul f32[3], reduce_sum f32[]]
  ok  outside grad                   f32[3]
  ok  outside grad(grad)             f32[3]
  ok  outside jvp                    [f32[], f32[]]
  ok  inside vmap: one example       [sin f32[3], cos f32[3], mul f32[3], reduce_sum f32[]]
  ok  outside vmap                   f32[2]
  ok  outside vmap(grad)             f32[2,3]
  ok  inside jit, called twice       [sin f32[3], cos f32[3], mul f32[3], reduce_sum f32[]]
  ok  outside jit                    f32[]
  ok  outside jit(grad)              f32[3]
  ok  outside grad(jit)              f32[3]
  ok  of a custom rule               f32[]
  ok  of a custom rule outside grad  f32[3]
  ok  1000 × 1000 at no cost         1000001
values that leave the dry run
  ok  used afterwards               EscapedTracerError: @acme/dry-run, which has ended
  ok  returned from grad            EscapedTracerError: @acme/dry-run, which has ended
  ok  returned from grad, as it is  EscapedTracerError: @acme/dry-run, which has ended
  ok  returned from vmap            EscapedTracerError: @acme/dry-run, which has ended
  ok  returned from jit             EscapedTracerError: @acme/dry-run, which has ended
  ok  read inside                   ConcretizationError: Nothing is computed in a dry run
sin answered by 0.25
  ok  eager                               [0.25, 0.5, 0.75]
  ok  inside grad                         0.25
  ok  outside grad: cos 1 + 0.25          0.7903
  ok  inside vmap                         [0.25, 0.5, 0.75]
  ok  outside vmap                        [0.25, 0.5, 0.75]
  ok  inside jit, afterwards as well      [0.25, 0.25]
  ok  outside jit, afterwards not: sin 1  [0.25, 0.8415]
  ok  inside jit(grad)                    0.25
  ok  outside grad(jit)                   0.7903
`);
});
