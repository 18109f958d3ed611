import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("gives results and errors as written down", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
interval arithmetic under transformations
  ok  eager                                           {lo: 0.1353, hi: 0.7358}
  ok  a constant                                      {lo: 3, hi: 3}
  ok  outside grad                                    {lo: -0.6004, hi: 0.2325}
  ok  inside grad                                     -0.3679
  ok  inside jvp                                      [0.7358, -0.3679]
  ok  inside grad(grad)                               0
  ok  two of them do not mix                          {lo: 6, hi: 8}
  ok  inside vmap                                     {hi: [0.7358, 1], lo: [0.1353, 0]}
  ok  outside vmap                                    {lo: [0.1353, 0], hi: [0.7358, 1]}
  ok  outside vmap(grad)                              [-0.6004, -0.6321]
  ok  inside jit                                      {hi: 0.7358, lo: 0.1353}
  ok  outside jit                                     {lo: 0.1353, hi: 0.7358}
  ok  outside jit(grad)                               {lo: -0.6004, hi: 0.2325}
  ok  outside grad(jit)                               {lo: -0.6004, hi: 0.2325}
  ok  inside jit, inside grad                         -0.3679
  ok  the program: plain operations, no unused bound  [sub, add, neg, exp, mul, max]
rules from elsewhere
  ok  another package's operation                   {lo: 0.6931, hi: 1.3133}
  ok  and its derivative, the sigmoid               {lo: 0.5, hi: 0.7311}
  ok  reductions and reshapes, by their trait       {lo: 1, hi: 3}
  ok  an operation of unknown bounds                MissingRuleError: "@acme/interval:bounds"
  ok  a pullback that outlives them                 EscapedTracerError: @acme/interval, which has ended
  ok  the value of an interval                      ConcretizationError: no single value
  ok  a custom rule                                 {lo: 1, hi: 3}
  ok  outside grad it is in force: round(x) + x     {lo: 2.2, hi: 5.7}
  ok  inside grad it would be lost, and is refused  MissingRuleError: the custom rules of straightThrough(round)
  ok  until the handler is told that it increases   1
`);
});
