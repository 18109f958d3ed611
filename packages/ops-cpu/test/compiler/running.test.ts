// Calls of compiled programs: memory, nesting, constants, kernels from outside, counts.

import { add, array, bind, definePrimitive, mul, type Primitive, reduceSum, type Tensor, transpose, withBackend } from "@gradus/core";
import { cumsum, exp, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { ArenaMemory } from "../../src/compiler/memory.js";
import { compiling, values } from "./support.js";

test("memory stays as it is over many calls", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const step = jit((w: Tensor, x: Tensor) => add(w, mul(0.01, sin(mul(w, x)))));
    let w = values([1000]);
    const x = values([1000]);
    w = step(w, x) as Tensor;
    const before = backend.stats()["memory"];
    for (let i = 0; i < 2000; i++) w = step(w, x) as Tensor;
    expect(backend.stats()["memory"]).toBe(before);
    expect(Number.isFinite((reduceSum(w) as Tensor).item())).toBe(true);
  });
});

test("results are arrays of their own, which later calls leave alone", () => {
  withBackend(compiling(), () => {
    const f = jit((x: Tensor) => mul(x, 2));
    const first = f(array([1, 2, 3])) as Tensor;
    f(array([4, 5, 6]));
    expect(first.js()).toEqual([2, 4, 6]);
  });
});

test("captured arrays are constants, in any layout", () => {
  withBackend(compiling(), () => {
    const c = transpose(array([[1, 2], [3, 4]]));
    expect((jit((x: Tensor) => add(x, c))(array([[10, 20], [30, 40]])) as Tensor).js()).toEqual([[11, 23], [32, 44]]);
  });
});

const tripleP: Primitive = definePrimitive("@acme/triple", { abstractEval: ([x]) => x! });

test("a kernel from outside runs in the host, and may itself call compiled programs", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const double = jit((x: Tensor) => add(x, x));
    backend.defineLowering(tripleP, ([x], _params, [out]) => {
      const twice = (double(array(x!.data.slice())) as Tensor).dataSync();
      out!.data.forEach((_, i) => (out!.data[i] = twice[i]! + x!.data[i]!));
    });
    const f = jit((x: Tensor) => add(bind(tripleP, [mul(x, 10)]), x));
    for (let i = 0; i < 2; i++) expect((f(array([1, 2])) as Tensor).js()).toEqual([31, 62]);
    expect(backend.stats()).toMatchObject({ programs: 2, hostCalls: 2 });
  });
});

test("a kernel defined later takes the place of what was compiled", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const f = jit((x: Tensor) => cumsum(exp(x)));
    f(array([0, 0]));
    expect((f(array([0, 0])) as Tensor).js()).toEqual([1, 2]);
    expect(backend.stats()["programs"]).toBe(1);
    backend.defineLowering(tripleP, () => {});
    f(array([0, 0]));
    expect(backend.stats()["programs"]).toBe(2);
  });
});

test("an error in a kernel leaves the arena as it was", () => {
  const backend = compiling();
  withBackend(backend, () => {
    let fails = true;
    backend.defineLowering(tripleP, ([x], _params, [out]) => {
      if (fails) throw new RangeError("on purpose");
      out!.data.set(x!.data);
    });
    const f = jit((x: Tensor) => bind(tripleP, [mul(x, 2)]));
    expect(() => f(array([1]))).toThrow("on purpose");
    fails = false;
    expect((f(array([1])) as Tensor).js()).toEqual([2]);
  });
});

test("more memory than there is gives an error that says how much was wanted", () => {
  const memory = new ArenaMemory();
  expect(() => memory.reserve(5 * 2 ** 30)).toThrow(expect.objectContaining({ name: "DeviceLimitError", message: expect.stringContaining("5120.0 MiB") as string }));
  expect(memory.reserve(64)).toBe(64);
});

