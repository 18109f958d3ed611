// Tensors: reading, printing, and the traps that keep JavaScript's conversions from losing a derivative.

import { describe, expect, test } from "vitest";
import {
  add, ArgumentError, array, avalOf, ConcretizationError, DuplicateCoreError, full, type Handler, isTensor, lift, mul, Tensor, Tracer, TracerCoercionError, useBackend, withHandler,
} from "../src/index.js";
import { ToyBackend } from "./toy-backend.js";

useBackend(new ToyBackend());

const tracing: Handler = { name: "opaque", perform: () => [] };
const readable: Handler = { name: "readable", perform: () => [], concrete: (t: Tensor) => t, show: (t: Tensor) => `holding ${t.item()}` };
const traced = <T>(f: (x: Tensor) => T, handler = tracing, value = array(2)): T => withHandler(handler, () => f(lift(handler, value, value.aval)));

describe("reading", () => {
  test("item() is the only element, a boolean for bool", () => {
    expect([array(2.5).item(), array([[3]]).item(), array(true).item<boolean>(), array([false]).item<boolean>(), array(-1, { dtype: "int32" }).item()]).toEqual([2.5, 3, true, false, -1]);
    for (const x of [array([1, 2]), array([])]) {
      expect(() => x.item()).toThrow(ArgumentError);
      expect(() => x.item()).toThrow(/item\(\) needs one element, and this is f32\[\d\]: use js\(\) or data\(\)/);
    }
  });
  test("js() nests along the shape, empty axes included", () => {
    expect([array(1).js(), array([[1, 2], [3, 4]]).js(), full([0, 2], 1).js(), full([2, 0], 1).js(), array([[true]]).js()]).toEqual([1, [[1, 2], [3, 4]], [], [[], []], [[true]]]);
  });
  test("data() and dataSync() give flat typed arrays of the dtype", async () => {
    expect(array([[1], [2]]).dataSync()).toEqual(new Float32Array([1, 2]));
    expect(await array([1, 2], { dtype: "float64" }).data()).toEqual(new Float64Array([1, 2]));
    expect(array(7, { dtype: "int32" }).dataSync()).toEqual(new Int32Array([7]));
    expect(await array(true).data()).toEqual(new Uint8Array([1]));
  });
  test("shape, dtype, ndim and size are those of the aval", () => {
    const x = array([[1, 2, 3]], { dtype: "float64" });
    expect([x.shape, x.dtype, x.ndim, x.size, x.aval]).toEqual([[1, 3], "float64", 2, 3, avalOf([1, 3], "float64")]);
  });
  test("of float0 there is nothing to read", () => {
    const zero = full([], 0, "float0");
    for (const read of [() => zero.item(), () => zero.js(), () => zero.dataSync(), () => JSON.stringify(zero)]) {
      expect(read).toThrow(ConcretizationError);
      expect(read).toThrow(/float0 tensors hold no values/);
    }
    expect(String(zero)).toBe("Tensor<float0[]>");
  });
});

describe("reading a tracer", () => {
  test("is refused, naming the handler that blocks and a mend", async () => {
    const reads: ((x: Tensor) => unknown)[] = [(x) => x.item(), (x) => x.js(), (x) => x.dataSync(), (x) => JSON.stringify(x)];
    for (const read of reads) {
      expect(() => traced(read)).toThrow(ConcretizationError);
      expect(() => traced(read)).toThrow(/Tracer<f32\[\], opaque>: its value is not available under opaque\. Return the value/);
    }
    const pending: Promise<unknown>[] = [];
    traced((x) => pending.push(x.data()));
    await expect(pending[0]).rejects.toThrow(ConcretizationError);
  });
  test("gives the handler's own mend", () => {
    const mending: Handler = { ...tracing, mend: "Ask somebody else." };
    expect(() => traced((x) => x.item(), mending)).toThrow(/under opaque\. Ask somebody else\./);
  });
  test("works where the handler knows the value, through several of them", () => {
    expect(traced((x) => x.item(), readable)).toBe(2);
    expect(traced((x) => [x.js(), [...x.dataSync()], JSON.stringify({ x })], readable, array([1, 2]))).toEqual([[1, 2], [1, 2], '{"x":[1,2]}']);
    const outer = { ...readable, name: "outer" };
    expect(withHandler(outer, () => withHandler(readable, () => lift(readable, lift(outer, array(5), avalOf([], "float32")), avalOf([], "float32")).item()))).toBe(5);
  });
  test("is refused once the handler has ended", () => {
    let kept = array(0);
    traced((x) => (kept = x), readable);
    expect(() => kept.item()).toThrow(ConcretizationError);
    expect(String(kept)).toBe("Tracer<f32[], readable>");
  });
});

describe("printing", () => {
  test.each<[Tensor, string]>([
    [array(1.5), "Tensor<f32[]> 1.5"],
    [array(0.1), "Tensor<f32[]> 0.1"],
    [array([1, -2]), "Tensor<f32[2]> [1, -2]"],
    [array([[1], [2]], { dtype: "int32" }), "Tensor<i32[2,1]> [[1], [2]]"],
    [array([true, false]), "Tensor<bool[2]> [true, false]"],
    [array([NaN, Infinity, -Infinity]), "Tensor<f32[3]> [NaN, Infinity, -Infinity]"],
    [array([-0, 0]), "Tensor<f32[2]> [-0, 0]"],
    [array([]), "Tensor<f32[0]> []"],
    [full([2, 0], 0), "Tensor<f32[2,0]> [[], []]"],
    [add(2, 0), "Tensor<~f32[]> 2"],
    [full([3], 0, "float0"), "Tensor<float0[3]>"],
    [array(Array.from({ length: 20 }, (_, i) => i)), "Tensor<f32[20]> [0, 1, 2, 3, 4, 5, …, 14, 15, 16, 17, 18, 19]"],
  ])("%s", (x, text) => {
    expect(x.toString()).toBe(text);
    expect(`${x}`).toBe(text);
    expect(String(x)).toBe(text);
  });
  test("a tracer shows its handler, and what that says of the payload", () => {
    expect(traced(String)).toBe("Tracer<f32[], opaque>");
    expect(traced(String, readable)).toBe("Tracer<f32[], readable> holding 2");
  });
  test("JSON is the nested arrays, in any structure", () => {
    expect(JSON.stringify({ a: array([[1, 2]]), b: [array(true)], c: array(0.5) })).toBe('{"a":[[1,2]],"b":[true],"c":0.5}');
  });
});

