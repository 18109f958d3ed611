// Large results: they stay in memory until the program is called again, are arrays for whoever wants arrays, and never become
// anything else, whatever grows, moves or is donated.

import { add, array, bind, definePrimitive, dispose, type DType, mul, type Primitive, reduceSum, reshape, type Tensor, transpose, withBackend } from "@gradus/core";
import { concatenate, cumsum, dotGeneral, greater, slice, sub, take } from "@gradus/ops";
import { jit, type JitOptions } from "@gradus/tracing";
import { expect, test } from "vitest";
import type { CompilingCpu } from "../../src/compiling.js";
import { Resident } from "../../src/resident.js";
import { compiling } from "./support.js";

const n = 10000; // floats: 40 kB
const bytes = 40064; // with room for vectors behind them
const ramp = (start = 0, size = n): Tensor => array(Float32Array.from({ length: size }, (_, i) => (i % 100) + start));
const first = (x: Tensor, count = 3): number[] => Array.from(x.dataSync().subarray(0, count));
const double = (options?: JitOptions): ((x: Tensor) => Tensor) => jit((x: Tensor) => mul(x, 2), options);
const within = (f: (backend: CompilingCpu) => void): void => {
  const backend = compiling();
  withBackend(backend, () => f(backend));
};
/** Makes the memory larger, so that every view of it dies. */
const grow = (backend: CompilingCpu): void => {
  const before = backend.stats()["memory"] as number;
  jit((x: Tensor) => cumsum(add(x, 1)))(ramp(0, before));
  expect(backend.stats()["memory"]).toBeGreaterThan(before);
};

test("a result that is an argument next is not copied", () => {
  within((backend) => {
    const [f, g] = [double(), jit((x: Tensor) => reduceSum(slice(x, [1], [4])))];
    const y = f(ramp());
    expect(backend.stats()).toMatchObject({ resident: bytes, copiesIn: 1, copiesOut: 0 });
    expect([(g(y) as Tensor).item(), (g(y) as Tensor).item()]).toEqual([12, 12]);
    expect(backend.stats()).toMatchObject({ resident: bytes, copiesIn: 1, copiesOut: 0, evictions: 0 });
  });
});

test("what is read belongs to the reader", () => {
  within((backend) => {
    const y = double()(ramp());
    y.dataSync().fill(7);
    expect(first(y)).toEqual([0, 2, 4]);
    expect(backend.stats()).toMatchObject({ resident: bytes, copiesOut: 2 });
    add(y, y); // brings out an array that stays
    y.dataSync().fill(7);
    expect(first(y)).toEqual([0, 2, 4]);
    expect(backend.stats()["copiesOut"]).toBe(3);
  });
});

test("a result moves out when its program is called again, and is what it was", () => {
  within((backend) => {
    const f = double();
    const ys = [0, 1, 2, 3].map((start) => f(ramp(start)));
    expect(backend.stats()).toMatchObject({ resident: bytes, evictions: 3, copiesOut: 3 });
    expect(ys.map((y) => first(y))).toEqual([[0, 2, 4], [2, 4, 6], [4, 6, 8], [6, 8, 10]]);
    expect(ys.map((y) => (f(y), first(f(y))))).toEqual([[0, 4, 8], [4, 8, 12], [8, 12, 16], [12, 16, 20]]);
  });
});

test("a loop takes two places by turns, and one without a pause between calls where it donates", () => {
  for (const [options, evictions] of [[{}, 99], [{ donateArgnums: 0 }, 0]] as const) {
    within((backend) => {
      const step = jit((x: Tensor) => sub(x, 1), options);
      let x = ramp(1000);
      const stats = Array.from({ length: 101 }, () => ((x = step(x) as Tensor), backend.stats()));
      expect(stats[100]).toMatchObject({ copiesIn: 1, copiesOut: evictions, evictions, memory: stats[2]!["memory"] as number });
      expect(stats[100]!["resident"]).toBe(evictions === 0 ? bytes : 2 * bytes);
      expect(first(x)).toEqual([899, 900, 901]);
    });
  }
});

