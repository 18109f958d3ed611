// Where derivatives are zero or missing by convention: one test for each primitive that is flat by declaration, flat by type, or
// without a rule. Expected is that the output has a zero tangent of its own type, and that nothing is traced beyond it.
import { describe, expect, test } from "vitest";
import {
  add, and, argmax, argmin, array, argsort, bitcast, cast, ceil, clamp, clz, cond, type DType, dynamicSlice, equal, floor, gather, grad, greater, greaterEqual, isFinite, isNan, jit, jvp, less, lessEqual, linearize, MissingRuleError,
  mul, nextafter, not, notEqual, np, ones, or, populationCount, randomBits, reduceAnd, reduceOr, reduceSum, round, scatterMul, select, shiftLeft, shiftRightArithmetic, shiftRightLogical, sign, sort, stopGradient, svd, switchCase, take, type Tensor, topK,
  Tracer, trunc, vjp, vmap, whileLoop, xor,
} from "../src/index.js";
import { expectGradient, expectPartials, f64, i32, pulled } from "./derivatives.js";

type Op = (x: Tensor) => Tensor;

const point = f64([-1.5, 0, 0.25, 2]);
const u32 = (...x: number[]): Tensor => array(x, { dtype: "uint32" });

/** The output is an ordinary value under a derivative, its tangent is zero of the type, and its cotangent brings zeros. */
function expectFlat(f: Op, x: Tensor, out: DType): void {
  const zero = out === "float32" || out === "float64" ? out : "float0";
  for (const way of [(y: Tensor) => jvp(f, [y], [ones(y.shape, "float64")])[1], (y: Tensor) => linearize(f, [y])[1](ones(y.shape, "float64")), jit((y: Tensor) => jvp(f, [y], [ones(y.shape, "float64")])[1])] as Op[]) {
    const tangent = way(x);
    expect(tangent.dtype).toBe(zero);
    if (zero !== "float0") expect(Array.from(tangent.dataSync()).every((v) => v === 0)).toBe(true);
  }
  let seen: Tensor | undefined;
  const loss = (y: Tensor): Tensor => {
    seen = f(y);
    return add(reduceSum(mul(cast(seen, "float64"), 3)), mul(reduceSum(y), 0));
  };
  expect(pulled(loss, x)).toEqual(x.js() === null ? [] : Array.from(x.dataSync(), () => 0));
  expect(seen).not.toBeInstanceOf(Tracer);
  expect(seen?.dtype).toBe(out);
}

describe("zero by declaration", () => {
  const rows: readonly (readonly [name: string, f: Op, out: DType])[] = [
    ["sign", sign, "float64"],
    ["floor", floor, "float64"],
    ["ceil", ceil, "float64"],
    ["round", round, "float64"],
    ["trunc", trunc, "float64"],
    ["isFinite", isFinite, "bool"],
    ["isNan", isNan, "bool"],
    ["equal", (x) => equal(x, 0), "bool"],
    ["notEqual", (x) => notEqual(x, 0), "bool"],
    ["greaterEqual", (x) => greaterEqual(x, 0), "bool"],
    ["greater", (x) => greater(x, 0), "bool"],
    ["lessEqual", (x) => lessEqual(x, 0), "bool"],
    ["less", (x) => less(x, 0), "bool"],
    ["argmin", (x) => argmin(x, 0), "int32"],
    ["argmax", (x) => argmax(x, 0), "int32"],
    ["bitcast", (x) => bitcast(cast(x, "float32"), "int32"), "int32"],
    ["not", (x) => not(greater(x, 0)), "bool"],
    ["and", (x) => and(greater(x, 0), less(x, 1)), "bool"],
    ["or", (x) => or(greater(x, 0), less(x, 1)), "bool"],
    ["xor", (x) => xor(greater(x, 0), less(x, 1)), "bool"],
    ["shiftLeft", (x) => shiftLeft(cast(x, "int32"), i32(1)), "int32"],
    ["shiftRightArithmetic", (x) => shiftRightArithmetic(cast(x, "int32"), i32(1)), "int32"],
    ["shiftRightLogical", (x) => shiftRightLogical(cast(x, "int32"), i32(1)), "int32"],
    ["random bits", (x) => randomBits(bitcast(cast(take(x, i32([0, 1]), 0), "float32"), "uint32"), [2]), "uint32"],
    ["random: split", (x) => np.random.split(bitcast(cast(take(x, i32([0, 1]), 0), "float32"), "uint32")), "uint32"],
    ["random: foldIn", (x) => np.random.foldIn(bitcast(cast(take(x, i32([0, 1]), 0), "float32"), "uint32"), 3), "uint32"],
  ];
  test.each(rows)("%s", (_name, f, out) => expectFlat(f, point, out));

  test("a flat function by a scalar, in every mode and order", () => {
    for (const f of [sign, floor, ceil, round, trunc] as Op[]) {
      expectPartials(f, [1.25], [0]);
      expectPartials((x) => mul(x, f(x)), [1.25], [f(f64(1.25)).item()]);
      expect(grad(grad((x: Tensor) => mul(x, f(x))))(f64(1.25)).item()).toBe(0);
    }
  });

  test("bits, with a second argument by type: what goes in is no float, so there is nothing to differentiate by", () => {
    const [out, tangent] = jvp(((x: Tensor) => shiftLeft(x, 1)) as never, [i32([1, 2])] as never, [vjp(((y: Tensor) => y) as never, [i32([1, 2])] as never)[1](i32([0, 0]) as never)[0]] as never) as [Tensor, Tensor];
    expect([out.js(), tangent.dtype]).toEqual([[2, 4], "float0"]);
  });
});

