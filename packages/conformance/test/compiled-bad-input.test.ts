// Compiled programs and what they cannot take for granted: arguments of another kind, and more memory than there is.

import { add, array, broadcastTo, DeviceLimitError, type DType, mul, reduceSum, type Tensor, useBackend } from "@gradus/core";
import { cumsum, sin } from "@gradus/ops";
import { type CpuBackend, cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { beforeEach, describe, expect, test } from "vitest";
import { expectTree } from "../src/index.js";

let backend: CpuBackend;
beforeEach(() => useBackend((backend = cpu())));

describe("arguments of another kind are another program", () => {
  const f = (x: Tensor): Tensor => add(mul(x, x), reduceSum(x));
  const kinds: [readonly number[], DType][] = [[[3], "float32"], [[5], "float32"], [[3, 1], "float32"], [[1, 3], "float32"], [[], "float32"], [[0], "float32"], [[2, 0], "float32"], [[3], "float64"], [[3], "int32"], [[3], "uint32"]];
  const make = (shape: readonly number[], dtype: DType, shift: number): Tensor => array(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => i + shift), { shape, dtype });

  test("one for each, kept when they take turns", () => {
    const g = jit(f);
    for (let round = 0; round < 3; round++) {
      kinds.forEach(([shape, dtype], i) => {
        const x = make(shape, dtype, round);
        expectTree(g(x), f(x), `${dtype}[${shape}]`);
        expect(g.cacheSize()).toBe(round === 0 ? i + 1 : kinds.length);
      });
    }
    expect(backend.stats()["programs"]).toBe(kinds.length);
  });
  test("numbers beside tensors of the same shape, and trees of another structure", () => {
    const g = jit((x: Tensor | { y: Tensor }) => mul("y" in x ? x.y : x, 2));
    expect([g(3).item(), g(array(3)).item(), g({ y: array(3) }).item(), g(4).item(), g.cacheSize()]).toEqual([6, 6, 6, 8, 3]);
  });
});

describe("more memory than there is", () => {
  const cumulated = (n: number) => (x: Tensor): Tensor => reduceSum(mul(cumsum(broadcastTo(x, [n])), sin(broadcastTo(x, [n]))));

  test.each([2 ** 30, 2 ** 32, 2 ** 40])("a program of arrays of %d elements is refused with its planned bytes", (n) => {
    const f = jit(cumulated(n));
    const planned = Number(/arena of (\d+) MiB/.exec(f.explainPlan(array([1])))?.[1]);
    expect(planned).toBeGreaterThanOrEqual((n * 4) / 2 ** 20);
    const before = backend.stats()["memory"];
    for (let i = 0; i < 2; i++) {
      expect(() => f(array([1]))).toThrow(DeviceLimitError);
      expect(() => f(array([1]))).toThrow(`needs ${planned}.0 MiB at a time`);
    }
    expect(backend.stats()["memory"]).toBe(before);
  });
  test("its gradient, and a result that is too large, too", () => {
    expect(() => jit(grad(cumulated(2 ** 32)))(array([1]))).toThrow(DeviceLimitError);
    expect(() => jit((x: Tensor) => add(broadcastTo(x, [2 ** 32]), 1))(array([1]))).toThrow(DeviceLimitError);
  });
  test("programs afterwards run as before", () => {
    const small = jit((x: Tensor) => mul(x, 2));
    expect(small(array([1, 2])).js()).toEqual([2, 4]);
    expect(() => jit(cumulated(2 ** 40))(array([1]))).toThrow(DeviceLimitError);
    expect(small(array([3, 4])).js()).toEqual([6, 8]);
    expect(jit((x: Tensor) => cumsum(x))(array([1, 2, 3])).js()).toEqual([1, 3, 6]);
  });
});
