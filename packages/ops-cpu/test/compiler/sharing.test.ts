// Programs that are the same share what is compiled, whatever arrays they captured; and no more of it is kept than has a place.

import { add, array, avalOf, bind, definePrimitive, mul, type Primitive, reduceSum, select, type Tensor, withBackend } from "@gradus/core";
import { cumsum, cumsumP, exp, sin, slice } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import type { CompilingCpu } from "../../src/compiling.js";
import { compiling } from "./support.js";

const within = (f: (backend: CompilingCpu) => void): void => {
  const backend = compiling();
  withBackend(backend, () => f(backend));
};
const once = (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]): unknown => (jit(f)(...xs) as Tensor).js();
const counts = (backend: CompilingCpu): number[] => [backend.stats()["programs"] as number, backend.stats()["shared"] as number];

test("a function that is jitted again and again is compiled once", () => {
  within((backend) => {
    for (let i = 0; i < 100; i++) expect(once((x) => mul(add(x, 1), x), array([1, i]))).toEqual([2, i * (i + 1)]);
    expect(counts(backend)).toEqual([100, 99]);
  });
});

test("captured arrays are operands of what is shared, large ones too", () => {
  within((backend) => {
    for (const k of [1, 2, 3]) expect(once((x) => add(mul(x, array([k, 10])), array([0, k])), array([1, 1]))).toEqual([k, 10 + k]);
    for (const k of [1, 2, 3]) {
      const c = array(new Float32Array(20000).fill(k));
      const f = jit((x: Tensor) => slice(add(x, c), [0], [2]));
      for (let i = 0; i < 3; i++) expect((f(array(new Float32Array(20000).fill(i))) as Tensor).js()).toEqual([i + k, i + k]);
    }
    expect(counts(backend)).toEqual([6, 4]);
  });
});

test("a captured array that is the result, or is there twice", () => {
  within((backend) => {
    for (const k of [1, 2]) {
      const c = array([k, k]);
      expect((jit((x: Tensor) => [c, add(c, x), c])(array([0, 1])) as unknown as Tensor[]).map((y) => y.js())).toEqual([[k, k], [k, k + 1], [k, k]]);
    }
    const [c, d] = [array([1, 2]), array([3, 4])];
    expect([once((x) => add(mul(x, c), c), c), once((x) => add(mul(x, c), d), c)]).toEqual([[2, 6], [4, 8]]);
    expect(counts(backend)[0]).toBe(4);
  });
});

const differing: [string, (x: Tensor) => unknown, (x: Tensor) => unknown][] = [
  ["operations", (x) => sin(x), (x) => exp(x)],
  ["params", (x) => cumsum(x), (x) => cumsum(x, 0, { reverse: true })],
  ["literals", (x) => add(x, 1), (x) => add(x, 2)],
  ["signs of zero", (x) => mul(x, 0), (x) => mul(x, -0)],
  ["order of operands", (x) => select(array([true, false, true]), x, exp(x)), (x) => select(array([true, false, true]), exp(x), x)],
  ["captured shapes", (x) => add(x, array([1, 1, 1])), (x) => add(x, array([1]))],
  ["captured dtypes", (x) => add(x, array([1, 1, 1])), (x) => add(x, array([1, 1, 1], { dtype: "int32" }))],
  ["results", (x) => { const y = exp(x); return [y, sin(y)]; }, (x) => { const y = exp(x); return [sin(y), y]; }],
];
test.each(differing)("programs that differ in %s do not share", (_name, f, g) => {
  within((backend) => {
    const x = array([1, 2, 3]);
    jit(f)(x);
    jit(g)(x);
    expect(counts(backend)).toEqual([2, 0]);
  });
});

const scaledP: Primitive<{ factor: (n: number) => number }> = definePrimitive("@acme/scaled", { abstractEval: ([x]) => x! });

test("nor do those whose params are functions", () => {
  within((backend) => {
    backend.defineLowering(scaledP, ([x], { factor }: { factor: (n: number) => number }, [out]) => out!.data.forEach((_, i) => (out!.data[i] = factor(x!.data[i] as number))));
    const results = [2, 3].map((k) => once((x) => bind(scaledP, [exp(x)], { factor: (n) => k * n }), array([0])));
    expect(results).toEqual([[2], [3]]);
    expect(counts(backend)).toEqual([2, 0]);
  });
});

test("a kernel defined later is used by programs that are the same", () => {
  within((backend) => {
    const tripleP: Primitive = definePrimitive("@acme/threefold", { abstractEval: ([x]) => avalOf(x!.shape, x!.dtype) });
    const by = (k: number): void => backend.defineLowering(tripleP, ([x], _params, [out]) => out!.data.forEach((_, i) => (out!.data[i] = k * (x!.data[i] as number))));
    by(3);
    expect(once((x) => bind(tripleP, [exp(x)]), array([0]))).toEqual([3]);
    by(4);
    expect(once((x) => bind(tripleP, [exp(x)]), array([0]))).toEqual([4]);
  });
});

test("what has not been used for long is compiled again", () => {
  within((backend) => {
    const of = (n: number): unknown => once((x) => reduceSum(add(x, n)), array([1, 2]));
    for (let n = 0; n < 257; n++) of(n);
    expect(counts(backend)).toEqual([257, 0]);
    of(256);
    expect(counts(backend)).toEqual([258, 1]);
    expect(of(0)).toBe(3);
    expect(counts(backend)).toEqual([259, 1]);
  });
});

test("each program has results of its own", () => {
  within((backend) => {
    const [f, g] = [jit((x: Tensor) => mul(x, 2)), jit((x: Tensor) => mul(x, 2))];
    const x = array(new Float32Array(20000).fill(1));
    const [y, z] = [f(x), g(x)] as [Tensor, Tensor];
    expect(backend.stats()).toMatchObject({ shared: 1, evictions: 0 });
    g(y);
    expect(backend.stats()["evictions"]).toBe(1);
    expect([y, z].map((v) => v.dataSync()[0])).toEqual([2, 2]);
  });
});

test("compiling ahead finds what is there", async () => {
  const backend = compiling();
  withBackend(backend, () => once((x) => add(sin(x), 1), array([0])));
  const f = jit((x: Tensor) => add(sin(x), 1));
  const ready: Promise<void>[] = [];
  withBackend(backend, () => void ready.push(f.compile(array([1]))));
  await ready[0];
  expect(counts(backend)).toEqual([2, 1]);
  expect(withBackend(backend, () => (f(array([0])) as Tensor).js())).toEqual([1]);
});

test("a kernel defined while a program is compiled ahead is in it", async () => {
  const backend = compiling();
  const f = jit((x: Tensor) => cumsum(exp(x)));
  const ready: Promise<void>[] = [];
  withBackend(backend, () => void ready.push(f.compile(array([0]))));
  backend.defineLowering(cumsumP, (_xs, _params, [out]) => out!.data.fill(7));
  await ready[0];
  expect(withBackend(backend, () => (f(array([0])) as Tensor).js())).toEqual([7]);
});
