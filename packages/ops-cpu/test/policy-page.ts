// What the page of policy.browser.test.ts runs: a jitted training step, and whether code may be made from text there.

import { add, array, mul, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { exp, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { cpu } from "../src/index.js";

/** What the page reports to the one around it. */
export interface Report {
  readonly value: unknown;
  readonly programs: number | undefined;
  readonly plan: string;
  readonly textRuns: boolean;
}

function textRuns(): boolean {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval
    return new Function("return true")() as boolean;
  } catch {
    return false;
  }
}

const backend = cpu();
useBackend(backend);
const f = jit((x: Tensor) => add(mul(x, 2), reduceSum(exp(sin(mul(x, 0))))));
const x = array([1, 2, 3]);
const report: Report = { value: f(x).js(), programs: backend.stats()["programs"], plan: f.explainPlan(x), textRuns: textRuns() };
parent.postMessage(report, "*");