const kernels: [string, (x: Tensor) => Tensor, number[]][] = [
  ["one operand", (x) => mul(x, x), [0, 4, 16]],
  ["beside a number", (x) => add(x, 0.5), [0.5, 2.5, 4.5]],
  ["beside an array", (x) => sub(ramp(), x), [0, -1, -2]],
  ["of another dtype", (x) => greater(x, array(new Int32Array(n).fill(3))), [0, 0, 1]],
  ["another shape", (x) => add(reshape(x, [100, 100]), 1), [1, 3, 5]],
  ["a transpose", (x) => transpose(reshape(x, [100, 100])), [0, 0, 0]],
  ["a sum", (x) => reduceSum(reshape(x, [100, 100]), 0), [0, 200, 400]],
  ["a product", (x) => dotGeneral(reshape(x, [100, 100]), reshape(x, [100, 100]), { contract: [[0], [1]] }), [0, 0, 0]],
  ["a slice", (x) => slice(x, [1], [5]), [2, 4, 6]],
  ["elements", (x) => take(x, array([3, 2, 1], { dtype: "int32" })), [6, 4, 2]],
  ["a concatenation", (x) => concatenate([x, x]), [0, 2, 4]],
];
test.each(kernels)("eager kernels take results, also after memory has grown: %s", (_name, f, expected) => {
  within((backend) => {
    const y = double()(ramp());
    expect(first(f(y))).toEqual(expected);
    const z = double()(ramp());
    grow(backend);
    expect(first(f(z))).toEqual(expected);
    expect(first(f(y))).toEqual(expected);
    expect(y.payload).toBeInstanceOf(Resident);
  });
});

test.each(kernels)("what was computed from a result outlasts its donation: %s", (_name, f, expected) => {
  within(() => {
    const y = double()(ramp());
    const z = f(y);
    double({ donateArgnums: 0 })(y);
    double()(ramp(50)); // in its place
    expect(first(z)).toEqual(expected);
  });
});

test.each<[DType, number]>([["float32", 4], ["float64", 8], ["int32", 4], ["uint32", 4], ["bool", 1]])("results of %s", (dtype, size) => {
  within((backend) => {
    const x = array(Array.from({ length: 40000 }, (_, i) => i % 2), { dtype });
    const y = jit((v: Tensor) => (dtype === "bool" ? greater(v, false) : add(v, v)))(x) as Tensor;
    grow(backend);
    expect(y.dtype).toBe(dtype);
    expect(first(y)).toEqual(dtype === "bool" ? [0, 1, 0] : [0, 2, 0]);
    expect(y.dataSync().byteLength).toBe(40000 * size);
  });
});

test("a result of control flow, and one that is an operand of what follows", () => {
  within(() => {
    const [y, z] = jit((x: Tensor) => { const y = cumsum(x); return [y, cumsum(y)]; })(ramp(1)) as unknown as [Tensor, Tensor];
    expect([first(y), first(z)]).toEqual([[1, 3, 6], [1, 4, 10]]);
  });
});

test("a loop that disposes of its results copies none, and each is where the one before was", () => {
  within((backend) => {
    const [f, x] = [double(), ramp()];
    f(f(x)); // x is resident from its second use on
    let memory = 0;
    for (let i = 0; i < 100; i++) {
      const y = f(x);
      const total = reduceSum(y).item();
      dispose(y);
      expect(total).toBe(2 * 99 * 50 * 100);
      if (i === 2) memory = backend.stats()["memory"] as number;
    }
    const before = backend.stats();
    for (let i = 0; i < 100; i++) dispose(f(x));
    expect(backend.stats()).toMatchObject({ copiesIn: before["copiesIn"], copiesOut: before["copiesOut"], evictions: before["evictions"], resident: before["resident"], memory });
  });
});

test("disposing of a result leaves views of it, and results that share its elements", () => {
  within((backend) => {
    const x = double()(ramp());
    const [square, row] = [reshape(x, [100, 100]), slice(x, [1], [4])];
    const same = jit((v: Tensor) => v)(x);
    dispose(x);
    expect([first(square), first(row), first(same === x ? square : same)]).toEqual([[0, 2, 4], [2, 4, 6], [0, 2, 4]]);
    expect(() => x.js()).toThrow(/freed by dispose/);
    expect(backend.stats()).toMatchObject({ evictions: 0 });
  });
});

