import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("gives results and errors as written down", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
before the backend has kernels
  ok  prefix sums                    MissingRuleError: defineLowering
  ok  shapes are known all the same  [@acme/prefix_sum f32[5]]
prefix sums
  ok  value                         [1, 4, 6, 11, 15]
  ok  along the first axis          [[1, 3, 2], [7, 8, 9]]
  ok  from the end, along the last  [[6, 5, 2], [18, 12, 7]]
  ok  grad of w·p                   [15, 14, 12, 9, 5]
  ok  jvp in direction w            [1, 3, 6, 10, 15]
  ok  its transpose                 [[15, 14, 12, 9, 5]]
  ok  vmap over rows                [[1, 4, 6], [6, 11, 18]]
  ok  vmap over columns             [[1, 7], [3, 8], [2, 9]]
  ok  jit                           [1, 4, 6, 11, 15]
  ok  jit(grad)                     [15, 14, 12, 9, 5]
  ok  grad(jit)                     [15, 14, 12, 9, 5]
  ok  jit(vmap(grad)) of ½p₃²       [[6, 6, 6], [18, 18, 18]]
  ok  Hessian of ½|p|²              [[3, 2, 1], [2, 2, 1], [1, 1, 1]]
  ok  an axis that is not there     ShapeError: out of range
  ok  integers                      DTypeError: no float
running maxima
  ok  values                                [1, 3, 3, 5, 5]
  ok  places                                [0, 1, 1, 3, 3]
  ok  grad of w·m                           [1, 5, 0, 9, 0]
  ok  jvp in direction w                    [1, 2, 2, 4, 4]
  ok  the tangent of a place                float0
  ok  vmap over rows                        [[1, 3, 3], [6, 6, 7]]
  ok  vmap over columns                     [[1, 6], [3, 5], [2, 7]]
  ok  vmap(grad) of the last                [[0, 1, 0], [0, 0, 1]]
  ok  jit, both results                     [[1, 3, 3, 5, 5], [0, 1, 1, 3, 3]]
  ok  grad(jit)                             [1, 5, 0, 9, 0]
  ok  second order: it is piecewise linear  [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
  ok  second order of ½|m|²                 [[1, 0, 0], [0, 2, 0], [0, 0, 0]]
  ok  of a scalar                           ShapeError: needs an axis
a slot of one's own
  ok  w·p                                          15
  ok  inside vmap: one example's                   [3]
  ok  outside vmap: the whole batch's              6
  ok  inside jit, called twice: when it is traced  [15]
  ok  outside jit: at every call                   [15, 15]
  ok  inside grad: the forward pass alone          [15]
  ok  outside grad: the backward pass too          25
  ok  an operation of unknown cost                 MissingRuleError: "@acme/flops:count"
`);
});
