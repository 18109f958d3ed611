import { add, addP, array, avalOf, BackendMismatchError, bind, broadcastTo, definePrimitive, DTypeError, full, mul, neg, MissingRuleError, reduceSum, reshape, ShapeError, Tensor, transpose, useBackend, withBackend } from "@gradus/core";
import { abs, argmax, clamp, div, dotGeneral, equal, exp, greater, max, min, reverse, sigmoid, sin, sinP, slice } from "@gradus/ops";
import { beforeEach, describe, expect, test } from "vitest";
import { cpu, eagerCpu, reductions } from "../src/index.js";

let backend = cpu();
beforeEach(() => {
  backend = cpu();
  useBackend(backend);
});

describe("data", () => {
  test("is copied on the way in and out, unless aliased", () => {
    const source = Float32Array.of(1, 2);
    const x = array(source);
    const kept = array(source, { alias: true });
    source[0] = 9;
    expect(x.js()).toEqual([1, 2]);
    expect(kept.js()).toEqual([9, 2]);
    const out = x.dataSync();
    out[0] = 5;
    expect(x.js()).toEqual([1, 2]);
  });

  test("views share memory and cannot be written to through what is read", async () => {
    const x = array([[1, 2], [3, 4]]);
    for (const view of [transpose(x), reshape(x, [4]), broadcastTo(x, [2, 2, 2]), reshape(full([4], 1), [2, 2])]) {
      const before = view.js();
      view.dataSync().fill(7);
      (await view.data()).fill(7);
      expect(view.js()).toEqual(before);
    }
    expect(x.js()).toEqual([[1, 2], [3, 4]]);
  });

  test("a result of no operation shares nothing that is written later", () => {
    const x = array(new Float32Array(50).fill(1));
    const results = Array.from({ length: 100 }, (_, i) => mul(x, i));
    results.forEach((r, i) => expect(r.dataSync().every((v) => v === i)).toBe(true));
  });

  test("a number in front of everything needs no backend", () => {
    const x = array(2);
    expect(x.backend).toBe(null);
    expect(sin(x).backend).toBe(backend);
    expect(typeof sin(x).payload).toBe("number");
  });
});

test("stats count kernels, elementwise operations, bytes and transfers", () => {
  const before = backend.stats();
  const x = array(new Float32Array(1000));
  add(x, x);
  sin(array(1));
  reduceSum(x);
  x.dataSync();
  const after = backend.stats();
  const change = Object.fromEntries(Object.entries(after).map(([k, v]) => [k, v - (before[k] ?? 0)]));
  expect(change).toMatchObject({ kernels: 1, elementwise: 2, bytes: 8000, uploads: 1, downloads: 1 });
});

test("isZero sees through views", () => {
  expect(backend.isZero(full([1000, 1000], 0))).toBe(true);
  expect(backend.isZero(full([2], 1))).toBe(false);
  expect(backend.isZero(array([0, -0]))).toBe(true);
  expect(backend.isZero(array([0, NaN]))).toBe(false);
  expect(backend.isZero(transpose(array([[0, 0], [0, 1]])))).toBe(false);
  expect(backend.isZero(reverse(slice(array([[1, 0], [1, 0]]), [0, 1], [2, 2])))).toBe(true);
  expect(backend.isZero(array(0))).toBe(true);
});

test("supports arrays of every dtype that holds information", () => {
  expect(backend.supports(avalOf([2], "bool"))).toBe(true);
  expect(backend.supports(avalOf([2], "float0"))).toBe(false);
});

