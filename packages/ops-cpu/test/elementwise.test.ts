import { add, applyUnary, array, cast, definePrimitive, type DType, fullOf, avalOf, mul, neg, select, type Tensor, useBackend } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { abs, and, clamp, div, equal, exp, greater, isNan, less, max, min, not, pow, rem, sigmoid, sin, sub } from "@gradus/ops";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { cpu } from "../src/index.js";
import { allDTypes, count, laidOut, numbers, stored, values } from "./layouts.js";

beforeEach(() => useBackend(cpu()));

const shapes = [[], [1], [5], [3, 4], [2, 3, 4], [2, 1, 3, 2], [0], [2, 0, 3]];

describe("operations on every dtype and layout", () => {
  const unary: [string, (x: Tensor) => Tensor, (a: number) => number, readonly DType[]][] = [
    ["neg", neg, (a) => -a, numbers],
    ["abs", abs, Math.abs, numbers],
    ["sin", sin, Math.sin, ["float32", "float64"]],
    ["exp", exp, Math.exp, ["float32", "float64"]],
    ["sigmoid", sigmoid, (a) => 1 / (1 + Math.exp(-a)), ["float64"]],
    ["not", not, (a) => 1 - a, ["bool"]],
  ];
  for (const [name, op, reference, dtypes] of unary) {
    test(name, () => {
      for (const dtype of dtypes) {
        for (const shape of shapes) {
          for (const { layout, x, values: v } of laidOut(shape, dtype)) {
            const out = op(x);
            const expected = v.map((a) => stored(dtype, reference(a)));
            expect(out.aval.toString()).toBe(x.aval.toString());
            if (dtype === "float64") values(out).forEach((r, i) => expect(r, `${layout} ${x.aval}`).toBeCloseTo(expected[i] as number, 12));
            else expect(values(out), `${layout} ${x.aval}`).toEqual(expected);
          }
        }
      }
    });
  }

  const binary: [string, (x: Tensor, y: Tensor) => Tensor, (a: number, b: number) => number, readonly DType[], DType?][] = [
    ["add", add, (a, b) => a + b, allDTypes],
    ["sub", sub, (a, b) => a - b, numbers],
    ["mul", mul, (a, b) => a * b, allDTypes],
    ["div", div, (a, b) => a / b, ["float32", "float64"]],
    ["max", max, Math.max, allDTypes],
    ["min", min, Math.min, allDTypes],
    ["rem", rem, (a, b) => (b === 0 ? NaN : a % b), ["float32"]],
    ["less", less, (a, b) => (a < b ? 1 : 0), allDTypes, "bool"],
    ["equal", equal, (a, b) => (a === b ? 1 : 0), allDTypes, "bool"],
    ["and", and, (a, b) => a & b, ["int32", "uint32", "bool"]],
  ];
  for (const [name, op, reference, dtypes, result] of binary) {
    test(name, () => {
      for (const dtype of dtypes) {
        for (const shape of shapes) {
          for (const a of laidOut(shape, dtype)) {
            for (const b of laidOut(shape, dtype, 2)) {
              const out = op(a.x, b.x);
              expect(out.dtype).toBe(result ?? dtype);
              expect(out.shape).toEqual(shape);
              const expected = a.values.map((v, i) => stored(result ?? dtype, reference(v, b.values[i] as number)));
              expect(values(out), `${a.layout}, ${b.layout}, ${a.x.aval}`).toEqual(expected);
            }
          }
        }
      }
    });
  }

  test("select and clamp", () => {
    for (const dtype of allDTypes) {
      for (const p of laidOut([3, 4], "bool")) {
        for (const a of laidOut([3, 4], dtype, 2)) {
          for (const b of laidOut([3, 4], dtype, 3)) {
            expect(values(select(p.x, a.x, b.x))).toEqual(p.values.map((q, i) => (q !== 0 ? a.values[i] : b.values[i])));
            const bounded = a.values.map((v, i) => Math.min(Math.max(b.values[i] as number, v), 2));
            if (dtype === "float32") expect(values(clamp(b.x, a.x, 2))).toEqual(bounded);
          }
        }
      }
    }
    expect(select(true, 1, 2).item()).toBe(1);
    expect(select(array(false), array([1, 2]), array([[3, 4]])).js()).toEqual([[3, 4]]);
  });
});