describe("JavaScript's conversions", () => {
  const traps: [string, (x: any) => unknown][] = [
    ["x + 1", (x) => x + 1],
    ["1 + x", (x) => 1 + x],
    ["x - 1", (x) => x - 1],
    ["x * 2", (x) => x * 2],
    ["x / 2", (x) => x / 2],
    ["x % 2", (x) => x % 2],
    ["x ** 2", (x) => x ** 2],
    ["-x", (x) => -x],
    ["+x", (x) => +x],
    ["~x", (x) => ~x],
    ["x | 0", (x) => x | 0],
    ["x << 1", (x) => x << 1],
    ["x++", (x) => x++],
    ["x > 0", (x) => x > 0],
    ["x <= 0", (x) => x <= 0],
    ["x == 1", (x) => x == 1],
    ["x != 1", (x) => x != 1],
    ['x + "text"', (x) => x + "text"],
    ["Math.sin(x)", (x) => Math.sin(x)],
    ["Math.max(x, 1)", (x) => Math.max(x, 1)],
    ["Number(x)", (x) => Number(x)],
    ["isNaN(x)", (x) => isNaN(x)],
    ["BigInt(x)", (x) => BigInt(x)],
    ["new Date(x)", (x) => new Date(x)],
    ["new Float32Array([x])", (x) => new Float32Array([x])],
  ];
  test.each(traps)("%s throws, before and inside a transformation alike", (_name, trap) => {
    for (const run of [() => trap(array(2)), () => trap(array([1, 2])), () => traced(trap), () => traced(trap, readable)]) {
      expect(run).toThrow(TracerCoercionError);
      expect(run).toThrow(TypeError);
      expect(run).toThrow(/instead of operators and Math functions write mul\(x, 2\), add\(x, 1\), greater\(x, 0\), equal\(x, 1\), sin\(x\).*x\.item\(\)/);
    }
  });
  const iterations: [string, (x: any) => unknown][] = [
    ["[...x]", (x) => [...x]],
    ["const [a] = x", (x) => {
      const [a] = x;
      return a as unknown;
    }],
    ["for (const a of x)", (x) => {
      for (const a of x) return a as unknown;
      return undefined;
    }],
    ["Math.max(...x)", (x) => Math.max(...x)],
    ["Array.from(x)", (x) => Array.from(x)],
    ["new Set(x)", (x) => new Set(x)],
  ];
  test.each(iterations)("%s throws", (_name, iterate) => {
    for (const run of [() => iterate(array([1, 2])), () => traced(iterate)]) {
      expect(run).toThrow(TracerCoercionError);
      expect(run).toThrow(/cannot be spread or iterated: use take\(x, i\).*vmap.*js\(\)/);
    }
  });
  test("text is what a tensor may become", () => {
    expect([`${array(1)}`, String(array(1)), [array(1)].join(), { [array(1) as never]: 1 }]).toEqual(["Tensor<f32[]> 1", "Tensor<f32[]> 1", "Tensor<f32[]> 1", { "Tensor<f32[]> 1": 1 }]);
  });
  test("=== and Boolean() compare the object, as for any object", () => {
    const x = array(0);
    expect([x === x, array(0) === x, Boolean(x)]).toEqual([true, false, true]);
  });
});

describe("whose tensor", () => {
  test("isTensor knows tensors and tracers, and nothing else", () => {
    expect([array(1), new Tensor(avalOf([], "float32"), 0, { alive: true, depth: 1, handler: tracing }, null)].every(isTensor)).toBe(true);
    expect([1, null, undefined, {}, [], "x", { aval: 1 }].some(isTensor)).toBe(false);
  });
  test("a Tracer is a tensor that a handler owns, whoever made it", () => {
    expect(traced((x) => [x instanceof Tracer, x instanceof Tensor])).toEqual([true, true]);
    expect(withHandler(tracing, () => new Tensor(avalOf([], "float32"), 0, { alive: true, depth: 1, handler: tracing }, null) instanceof Tracer)).toBe(true);
    expect([array(1), array([1]), 1, null, {}, { frame: {} }].some((x) => x instanceof Tracer)).toBe(false);
  });
  test("a tensor of another copy of core is an error that says what to do", () => {
    class Foreign {
      readonly frame = undefined;
      get "@gradus/tensor"(): true {
        return true;
      }
    }
    const foreign = new Foreign() as never;
    for (const use of [() => isTensor(foreign), () => add(foreign, 1), () => mul(array(1), foreign), () => array(foreign)]) {
      expect(use).toThrow(DuplicateCoreError);
      expect(use).toThrow(/another loaded copy of @gradus\/core.*npm ls @gradus\/core/);
    }
    expect(new Foreign() instanceof Tensor).toBe(false);
  });
});