describe("primitives from outside", () => {
  const cumulativeP = definePrimitive<{ scale: number }>("@test/cumulative", { abstractEval: ([x]) => x! });

  test("run by the kernel that defineLowering gives", () => {
    expect(() => bind(cumulativeP, [array([1, 2])], { scale: 1 })).toThrow(MissingRuleError);
    backend.defineLowering(cumulativeP, ([x], { scale }: { scale: number }, [out]) => {
      expect(x!.dtype).toBe("float32");
      expect(out!.shape).toEqual(x!.shape);
      let sum = 0;
      x!.data.forEach((v, i) => (out!.data[i] = sum += scale * v));
    });
    expect(bind(cumulativeP, [transpose(array([[1, 2], [3, 4]]))], { scale: 2 }).js()).toEqual([[2, 8], [12, 20]]);
    expect(bind(cumulativeP, [array(4)], { scale: 2 }).item()).toBe(8);
    expect(backend.kernel(cumulativeP)).toBeTypeOf("function");
    // Another backend knows nothing of it.
    expect(cpu().kernel(cumulativeP)).toBeUndefined();
  });

  test("not by one for an elementwise primitive, which has a body", () => {
    expect(() => backend.defineLowering(sinP, () => {})).toThrow(expect.objectContaining({ name: "ArgumentError", message: expect.stringMatching(/sin is elementwise.*without that trait/) as string }));
  });

  test("with several results", () => {
    const extremaP = definePrimitive<void, "many">("@test/extrema", { abstractEval: ([x]) => [avalOf([], x!.dtype), avalOf([1], x!.dtype)], multipleResults: true });
    backend.defineLowering(extremaP, ([x], _params, [lo, hi]) => {
      lo!.data[0] = Math.min(...x!.data);
      hi!.data[0] = Math.max(...x!.data);
    });
    const [lo, hi] = bind(extremaP, [array([3, 1, 2])]);
    expect(lo!.item()).toBe(1);
    expect(hi!.js()).toEqual([3]);
  });

  test("run by their decomposition where there is no kernel", () => {
    const p = definePrimitive<{ n: number }>("@test/times", { abstractEval: ([x]) => x!, decompose: ([x], { n }) => mul(x!, n) });
    expect(bind(p, [array([1, 2])], { n: 3 }).js()).toEqual([3, 6]);
  });
});

describe("families", () => {
  test("those that are not passed are named by the error", () => {
    const small = eagerCpu();
    withBackend(small, () => {
      const x = array([1, 2]);
      expect(add(x, x).js()).toEqual([2, 4]);
      expect(() => argmax(x)).toThrow(MissingRuleError);
      expect(() => argmax(x)).toThrow(/eagerCpu\(\{ kernels: \[/);
    });
    withBackend(eagerCpu({ kernels: [reductions] }), () => {
      expect(argmax(array([1, 2])).item()).toBe(1);
      expect(() => dotGeneral(array([1]), array([1]), { contract: [[0], [0]] })).toThrow(MissingRuleError);
    });
  });

  test("the engine makes no difference but in speed", () => {
    const compute = (): unknown[] => {
      const x = array([[0.5, NaN, -2], [3, -0, Infinity]]);
      const n = array([[5, -7, 2 ** 31 - 1]], { dtype: "int32" });
      return [sin(x), exp(x), max(x, 1), min(transpose(x), 0), greater(x, 0), equal(n, n), sigmoid(x), div(n, 2), mul(n, n), abs(n), reduceSum(x, 0), reduceSum(n), clamp(0, x, 1)].map((t) => t.js());
    };
    const fast = compute();
    expect(withBackend(eagerCpu(), compute)).toEqual(fast);
  });

  test("threads are counted in positive integers", () => {
    for (const threads of [0, -1, 1.5, NaN, Infinity, "2" as unknown as number, null as unknown as number]) expect(() => cpu({ threads })).toThrow(expect.objectContaining({ name: "ArgumentError", message: expect.stringContaining("threads is") as string }));
    expect([1, 2, undefined].map((threads) => cpu(threads === undefined ? {} : { threads }).stats()["threads"])).toEqual([1, 1, 1]);
  });
});

describe("primitives applied by themselves are strict", () => {
  test("about shapes, dtypes and what they accept", () => {
    expect(() => bind(addP, [array([1, 2]), array([1])])).toThrow(ShapeError);
    expect(() => bind(addP, [array([1]), array([1], { dtype: "int32" })])).toThrow(DTypeError);
    expect(() => bind(sinP, [array([1], { dtype: "int32" })])).toThrow(DTypeError);
    expect(bind(addP, [array([1, 2]), array([3, 4])]).js()).toEqual([4, 6]);
  });

  test("and functions say what does not fit", () => {
    expect(() => add(array([1, 2]), array([1, 2, 3]))).toThrow(ShapeError);
    expect(() => add(array([1], { dtype: "int32" }), array([1], { dtype: "uint32" }))).toThrow(DTypeError);
    expect(() => neg(array([true]))).toThrow(DTypeError);
  });

  test("and two backends do not mix", () => {
    const other = withBackend(cpu(), () => array([1]));
    expect(() => add(array([1]), other)).toThrow(BackendMismatchError);
    expect(other).toBeInstanceOf(Tensor);
  });
});
