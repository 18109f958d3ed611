// Elementwise operations: smooth ones against finite differences at two orders, the conventions of semantics.md at kinks
// and singular points in both modes, dtypes, and batching against a loop.

import { array, DTypeError, MissingRuleError, NonlinearError, type Tensor } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import * as ops from "@gradus/ops";
import { grad, linearTranspose, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { agree, bool, derivatives, expectClose, f64, type Fn, i32, looped } from "./support.js";

const { atan2, abs, clamp, div, equal, integerPow, max, min, mul, pow, rem, round, sigmoid, sin, sqrt, tanh } = ops;

const smooth: [string, Fn, number[][]][] = [
  ["exp", ops.exp, [[-2], [0.5]]],
  ["exp2", ops.exp2, [[-2], [0.5]]],
  ["expm1", ops.expm1, [[-2], [1e-3]]],
  ["log", ops.log, [[0.3], [7]]],
  ["log2", ops.log2, [[0.3], [7]]],
  ["log1p", ops.log1p, [[-0.5], [3]]],
  ["sqrt", ops.sqrt, [[0.3], [7]]],
  ["rsqrt", ops.rsqrt, [[0.3], [7]]],
  ["cbrt", ops.cbrt, [[-0.3], [7]]],
  ["square", ops.square, [[-3], [0]]],
  ["sin", ops.sin, [[-1], [4]]],
  ["cos", ops.cos, [[-1], [4]]],
  ["tan", ops.tan, [[-1], [0.5]]],
  ["asin", ops.asin, [[-0.5], [0.9]]],
  ["acos", ops.acos, [[-0.5], [0.9]]],
  ["atan", ops.atan, [[-0.5], [3]]],
  ["sinh", ops.sinh, [[-0.5], [2]]],
  ["cosh", ops.cosh, [[-0.5], [2]]],
  ["tanh", ops.tanh, [[-0.5], [2]]],
  ["asinh", ops.asinh, [[-0.5], [2]]],
  ["acosh", ops.acosh, [[1.5], [4]]],
  ["atanh", ops.atanh, [[-0.5], [0.9]]],
  ["sigmoid", ops.sigmoid, [[-1.5], [3]]],
  ["neg", ops.neg, [[2]]],
  ["abs", ops.abs, [[-2], [3]]],
  ["add", ops.add, [[2, 3]]],
  ["sub", ops.sub, [[2, 3]]],
  ["mul", ops.mul, [[2, 3]]],
  ["div", ops.div, [[2, -3], [0.5, 0.1]]],
  ["rem", ops.rem, [[7.5, 2], [-7.5, 2], [7.5, -2]]],
  ["pow", (x, y) => pow(x!, y!), [[2, 3], [0.5, -1.5]]],
  ["atan2", ops.atan2, [[1, 2], [-1, -2], [3, -0.5]]],
  ["max", ops.max, [[1, 2], [3, -1]]],
  ["min", ops.min, [[1, 2], [3, -1]]],
  ["clamp", ops.clamp, [[0, 0.5, 1], [0, -1, 1], [0, 3, 1]]],
  ...[-3, -2, -1, 0, 1, 2, 3, 7].map((n): [string, Fn, number[][]] => [`integerPow ${n}`, (x) => integerPow(x!, n), [[-1.3], [2]]]),
];

const evaluate = (f: Fn, at: readonly number[]): number => f(...at.map((x) => f64(x))).item();
const difference = (g: (at: readonly number[]) => number, at: readonly number[], i: number, h = 1e-4): number => {
  const shift = (d: number): number => g(at.map((x, k) => (k === i ? x + d : x)));
  return (8 * (shift(h) - shift(-h)) - (shift(2 * h) - shift(-2 * h))) / (12 * h);
};

describe("derivatives of first and second order against finite differences", () => {
  test.each(smooth)("%s", (_name, f, points) => {
    for (const at of points) {
      const first = derivatives(f, at);
      at.forEach((_, i) => expect(first[i]).toBeCloseTo(difference((p) => evaluate(f, p), at, i), 7));
      at.forEach((_, i) => {
        const df: Fn = (...xs) => jvp((x: Tensor) => f(...xs.map((y, k) => (k === i ? x : y))), [xs[i]!], [f64(1)])[1];
        const second = derivatives(df, at);
        at.forEach((__, j) => expect(second[j]).toBeCloseTo(difference((p) => evaluate(df, p), at, j), 6));
      });
    }
  });
});

const inf = Infinity;
const nan = NaN;

// Rows of semantics.md 2.4, with the derivative by each argument.
const conventions: [string, Fn, number[], number[]][] = [
  ["max at a tie", max, [2, 2], [0.5, 0.5]],
  ["max of 0 and −0", max, [0, -0], [0.5, 0.5]],
  ["max with NaN", max, [nan, 1], [0, 0]],
  ["max with NaN", max, [1, nan], [0, 0]],
  ["maximum(x, 0) at 0", (x) => max(x!, 0), [0], [0.5]],
  ["min at a tie", min, [2, 2], [0.5, 0.5]],
  ["min with NaN", min, [nan, 1], [0, 0]],
  ["abs at 0", abs, [0], [1]],
  ["abs at −0", abs, [-0], [1]],
  ["abs at NaN", abs, [nan], [-1]],
  ["clamp below", clamp, [0, -1, 1], [1, 0, 0]],
  ["clamp inside", clamp, [0, 0.5, 1], [0, 1, 0]],
  ["clamp above", clamp, [0, 2, 1], [0, 0, 1]],
  ["clamp at the lower bound", clamp, [0, 0, 1], [0, 0, 0]],
  ["clamp at the upper bound", clamp, [0, 1, 1], [0, 0, 0]],
  ["clamp between crossed bounds, below both", clamp, [2, 0, 1], [0, 0, 0]],
  ["clamp between crossed bounds, above one", clamp, [2, 1.5, 1], [0, 0, 1]],
  ["rem", rem, [7.5, 2], [1, -3]],
  ["rem of a negative number", rem, [-7.5, 2], [1, 3]],
  ["rem by a negative number", rem, [7.5, -2], [1, 3]],
  ["sqrt at 0", sqrt, [0], [inf]],
  ["rsqrt at 0", ops.rsqrt, [0], [-inf]],
  ["cbrt at 0", ops.cbrt, [0], [inf]],
  ["log at 0", ops.log, [0], [inf]],
  ["log below 0", ops.log, [-2], [-0.5]],
  ["log1p at −1", ops.log1p, [-1], [inf]],
  ["asin at 1", ops.asin, [1], [inf]],
  ["asin outside", ops.asin, [1.5], [nan]],
  ["acos at 1", ops.acos, [1], [-inf]],
  ["acos outside", ops.acos, [-1.5], [nan]],
  ["acosh at 1", ops.acosh, [1], [inf]],
  ["acosh outside", ops.acosh, [0.5], [nan]],
  ["acosh below −1", ops.acosh, [-2], [nan]],
  ["atanh at 1", ops.atanh, [1], [inf]],
  ["atanh outside", ops.atanh, [1.5], [nan]],
  ["div at y = 0", div, [1, 0], [inf, -inf]],
  ["pow at x = 0, y = 0", (x, y) => pow(x!, y!), [0, 0], [nan, 0]],
  ["pow at x = 0", (x, y) => pow(x!, y!), [0, 3], [0, 0]],
  ["pow of a negative base", (x, y) => pow(x!, y!), [-2, 2], [-4, nan]],
  ["pow with a literal 2, at 0", (x) => pow(x!, 2), [0], [0]],
  ["pow with a literal 2", (x) => pow(x!, 2), [3], [6]],
  ["pow with a literal 0, at 0", (x) => pow(x!, 0), [0], [0]],
  ["pow with a literal 1, at 0", (x) => pow(x!, 1), [0], [1]],
  ["integerPow −1 at 0", (x) => integerPow(x!, -1), [0], [-inf]],
  ["atan2 at the origin", atan2, [0, 0], [nan, nan]],
  ["sigmoid at 0", sigmoid, [0], [0.25]],
  ["sigmoid at 1000", sigmoid, [1000], [0]],
  ["sigmoid at −1000", sigmoid, [-1000], [0]],
  ["tanh at 1000", tanh, [1000], [0]],
];

describe("derivatives by convention, in both modes", () => {
  test.each(conventions)("%s", (_name, f, at, expected) => {
    expectClose(derivatives(f, at), expected);
    expectClose(derivatives(f, at, "float32"), expected);
  });

  test("pow to a literal 2 has second derivative 2 at 0", () => {
    const second = grad((x: Tensor) => grad((y: Tensor) => pow(y, 2))(x));
    expect(second(f64(0)).item()).toBe(2);
    expect(grad((x: Tensor) => pow(x, 2))(3 as never).item()).toBe(6);
  });

  test("pow has the second derivatives of lax_test testPowSecondDerivative", () => {
    const f = (x: Tensor, y: Tensor): Tensor => pow(x, y);
    const byX = grad(f, { argnums: 0 });
    const byY = grad(f, { argnums: 1 });
    const second = [derivatives((x, y) => byX(x!, y!), [4, 0]), derivatives((x, y) => byY(x!, y!), [4, 0])];
    expectClose(second.flat(), [0, 1 / 4, 1 / 4, Math.log(4) ** 2]);
  });

  test("pow to an array of integers has derivative exactly 0 where the exponent is 0, at every order", () => {
    const n = i32([0, 0, 1, 2, 3]);
    const x = f64([0, 2, 0, 0, 2]);
    const f = (v: Tensor): Tensor => ops.reduceSum(pow(v, n));
    expect(f(x).item()).toBe(1 + 1 + 0 + 0 + 8);
    expect(grad(f)(x).js()).toEqual([0, 0, 1, 0, 12]);
    const g = (v: Tensor): Tensor => ops.reduceSum(grad(f)(v));
    expect(grad(g)(x).js()).toEqual([0, 0, 0, 2, 12]);
    expect(vjp((v: Tensor, k: Tensor) => pow(v, k), [x, n])[1](f64([1, 1, 1, 1, 1]))[1]!.dtype).toBe("float0");
  });

  test("difference and quotient are linear, and transpose", () => {
    const [dx, dy] = linearTranspose((x: Tensor, y: Tensor) => div(ops.sub(x, y), f64(2)), [f64(1), f64(1)])(f64(6)) as [Tensor, Tensor];
    expect([dx.item(), dy.item()]).toEqual([3, -3]);
    expect(() => linearTranspose((y: Tensor) => div(f64(2), y), [f64(1)])(f64(1))).toThrow(NonlinearError);
    expect(() => linearTranspose((y: Tensor) => ops.sub(y, f64(2)), [f64(1)])(f64(1))).toThrow(NonlinearError);
  });

  test("select sends numeric zeros into the branch not taken", () => {
    // d(x > 0 ? √x : 0) at 0: nothing in forward mode, 0·∞ in reverse mode
    const f = (x: Tensor): Tensor => ops.where(ops.greater(x, 0), sqrt(x), 0);
    expect(grad(f)(f64(0)).item()).toBeNaN();
    expect(jvp(f, [f64(0)], [f64(1)])[1].item()).toBe(0);
  });
});

describe("operations without gradient", () => {
  const flat: [string, Fn][] = [
    ["floor", ops.floor],
    ["ceil", ops.ceil],
    ["round", ops.round],
    ["trunc", ops.trunc],
    ["sign", ops.sign],
  ];
  test.each(flat)("%s has derivative 0", (_name, f) => {
    for (const x of [-1.5, 0, 0.5, 2]) expect(derivatives(f, [x])).toEqual([0]);
  });

  test.each(["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual", "isNan", "isFinite"] as const)("%s is a constant", (name) => {
    const f = (x: Tensor): Tensor => ops.cast((ops[name] as Fn)(x, f64(1)), "float64");
    expect(derivatives((x) => mul(f(x!), x!), [1])).toEqual([f(f64(1)).item()]);
  });

  test("all of them say why", () => {
    const names = ["floor", "ceil", "round", "trunc", "sign", "equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual", "isNan", "isFinite"] as const;
    const more = ["not", "and", "or", "xor", "shiftLeft", "shiftRightArithmetic", "shiftRightLogical", "argmax", "argmin", "reduceAnd", "reduceOr"] as const;
    for (const name of [...names, ...more]) expect(ops[`${name}P`].traits.zeroGradient).toMatch(/\w+ \w+/);
  });

  test("nextafter has no rule, and says so", () => {
    expect(() => grad((x: Tensor) => ops.nextafter(x, 2))(f64(1))).toThrow(MissingRuleError);
    expect(grad((x: Tensor) => mul(x, ops.nextafter(f64(1), 2)))(f64(1)).item()).toBe(1 + 2 ** -52);
  });

  test("the tangent of a cast to integers is float0", () => {
    const [, t] = jvp((x: Tensor) => ops.cast(x, "int32"), [f64(1.5)], [f64(1)]);
    expect(t.dtype).toBe("float0");
    expect(equal(t, t).js()).toBe(true);
    expect(ops.notEqual(ops.reshape(t, [1]), t).js()).toEqual([false]);
    expect(() => ops.mul(t, t)).toThrow(DTypeError);
  });
});

describe("values", () => {
  const table: [string, Tensor, unknown][] = [
    ["round is half to even", round(f64([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.6, inf])), [-2, -2, -0, 0, 2, 2, 3, inf]],
    ["trunc", ops.trunc(f64([-1.7, 1.7])), [-1, 1]],
    ["sign", ops.sign(f64([-3, 0, 2, nan])), [-1, 0, 1, nan]],
    ["integer division truncates", div(i32([7, -7, 7, 1]), i32([2, 2, -2, 0])), [3, -3, -3, -1]],
    ["integer remainder", rem(i32([7, -7, 7, 5]), i32([2, 2, -2, 0])), [1, -1, 1, 5]],
    ["integer powers", pow(i32([2, -3, 0]), i32([10, 3, 0])), [1024, -27, 1]],
    ["integer to a literal power", pow(i32([2, -3, 5]), 3), [8, -27, 125]],
    ["float to the power 0", pow(f64([nan, 0, inf]), 0), [1, 1, 1]],
    ["negative literal powers", pow(f64([2, -4]), -2), [0.25, 0.0625]],
    ["max carries NaN", max(f64([1, nan, 2]), f64([nan, 1, 3])), [nan, nan, 3]],
    ["max of booleans", max(bool([true, false]), bool([false, false])), [true, false]],
    ["clamp with literals", clamp(0, i32([-5, 1, 5]), 2), [0, 1, 2]],
    ["clamp of NaN", clamp(0, f64([nan]), 2), [nan]],
    ["not", ops.not(bool([true, false])), [false, true]],
    ["not of integers", ops.not(i32([0, -1, 5])), [-1, 0, -6]],
    ["and, or, xor", ops.xor(ops.and(i32([12, 10]), 6), ops.or(i32([1, 2]), 4)), [1, 4]],
    ["shifts", ops.shiftLeft(i32([1, 1, -1]), i32([3, 32, 1])), [8, 0, -2]],
    ["arithmetic shifts", ops.shiftRightArithmetic(i32([-8, -8, 8]), i32([1, 40, 1])), [-4, -1, 4]],
    ["logical shifts", ops.shiftRightLogical(i32([-1, -1]), i32([28, 32])), [15, 0]],
    ["logical shifts of uint32", ops.shiftRightLogical(array([4294967295], { dtype: "uint32" }), 1), [2147483647]],
    ["isFinite", ops.isFinite(f64([1, inf, -inf, nan])), [true, false, false, false]],
    ["isNan", ops.isNan(i32([1, 2])), [false, false]],
    ["comparisons with NaN", ops.notEqual(f64([nan, 1]), f64([nan, 1])), [true, false]],
    ["sigmoid far out", sigmoid(f64([-1000, 1000])), [0, 1]],
  ];
  test.each(table)("%s", (_name, actual, expected) => expect(actual.js()).toEqual(expected));

  test("small differences survive", () => {
    expect(agree(ops.expm1(f64(1e-12)).item(), 1e-12 + 5e-25)).toBe(true);
    expect(agree(ops.log1p(f64(1e-12)).item(), 1e-12 - 5e-25)).toBe(true);
    expect(agree(sigmoid(f64(-40)).item(), Math.exp(-40), 1e-15)).toBe(true);
    expect(agree(derivatives(sigmoid, [40])[0]!, Math.exp(-40), 1e-15)).toBe(true);
    expect(agree(derivatives(ops.expm1, [-50])[0]!, Math.exp(-50), 1e-15)).toBe(true);
  });

  test("float-only operations make float32 of integers, in every way of calling", () => {
    for (const f of [sin, ops.exp, sqrt, round, sigmoid] as Fn[]) {
      expect(f(i32([1, 2])).dtype).toBe("float32");
      expect(f(i32(1)).dtype).toBe("float32");
      expect(f(bool(true)).dtype).toBe("float32");
      expect(vmap(f)(i32([1, 2])).dtype).toBe("float32");
    }
    expect(atan2(i32(1), i32(2)).dtype).toBe("float32");
    expect(pow(i32([1]), 0.5).dtype).toBe("float32");
    expect(pow(f64([2]), i32([3])).dtype).toBe("float64");
  });

  test("nextafter steps by one unit in the last place", () => {
    const bits = new BigUint64Array(1);
    const view = new Float64Array(bits.buffer);
    const up = (x: number): number => {
      view[0] = x;
      if (x === 0) return 5e-324;
      bits[0] = bits[0]! + (x > 0 ? 1n : -1n);
      return view[0];
    };
    const at = [0, 5e-324, 1e-320, 2.2250738585072014e-308, 3e-308, 1e-300, 0.1, 1, 1.9999999999999998, 2, 1e300, Number.MAX_VALUE];
    for (const x of [...at, ...at.map((v) => -v)]) {
      expect(ops.nextafter(f64(x), inf).item(), `up from ${x}`).toBe(x === 0 ? 5e-324 : up(x));
      expect(ops.nextafter(f64(-x), -inf).item(), `down from ${-x}`).toBe(-(x === 0 ? 5e-324 : up(x)));
    }
    const f = (x: number, y: number): number => ops.nextafter(array(x), y).item();
    const ulp = 2 ** -23;
    expect([f(1, 2), f(1, 0), f(0, 1), f(inf, 0), f(nan, 1), f(3.4028234663852886e38, inf), f(2 ** -126, 0)]).toEqual([
      1 + ulp, 1 - ulp / 2, 2 ** -149, 3.4028234663852886e38, nan, inf, 2 ** -126 - 2 ** -149,
    ]);
  });
});

test("tangents have the aval of their primal, weak or not, at both orders", () => {
  const literal: [string, Fn, number[][]][] = [
    ["max with a literal", (x) => max(x!, 2), [[0.5]]],
    ["pow of a literal", (x) => pow(2, x!), [[0.5]]],
    ["pow to a literal", (x) => pow(x!, 2.5), [[0.5]]],
    ["clamp with literals", (x) => clamp(0, x!, 1), [[0.5]]],
    ["where with a literal", (x) => ops.where(ops.greater(x!, 0), x!, 0), [[0.5]]],
    ["stack with a literal", (x) => ops.reduceMax(ops.stack([x!, 2])), [[0.5]]],
    ["reduceProd", (x) => ops.reduceProd(ops.stack([x!, x!])), [[0.5]]],
    ["pad", (x) => ops.pad(ops.stack([x!, x!]), 0, [[1, 1]]), [[0.5]]],
  ];
  for (const [name, f, points] of [...smooth, ...literal]) {
    const at = points[0] as number[];
    for (const xs of [at, at.map((x) => array(x)), at.map((x) => f64(x))] as Tensor[][]) {
      const ones = xs.map((x) => ops.onesLike(x));
      const [out, tangent] = jvp(f, xs, ones);
      expect(tangent.aval, name).toBe(out.aval);
      const [, second] = jvp((...ys: Tensor[]) => jvp(f, ys, ones)[1], xs, ones);
      expect(second.aval, name).toBe(out.aval);
    }
  }
});

describe("errors name the operation, the cause and the mend", () => {
  const cases: [string, () => unknown, RegExp][] = [
    ["logic of floats", () => ops.and(f64(1), f64(2)), /^and: float64 is not accepted/],
    ["not of a float", () => ops.not(f64(1)), /^not: float64 .*cast/],
    ["shift of a bool", () => ops.shiftLeft(bool(true), 1), /shiftLeft: a bool .*cast\(x, "int32"\)/],
    ["difference of booleans", () => ops.sub(bool(true), bool(true)), /^sub: bool .*cast/],
    ["integer to a negative literal power", () => pow(i32(2), -1), /cast\(x, "float32"\)/],
    ["mixed signedness", () => max(i32(2), array(2, { dtype: "uint32" })), /cast/],
  ];
  test.each(cases)("%s", (_name, f, message) => {
    expect(f).toThrow(DTypeError);
    expect(f).toThrow(message);
  });
});

describe("vmap agrees with a loop", () => {
  const xs = f64([[-1.5, 0, 2], [0.5, 1, -3]]);
  const ys = f64([0.5, 2, -1]);
  const cases: [string, Fn, Tensor[], (number | null)[]][] = [
    ["sin", sin, [xs], [1]],
    ["atan2", atan2, [xs, ys], [1, 0]],
    ["max, one operand the same", max, [xs, ys], [0, null]],
    ["clamp", clamp, [f64([-1, 0]), xs, f64([1, 2])], [0, 0, 0]],
    ["where", (p, x) => ops.where(ops.greater(p!, 0), x!, 0), [ys, xs], [0, 1]],
    ["integerPow", (x) => integerPow(x!, 3), [xs], [1]],
    ["pow of integers", (x, n) => pow(x!, n!), [xs, i32([0, 1, 2])], [1, 0]],
  ];
  test.each(cases)("%s", (_name, f, args, axes) => {
    expect((vmap(f, axes) as Fn)(...args).js()).toEqual(looped(f, args, axes).js());
    const df: Fn = (...zs) => grad((x: Tensor) => ops.reduceSum(f(x, ...zs.slice(1))))(zs[0]!);
    expect((vmap(df, axes) as Fn)(...args).js()).toEqual(looped(df, args, axes).js());
  });
});