describe("zero by type, or by another rule", () => {
  test("stopGradient: the identity, stopped in every order", () => {
    expectFlat(stopGradient as Op, point, "float64");
    expectPartials((x) => mul(x, stopGradient(x)), [3], [3]);
    expect(grad(grad((x: Tensor) => mul(mul(x, x), stopGradient(x))))(f64(3)).item()).toBe(6);
  });
  test.each(["int32", "uint32", "bool"] as const)("cast to %s is flat", (dtype) => expectFlat((x) => cast(x, dtype), f64([0, 1, 2]), dtype));
  test("cast between floats is linear, and its transpose casts back", () => {
    const [out, pullback] = vjp((x: Tensor) => mul(cast(x, "float32"), 2), [f64([1, 2])]) as [Tensor, (ct: Tensor) => Tensor[]];
    expect(out.dtype).toBe("float32");
    expect(pullback(array([1, 3]))[0]!.aval.toString()).toBe("f64[2]");
    expect(pullback(array([1, 3]))[0]!.js()).toEqual([2, 6]);
  });
  test("a predicate of select carries no tangent", () => {
    expectPartials((x) => select(greater(x, 1), mul(2, x), mul(3, x)), [2], [2]);
    expectPartials((x) => select(greater(x, 1), 5, 7), [1], [0]);
  });
  test("the predicate of cond and the index of switchCase carry none", () => {
    expectPartials((x) => cond(greater(x, 1), () => f64(5), () => f64(7)), [2], [0]);
    expectPartials((x) => switchCase(cast(x, "int32"), [(y: Tensor) => mul(y, 2), (y: Tensor) => mul(y, 5)], x), [1], [5]);
  });
  test("indices of gather, take and dynamicSlice carry none", () => {
    expectPartials((x) => reduceSum(gather(f64([1, 2, 4]), cast(mul(x, array([[1]], { dtype: "float64" })), "int32"))), [1], [0]);
    expectPartials((x) => take(f64([1, 2, 4]), cast(x, "int32")), [1], [0]);
    expectPartials((x) => reduceSum(dynamicSlice(f64([1, 2, 4]), [cast(x, "int32")], [2])), [1], [0]);
  });
  test("the indices that sort and topK give are float0", () => {
    expectFlat((x) => argsort(x), point, "int32");
    expectFlat((x) => topK(x, 2)[1], point, "int32");
    expectFlat((x) => sort([x, i32([0, 1, 2, 3])])[1]!, point, "int32");
  });
  test("clamp outside of the interval", () => {
    expectPartials((x) => clamp(0, x, 1), [-1], [0]);
    expectPartials((x) => clamp(0, x, 1), [2], [0]);
  });
  test("reduceOr, reduceAnd, populationCount and clz take no floats", () => {
    expectFlat((x) => reduceOr(greater(x, 0), 0), point, "bool");
    expectFlat((x) => reduceAnd(greater(x, 0), 0), point, "bool");
    expectFlat((x) => populationCount(cast(x, "int32")), point, "int32");
    expectFlat((x) => clz(cast(x, "int32")), point, "int32");
    expect(populationCount(u32(7)).js()).toEqual([3]);
  });
  test("the exponent of frexp is float0, and its mantissa has a derivative", () => {
    expectFlat((x) => np.frexp(x)[1], f64([0.75, 3]), "int32");
    expect(np.frexp(f64(12)).map((t) => t.item())).toEqual([0.75, 4]); // 12 = 0.75·2⁴
    expectPartials((x) => np.frexp(x)[0], [12], [1 / 16]);
  });
  test("searchsorted, countNonzero, any, all and argsort", () => {
    expectFlat((x) => np.searchsorted(f64([0, 1]), x), point, "int32");
    expectFlat((x) => np.countNonzero(x), point, "int32");
    expectFlat((x) => np.any(greater(x, 0)), point, "bool");
    expectFlat((x) => np.all(x), point, "bool");
    expectFlat((x) => np.argsort(x), point, "int32");
  });
});