test("any two shapes that broadcast do so, in any layout", () => {
  const dim = fc.integer({ min: 0, max: 4 });
  fc.assert(
    fc.property(fc.array(dim, { maxLength: 4 }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat({ max: 4 }), fc.nat(5), fc.nat(5), (shape, ones, drop, i, j) => {
      const left = shape.map((d, k) => (ones[k] === true ? 1 : d));
      const right = shape.slice(Math.min(drop, shape.length));
      const out = left.map((d, k) => (d === 1 && k >= shape.length - right.length ? (shape[k] as number) : d));
      const as = laidOut(left, "float32");
      const bs = laidOut(right, "float32", 2);
      const a = as[i % as.length]!;
      const b = bs[j % bs.length]!;
      const read = (v: readonly number[], s: readonly number[], k: number): number => {
        let at = 0;
        let step = 1;
        for (let axis = out.length - 1, rest = k, q = s.length - 1; axis >= 0; axis--, q--) {
          const index = rest % (out[axis] as number);
          rest = Math.floor(rest / (out[axis] as number));
          if (q >= 0) {
            if (s[q] !== 1) at += index * step;
            step *= s[q] as number;
          }
        }
        return v[at] as number;
      };
      const result = sub(a.x, b.x);
      expect(result.shape).toEqual(out);
      expect(values(result)).toEqual(Array.from({ length: count(out) }, (_, k) => read(a.values, left, k) - read(b.values, right, k)));
    }),
    { numRuns: 300, seed: 1 },
  );
});

describe("special values", () => {
  const inf = Infinity;
  test("NaN, infinities and −0 pass through arithmetic and extrema", () => {
    const x = array([NaN, inf, -inf, -0, 0]);
    expect(values(add(x, 1))).toEqual([NaN, inf, -inf, 1, 1]);
    expect(values(max(x, 0))).toEqual([NaN, inf, 0, 0, 0]);
    expect(values(min(0, x))).toEqual([NaN, 0, -inf, -0, 0]);
    expect(values(neg(x))).toEqual([NaN, -inf, inf, 0, -0]);
    expect(values(isNan(x))).toEqual([1, 0, 0, 0, 0]);
    expect(max(array(NaN), 1).item()).toBeNaN();
  });

  test("comparisons with NaN are false, inequality true", () => {
    expect(values(less(array([NaN, 1]), array([1, NaN])))).toEqual([0, 0]);
    expect(values(equal(array([NaN]), array([NaN])))).toEqual([0]);
  });

  test("conversions truncate, wrap around and test for zero", () => {
    expect(values(cast(array([1.9, -1.9, NaN, 0]), "int32"))).toEqual([1, -1, 0, 0]);
    expect(values(cast(array([0.5, 0, NaN, -0]), "bool"))).toEqual([1, 0, 1, 0]);
    expect(values(cast(array([-1]), "uint32"))).toEqual([2 ** 32 - 1]);
    expect(values(cast(array([true, false]), "float32"))).toEqual([1, 0]);
    expect(values(cast(array([16777217], { dtype: "int32" }), "float32"))).toEqual([16777216]);
    for (const [from, to, result] of [[0.1, "float32", Math.fround(0.1)], [-1.5, "int32", -1], [-1, "uint32", 2 ** 32 - 1], [0.5, "bool", true]] as const) {
      expect(cast(array(from, { dtype: "float64" }), to).item<number | boolean>()).toBe(result);
    }
  });
});

describe("integers", () => {
  const int = (v: number[]): Tensor => array(v, { dtype: "int32" });
  test("wrap around, in arrays and in single numbers", () => {
    const big = 2 ** 31 - 1;
    expect(values(add(int([big]), 1))).toEqual([-(2 ** 31)]);
    expect(add(array(big, { dtype: "int32" }), 1).item()).toBe(-(2 ** 31));
    expect(values(mul(int([123456789]), int([987654321])))).toEqual([Math.imul(123456789, 987654321)]);
    expect(mul(array(123456789, { dtype: "uint32" }), array(987654321, { dtype: "uint32" })).item()).toBe(Math.imul(123456789, 987654321) >>> 0);
    expect(values(sub(array([1], { dtype: "uint32" }), 2))).toEqual([2 ** 32 - 1]);
    expect(values(neg(int([-(2 ** 31)])))).toEqual([-(2 ** 31)]);
    expect(Object.is(neg(array(0, { dtype: "int32" })).item(), 0)).toBe(true);
  });

  test("division truncates, by zero gives −1, the remainder has the sign of the dividend", () => {
    expect(values(div(int([7, -7, 7]), int([2, 2, 0])))).toEqual([3, -3, -1]);
    expect(values(rem(int([7, -7, 7]), int([2, 2, 0])))).toEqual([1, -1, 7]);
    expect(values(pow(int([3, -2]), 3))).toEqual([27, -8]);
  });

  test("bodies of several steps wrap at each of them", () => {
    // (x·x)·x in doubles would be wrong in the last bits
    const p = definePrimitive("cube", { elementwise: { accepts: "number", body: (x: s.Expr) => s.mul(s.mul(x, x), x) } });
    const v = [123457, -99991, 5];
    const expected = v.map((a) => Math.imul(Math.imul(a, a), a));
    expect(values(applyUnary(p, int(v)))).toEqual(expected);
    expect(v.map((a) => applyUnary(p, array(a, { dtype: "int32" })).item())).toEqual(expected);
  });
});

describe("bodies", () => {
  test("a shared node is computed once, however often it is used", () => {
    let calls = 0;
    const op = { name: "@test/counted", arity: 1 as const, float: (a: number) => (calls++, a + 1), result: "same" as const };
    let node: s.Expr = { kind: "call", op, args: [s.arg(0)] };
    for (let i = 0; i < 40; i++) node = s.mul(0.5, s.add(node, node));
    const p = definePrimitive("shared", { elementwise: { accepts: "float", body: () => node } });
    expect(applyUnary(p, array(2)).item()).toBe(3);
    expect(calls).toBe(1);
    calls = 0;
    expect(values(applyUnary(p, array([1, 2, 3])))).toEqual([2, 3, 4]);
    expect(calls).toBe(3);
  });

  test("the identity and constants are bodies too", () => {
    const identity = definePrimitive("identity", { elementwise: { accepts: "any", body: (x: s.Expr) => x } });
    const seven = definePrimitive("seven", { elementwise: { accepts: "any", body: () => s.constant(7) } });
    for (const dtype of allDTypes) {
      const x = array([0, 1, 1], { dtype });
      expect(values(applyUnary(identity, x))).toEqual([0, 1, 1]);
      expect(values(applyUnary(seven, x))).toEqual(dtype === "bool" ? [1, 1, 1] : [7, 7, 7]);
    }
    expect(applyUnary(identity, 0.1).item()).toBe(0.1);
    expect(applyUnary(seven, array(1)).item()).toBe(7);
  });

  test("booleans in the middle of a body meet numbers", () => {
    const p = definePrimitive("relu", { elementwise: { accepts: "float", body: (x: s.Expr) => s.mul(s.greater(x, 0), x) } });
    const q = definePrimitive("gate", { elementwise: { accepts: "float", body: (x: s.Expr) => s.select(x, s.castTo(x, "float32"), s.castTo(s.castTo(x, "int32"), "float64")) } });
    expect(values(applyUnary(p, array([-2, 3, 0.5])))).toEqual([-0, 3, 0.5]);
    expect(applyUnary(p, array(3)).item()).toBe(3);
    expect(values(applyUnary(q, array([0.1, 0], { dtype: "float64" })))).toEqual([Math.fround(0.1), 0]);
    expect(applyUnary(q, array(0.1, { dtype: "float64" })).item()).toBe(Math.fround(0.1));
  });

  test("arrays larger than a tile, in rows longer and shorter than one", () => {
    for (const shape of [[5000], [3, 1500], [1500, 3], [2, 700, 2]]) {
      for (const { layout, x, values: v } of laidOut(shape, "float64")) {
        const got = values(sigmoid(x));
        const expected = v.map((a) => 1 / (1 + Math.exp(-a)));
        expect(got.every((r, i) => Math.abs(r - (expected[i] as number)) < 1e-15), `${layout} ${shape}`).toBe(true);
      }
    }
  });

  test("params take part in what is cached", () => {
    const p = definePrimitive<{ k: number }>("scale", { elementwise: { accepts: "float", body: (x: s.Expr, { k }: { k: number }) => s.mul(x, k) } });
    for (let round = 0; round < 2; round++) {
      for (let k = 0; k < 20; k++) {
        expect(applyUnary(p, array(2), { k }).item()).toBe(2 * k);
        expect(values(applyUnary(p, array([1, 2]), { k }))).toEqual([k, 2 * k]);
      }
    }
  });
});

describe("promotion", () => {
  test("a literal takes the dtype of the tensor beside it", () => {
    expect(add(array([1], { dtype: "int32" }), 2).aval.toString()).toBe("i32[1]");
    expect(add(array([1], { dtype: "int32" }), 0.5).aval.toString()).toBe("f32[1]");
    expect(mul(array([1], { dtype: "float64" }), 0.1).js()).toEqual([0.1]);
    expect(mul(array([1]), 0.1).js()).toEqual([Math.fround(0.1)]);
    expect(greater(array([1], { dtype: "uint32" }), 0).aval.toString()).toBe("bool[1]");
  });

  test("a JS number stays a double until it meets a dtype", () => {
    const weak = fullOf(avalOf([], "float32", true), 0.1);
    expect(add(weak, weak).item()).toBe(0.2);
    expect(add(weak, weak).aval.toString()).toBe("~f32[]");
    expect(add(weak, array(0)).item()).toBe(Math.fround(0.1));
    expect(add(weak, array([0])).js()).toEqual([Math.fround(0.1)]);
    expect(add(array([0], { dtype: "float64" }), weak).js()).toEqual([0.1]);
    expect(sin(weak).item()).toBe(Math.sin(0.1));
    expect(mul(array(3, { dtype: "float64" }), weak).item()).toBe(3 * 0.1);
  });

  test("arrays of two dtypes meet in the larger one", () => {
    const x = array([1, 0], { dtype: "bool" });
    expect(add(x, array([1, 2], { dtype: "int32" })).aval.toString()).toBe("i32[2]");
    expect(values(add(x, array([0.5, 0.25])))).toEqual([1.5, 0.25]);
    expect(values(mul(array([16777217], { dtype: "int32" }), array([1])))).toEqual([16777216]);
    expect(values(mul(array([16777217], { dtype: "int32" }), array([1], { dtype: "float64" })))).toEqual([16777217]);
    expect(add(array(16777217, { dtype: "int32" }), array(0)).item()).toBe(16777216);
    expect(values(sin(array([1, 2], { dtype: "int32" })))).toEqual([Math.fround(Math.sin(1)), Math.fround(Math.sin(2))]);
    for (const { x: i, values: v } of laidOut([3, 4], "int32")) expect(values(add(i, array([0.5, 1, 2, 3])))).toEqual(v.map((a, k) => a + ([0.5, 1, 2, 3][k % 4] as number)));
  });
});
