// Where there is no WebAssembly, programs run all the same, and their plans say why they are not compiled.

import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

async function run(): Promise<{ value: unknown; plan: string; stats: Readonly<Record<string, number>> }> {
  vi.resetModules();
  const [{ add, array, mul, useBackend }, { sin }, { jit }, { cpu }] = await Promise.all([import("@gradus/core"), import("@gradus/ops"), import("@gradus/tracing"), import("../../src/index.js")]);
  const backend = cpu();
  useBackend(backend);
  const f = jit((x: ReturnType<typeof sin>) => add(mul(x, 2), sin(x)));
  await f.compile(array([0]));
  return { value: f(array([0])).js(), plan: f.explainPlan(array([0])), stats: backend.stats() };
}

test("an engine without it", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  const { value, plan, stats } = await run();
  expect([value, stats["programs"]]).toEqual([[0], 0]);
  expect(plan).toMatch(/^This engine has no WebAssembly: the program is evaluated operation by operation\.\n{ lambda/);
});

test("a policy that forbids it", async () => {
  const forbidden = class {
    constructor() {
      throw new EvalError("blocked by the policy");
    }
  };
  vi.stubGlobal("WebAssembly", { Module: forbidden, validate: () => true });
  const { value, plan, stats } = await run();
  expect([value, stats["programs"]]).toEqual([[0], 0]);
  expect(plan).toMatch(/^WebAssembly is not allowed here \(blocked by the policy; a Content-Security-Policy needs script-src 'wasm-unsafe-eval'\)/);
});

test("an engine with it", async () => {
  const { value, plan, stats } = await run();
  expect([value, stats["programs"]]).toEqual([[0], 1]);
  expect(plan).toMatch(/^1 loop nest/);
});