describe("no derivative rule: a MissingRuleError where a perturbed value arrives, and none where it does not", () => {
  const missing: readonly (readonly [name: string, f: Op])[] = [
    ["nextafter", (x) => nextafter(x, 1)],
    ["nextafter, as the direction", (x) => nextafter(1, x)],
  ];
  test.each(missing)("%s", (_name, f) => {
    for (const run of [() => jvp(f, [f64(0.5)], [f64(1)]), () => grad(f)(f64(0.5)), () => linearize(f, [f64(0.5)]), () => grad(jit(f))(f64(0.5)), () => vmap(grad(f))(f64([0.5, 1]))]) expect(run).toThrow(MissingRuleError);
    expectPartials((x) => mul(x, f(stopGradient(x))), [0.5], [f(f64(0.5)).item()]);
  });

  const at = array([[0], [0]], { dtype: "int32" });
  test("scatterMul by updates whose places may repeat", () => {
    const f = (u: Tensor): Tensor => reduceSum(scatterMul(f64([2, 3]), at, u));
    expect(() => grad(f)(f64([5, 7]))).toThrow(MissingRuleError);
    // By the array that is multiplied there is a derivative: d(x₀·5·7 + x₁) = [35, 1].
    expectGradient((x) => reduceSum(scatterMul(x, at, f64([5, 7]))), [2, 3], [35, 1]);
    expectGradient((u) => reduceSum(scatterMul(f64([2, 3]), array([[1], [0]], { dtype: "int32" }), u, { unique: true })), [5, 7], [3, 2]);
  });

  test("svd with full matrices of what is not square; the values alone, and thin matrices, have one", () => {
    const wide = f64([[3, 0, 0], [0, 2, 0]]);
    expect(() => grad((x: Tensor) => reduceSum(svd(x)[2]))(wide)).toThrow(MissingRuleError);
    expect((grad((x: Tensor) => reduceSum(svd(x, { computeUv: false })))(wide) as Tensor).js()).toEqual([[1, 0, 0], [0, 1, 0]].map((row) => row.map((v) => expect.closeTo(v, 12))));
    expect(() => grad((x: Tensor) => reduceSum(svd(x, { fullMatrices: false })[0]))(wide)).not.toThrow();
  });

  test("whileLoop in reverse mode has a rule here: x³ by three turns", () => {
    const cube = (x: Tensor): Tensor => whileLoop(({ i }: { i: Tensor }) => less(i, 3), ({ i, y }: { i: Tensor; y: Tensor }) => ({ i: add(i, 1), y: mul(y, x) }), { i: i32(0), y: f64(1) }).y;
    expectPartials(cube, [2], [12]);
  });
});
