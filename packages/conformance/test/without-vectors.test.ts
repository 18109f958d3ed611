// An engine whose WebAssembly has no vectors compiles all the same.

import { array, mul } from "@gradus/core";
import { jit } from "@gradus/tracing";
import { expect, test, vi } from "vitest";
import { checkEngine } from "./old-engines.js";

vi.hoisted(() => {
  // It refuses every module that is asked about: none with vectors, none with fused products.
  (globalThis as any).WebAssembly.validate = () => false;
});

test("an engine without SIMD gives the same results", { timeout: 180_000 }, async () => {
  const { programs } = (await checkEngine()).stats();
  expect(programs).toBeGreaterThan(1000);
  expect(jit((x) => mul(x, x)).explainPlan(array([1, 2, 3, 4]))).toMatch(/^1 loop nest \(0 in vectors\)/);
});
