import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("gives results and errors as written down", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
what an observer sees
  ok  eager                                   sin:f32[] cos:f32[] mul:f32[]
  ok  broadcasting is visible                 sin:f32[3] broadcast:f32[3] mul:f32[3]
  ok  inside grad                             sin:f32[] cos:f32[] mul:f32[]
  ok  outside grad                            add 1, cos 2, mul 5, neg 1, sin 2
  ok  inside jvp                              sin:f32[] cos:f32[] mul:f32[]
  ok  inside vmap                             sin:f32[] cos:f32[] mul:f32[]
  ok  outside vmap                            sin:f32[3] cos:f32[3] mul:f32[3]
  ok  inside jit, called twice                sin:f32[] cos:f32[] mul:f32[]
  ok  outside jit, first call                 sin:f32[] cos:f32[] mul:f32[]
  ok  outside jit, second call                sin:f32[] cos:f32[] mul:f32[]
  ok  outside jit, whole                      jit_call:f32[]
  ok  inside grad(jit)                        sin:f32[] cos:f32[] mul:f32[]
  ok  between vmap and grad                   sin:f32[] cos:f32[] mul:f32[]
  ok  outside vmap(grad)                      add 1, broadcast 2, cos 2, mul 5, neg 1, sin 2
  ok  a pullback from inside, called outside  nothing
  ok  a pullback from outside, called inside  add 1, mul 4
  ok  inside a custom rule's function         round:f32[]
  ok  whose rule stays in force               5.7
what it changes: nothing
  ok  value                       0.4546
  ok  inside grad: cos 2          -0.4161
  ok  outside grad                -0.4161
  ok  second order: −2 sin 2      -1.8186
  ok  inside vmap                 [0.4546, -0.3784, -0.1397]
  ok  outside vmap(grad): cos 2x  [-0.4161, -0.6536, 0.9602]
  ok  inside jit                  0.4546
  ok  outside jit(grad)           -0.4161
  ok  the program is the same     true
`);
});
