import { allocate, type DType, isInteger, roundTo, type TypedArray } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { describe, expect, test } from "vitest";
import { compileLoop, kinds, moves, pairs } from "./loops.js";

type Builder = (...args: s.Operand[]) => s.Expr;
const { arg: _arg, constant: _constant, castTo: _castTo, dtypeOf: _dtypeOf, ...builders } = s as unknown as Record<string, Builder>;
const intrinsics = Object.values(builders).map((make) => (make(0, 0, 0) as Extract<s.Expr, { kind: "call" }>).op);

const floats = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -7, 31, 32, 33, 100.25, 1e-3, 1e-40, -1e-45, 3e9, -3e9, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 1e20, 3e38, Infinity, -Infinity, NaN, Math.PI];
const ints = [0, 1, -1, 2, -2, 3, 7, -7, 10, 31, 32, 33, 255, 65537, 2 ** 30, -(2 ** 30), 2 ** 31 - 1, -(2 ** 31)];
const samples: Readonly<Record<string, readonly number[]>> = {
  float32: floats, float64: [...floats, 1e300, -1e300, 5e-324, 2 ** 63, -(2 ** 70) - 2 ** 40], int32: ints, uint32: ints.map((v) => v >>> 0), bool: [0, 1],
};
const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint32", "bool"];

/** What the scalar IR says about one element. */
const reference = ({ float, int, bool, result }: s.Intrinsic, dtype: DType) => (a: number, b: number, c: number): number =>
  roundTo(result === "bool" ? "bool" : dtype, ((isInteger(dtype) ? int : dtype === "bool" ? bool : undefined) ?? float)(a, b, c));

const ulps = (a: number, b: number, dtype: DType): number => {
  if (Object.is(a, b)) return 0;
  if (a === b) return 0.5; // zeros of different signs
  if (Number.isNaN(a) || Number.isNaN(b) || a * b < 0) return Infinity;
  const [mantissa, least] = dtype === "float32" ? [23, -149] : [52, -1074];
  return Math.abs(a - b) / 2 ** Math.max(least, Math.floor(Math.log2(Math.abs(b))) - mantissa);
};

const expectClose = (seen: TypedArray, expected: readonly number[], dtype: DType, most: number, what: (i: number) => string): void => {
  expected.forEach((e, i) => {
    const off = ulps(seen[i] as number, e, dtype);
    if (!(off <= most)) expect.fail(`${what(i)} is ${seen[i]}, not ${e}: ${off} ulp`);
  });
};

// Zeros of a maximum or minimum keep their signs as well; in powers and elementary functions a zero may have either.
const isExact = (name: string): boolean => ["add", "sub", "mul", "div", "rem", "neg", "abs", "sign", "max", "min", "floor", "ceil", "trunc", "round", "sqrt", "select"].includes(name);

describe.each(kinds)("%s code computes as the scalar IR does:", (kind) => {
  test.each(dtypes)("%s", (dtype) => {
    const values = samples[dtype] as readonly number[];
    const [x, y] = pairs(dtype, values);
    for (const op of intrinsics) {
      if (op.name === "select") continue;
      const to = op.result === "bool" ? "bool" : dtype;
      const f = reference(op, dtype);
      const run = compileLoop(kind, [dtype, dtype], to, (code, args) => code.apply(op, dtype, args.slice(0, op.arity)));
      const expected = Array.from(x, (a, i) => f(a, y[i] as number, 0));
      expectClose(run([x, y]), expected, to, to === dtype && dtype.startsWith("float") && !isExact(op.name) ? 2 : 0, (i) => `${op.name}(${x[i]}, ${y[i]})`);
    }
  });

  test.each(dtypes)("casts from %s", (from) => {
    const values = samples[from] as readonly number[];
    const x = pairs(from, values)[0];
    for (const to of dtypes) {
      const seen = compileLoop(kind, [from], to, (code, [a]) => code.cast(from, to, a!))([x]);
      expect([to, ...seen]).toEqual([to, ...Array.from(x, (v) => roundTo(to, v))]);
    }
  });

  test.each(dtypes)("a choice between %ss", (dtype) => {
    const [x, y] = pairs(dtype, samples[dtype] as readonly number[]);
    const p = allocate("bool", x.length).map((_, i) => (i * 7) % 3 === 0 ? 1 : 0);
    const op = intrinsics.find(({ name }) => name === "select")!;
    const seen = compileLoop(kind, ["bool", dtype, dtype], dtype, (code, args) => code.apply(op, dtype, args))([p, x, y]);
    expect([...seen]).toEqual(Array.from(x, (v, i) => (p[i] ? v : (y[i] as number))));
  });

  test("constant operands", () => {
    const check = (name: string, dtype: DType, constants: readonly number[]): void => {
      const op = intrinsics.find((i) => i.name === name) as s.Intrinsic;
      const f = reference(op, dtype);
      const x = pairs(dtype, samples[dtype] as readonly number[])[0];
      for (const c of constants) {
        const expected = (of: (v: number) => number) => Array.from(x, (v) => of(v));
        const right = compileLoop(kind, [dtype], dtype, (code, [a]) => code.apply(op, dtype, [a!, code.constant(dtype, c)]));
        expect([name, c, ...right([x])]).toEqual([name, c, ...expected((v) => f(v, c, 0))]);
        const left = compileLoop(kind, [dtype], dtype, (code, [a]) => code.apply(op, dtype, [code.constant(dtype, c), a!]));
        expect([name, c, ...left([x])]).toEqual([name, c, ...expected((v) => f(c, v, 0))]);
      }
    };
    for (const name of ["max", "min"]) for (const dtype of ["float32", "float64"] as const) check(name, dtype, [0, -0, 2.5, -Infinity, NaN]);
    for (const name of ["shiftLeft", "shiftRightLogical", "shiftRightArithmetic"]) for (const dtype of ["int32", "uint32"] as const) check(name, dtype, [0, 1, 5, 31, 32, 40]);
    for (const from of dtypes) {
      for (const to of dtypes) {
        for (const c of samples[from] as readonly number[]) {
          const seen = compileLoop(kind, [to], to, (code) => code.cast(from, to, code.constant(from, c)))([allocate(to, 4)]);
          expect([from, ...seen]).toEqual([from, ...Array.from({ length: 4 }, () => roundTo(to, roundTo(from, c)))]);
        }
      }
    }
  });

  test.each(dtypes)("%s elements apart, backwards, and one for all lanes", (dtype) => {
    const values = samples[dtype] as readonly number[];
    const x = allocate(dtype, 64).map((_, i) => values[(i * i) % values.length] as number);
    const size = x.BYTES_PER_ELEMENT;
    const { gather, scatter, splat } = moves(kind, dtype, x);
    const lanes = kind === "scalar" ? 1 : 4;
    const step = (from: number, by: number): number[] => Array.from({ length: lanes }, (_, i) => x[from + by * i] as number);
    expect(gather(3, 5 * size)).toEqual(step(3, 5));
    expect(gather(30, -2 * size)).toEqual(step(30, -2));
    expect(splat(7)).toEqual(step(7, 0));
    const expected = Array.from({ length: 16 }, () => 0);
    step(0, 1).forEach((v, i) => (expected[2 + 3 * i] = v));
    expect(scatter(2, 3 * size)).toEqual(expected);
  });
});