test("one array as two arguments, donated or not", () => {
  within((backend) => {
    const f = jit((x: Tensor, y: Tensor) => add(x, mul(y, 10)));
    const g = jit((x: Tensor, y: Tensor) => add(x, mul(y, 10)), { donateArgnums: 0 });
    const y = double()(ramp());
    expect(first(f(y, y) as Tensor)).toEqual([0, 22, 44]);
    expect(first(g(y, y) as Tensor)).toEqual([0, 22, 44]);
    expect(() => y.dataSync()).toThrow(/donated/);
    expect(backend.stats()["resident"]).toBe(2 * bytes);
  });
});

test("a result that is there twice is two arrays", () => {
  within(() => {
    const f = jit((x: Tensor) => { const y = mul(x, 2); return [y, y]; });
    const [y, z] = f(ramp()) as unknown as [Tensor, Tensor];
    double({ donateArgnums: 0 })(y);
    f(ramp(5));
    expect(first(z)).toEqual([0, 2, 4]);
  });
});

test("a donated argument that is a result stays, once or twice, until it is donated itself", () => {
  within((backend) => {
    const f = jit((x: Tensor) => [x, add(x, 1), x], { donateArgnums: 0 });
    const y = double()(ramp());
    const [same, more, again] = f(y) as unknown as [Tensor, Tensor, Tensor];
    double()(ramp(9));
    expect(() => y.dataSync()).toThrow(/donated/);
    expect([same, more, again].map((x) => first(x))).toEqual([[0, 2, 4], [1, 3, 5], [0, 2, 4]]);
    f(more);
    expect([first(same), first(again)]).toEqual([[0, 2, 4], [0, 2, 4]]);
    f(same);
    expect(() => again.dataSync()).toThrow(/donated/); // it was the same
    expect(backend.stats()["copiesIn"]).toBe(2);
  });
});

test("the place of a donated array is free at once, also of one that was put there", () => {
  within((backend) => {
    const f = jit((x: Tensor) => reduceSum(x));
    const x = ramp();
    for (let i = 0; i < 3; i++) f(x); // it stays
    const y = double()(ramp());
    expect(backend.stats()["resident"]).toBe(2 * bytes);
    const g = jit((x: Tensor) => reduceSum(x), { donateArgnums: 0 });
    g(x);
    expect(backend.stats()["resident"]).toBe(bytes);
    g(y);
    expect(backend.stats()).toMatchObject({ resident: 0, evictions: 0, copiesOut: 0 });
  });
});

const failP: Primitive = definePrimitive("@acme/fail", { abstractEval: ([x]) => x! });

test("a call that fails leaves its arguments as they were, and no result behind", () => {
  within((backend) => {
    backend.defineLowering(failP, ([x]) => {
      if ((x!.data[0] as number) > 0) throw new RangeError("too much");
    });
    const f = jit((x: Tensor) => [mul(x, 3), bind(failP, [slice(x, [0], [2])])], { donateArgnums: 0 });
    const y = double()(ramp(1));
    expect(() => f(y)).toThrow("too much");
    const before = backend.stats();
    for (let i = 0; i < 100; i++) expect(() => f(y)).toThrow("too much");
    expect(backend.stats()).toMatchObject({ resident: bytes, memory: before["memory"] as number });
    expect(first(y)).toEqual([2, 4, 6]);
  });
});

const outerP: Primitive = definePrimitive("@acme/outer", { abstractEval: ([x]) => x! });

test("programs called from a kernel within a program use and move results as any other", () => {
  within((backend) => {
    const f = double();
    const y = f(ramp());
    backend.defineLowering(outerP, ([x], _params, [out]) => {
      grow(backend);
      out!.data.set(f(f(array(x!.data.slice()))).dataSync());
      y.dataSync();
    });
    const g = jit((x: Tensor) => { const z = mul(x, 3); return [z, add(bind(outerP, [z]), x)]; });
    const [z, w] = g(y) as unknown as [Tensor, Tensor];
    expect([first(y), first(z), first(w)]).toEqual([[0, 2, 4], [0, 6, 12], [0, 26, 52]]);
  });
});
