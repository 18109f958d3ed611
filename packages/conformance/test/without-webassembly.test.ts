// An engine without WebAssembly evaluates programs operation by operation, and says so.

import { array, mul, useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { expect, test, vi } from "vitest";
import { checkEngine } from "./old-engines.js";

vi.hoisted(() => {
  delete (globalThis as any).WebAssembly;
});

test("an engine without WebAssembly gives the same results", { timeout: 180_000 }, async () => {
  const { programs, kernels } = (await checkEngine()).stats();
  expect([programs, kernels! > 1000]).toEqual([0, true]);
});

test("plans say that nothing is compiled, and preparing does nothing", async () => {
  useBackend(cpu());
  const f = jit((x) => mul(x, x));
  expect(f.explainPlan(array([1, 2]))).toMatch(/^This engine has no WebAssembly: the program is evaluated operation by operation\./);
  await f.compile(array([1, 2]));
  expect(f(array([1, 2])).js()).toEqual([1, 4]);
});
