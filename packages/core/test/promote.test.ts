// Dtype promotion: every pair, written out, and literals beside every dtype.

import { describe, expect, test } from "vitest";
import { add, array, type DType, DTypeError, full, hostAval, literalType, mul, promote, type Promoted, select, type Tensor, useBackend } from "../src/index.js";
import { ToyBackend } from "./toy-backend.js";

useBackend(new ToyBackend());

const weak: Promoted = { dtype: "float32", weak: true };
const of = (name: string): Promoted => (name === "~f32" ? weak : { dtype: ({ f32: "float32", f64: "float64", i32: "int32", u32: "uint32", bool: "bool", float0: "float0" } as const)[name as "f32"], weak: false });
const print = ({ dtype, weak: w }: Promoted): string => `${w ? "~" : ""}${dtype}`;

// JAX's lattice, but that int32 and uint32 have no common dtype, a weak float meets no integer, and float0 nothing.
const order = ["bool", "i32", "u32", "~f32", "f32", "f64", "float0"];
const table = `
         bool  i32   u32   ~f32  f32   f64   float0
  bool   bool  i32   u32   ~f32  f32   f64   error
  i32    i32   i32   error error f32   f64   error
  u32    u32   error u32   error f32   f64   error
  ~f32   ~f32  error error ~f32  f32   f64   error
  f32    f32   f32   f32   f32   f32   f64   error
  f64    f64   f64   f64   f64   f64   f64   error
  float0 error error error error error error float0
`;
const rows = table.trim().split("\n").slice(1).map((line) => line.trim().split(/\s+/));
const pairs = rows.flatMap(([a, ...results]) => results.map((r, i) => [a!, order[i]!, r] as const));

describe("promote", () => {
  test.each(pairs)("%s with %s is %s", (a, b, expected) => {
    if (expected === "error") expect(() => promote(of(a), of(b), "op")).toThrow(DTypeError);
    else expect(print(promote(of(a), of(b), "op"))).toBe(print(of(expected)));
  });

  test("its errors name the operation and the mend", () => {
    expect(() => promote(of("i32"), of("u32"), "add")).toThrow(/add: int32 and uint32 have no common dtype.*cast\(x, "int32"\) or cast\(x, "uint32"\)/);
    expect(() => promote(of("~f32"), of("i32"), "add")).toThrow(/add: a JS number that was an argument.*meets int32.*cast\(n, "int32"\).*cast\(x, "float32"\)/);
    expect(() => promote(of("f32"), of("float0"), "add")).toThrow(/add: float0 is the tangent of an integer or boolean/);
  });

  const value = (name: string): Tensor => (name === "~f32" ? add(1, 0) : full([], 1, of(name).dtype));
  const arithmetic = pairs.filter(([a, b]) => a !== "float0" && b !== "float0");
  test.each(arithmetic)("add of %s and %s is %s, for scalars and arrays alike", (a, b, expected) => {
    const stretch = (x: Tensor): Tensor => select(full([2], true), x, x);
    for (const [x, y] of [[value(a), value(b)], [stretch(value(a)), value(b)], [value(a), stretch(value(b))]] as const) {
      if (expected === "error") expect(() => add(x, y)).toThrow(DTypeError);
      else expect(print(add(x, y).aval)).toBe(print(of(expected)));
    }
  });
});

describe("a JS number beside a tensor", () => {
  const cases: [DType, number | boolean, string][] = [
    ["float32", 2, "float32"],
    ["float32", 0.5, "float32"],
    ["float64", 0.5, "float64"],
    ["int32", 2, "int32"],
    ["int32", -0, "int32"],
    ["int32", 2 ** 31 - 1, "int32"],
    ["int32", -(2 ** 31), "int32"],
    ["int32", 2 ** 31, "error"],
    ["int32", -(2 ** 31) - 1, "error"],
    ["int32", 2 ** 40, "error"],
    ["int32", 0.5, "float32"],
    ["int32", NaN, "float32"],
    ["int32", Infinity, "float32"],
    ["uint32", 2 ** 32 - 1, "uint32"],
    ["uint32", 2 ** 32, "error"],
    ["uint32", -1, "error"],
    ["uint32", -0.5, "float32"],
    ["bool", 2, "int32"],
    ["bool", 0.5, "float32"],
    ["bool", 2 ** 31, "error"],
    ["bool", true, "bool"],
    ["float32", true, "float32"],
    ["int32", true, "int32"],
    ["uint32", false, "uint32"],
  ];
  test.each(cases)("%s with %d is %s", (dtype, literal, expected) => {
    const x = full([2], 1, dtype);
    if (expected === "error") {
      expect(() => add(x, literal)).toThrow(DTypeError);
      expect(() => add(literal, x)).toThrow(/does not fit/);
    } else {
      expect(print(add(x, literal).aval)).toBe(expected);
      expect(print(mul(literal, x).aval)).toBe(expected);
      expect(print(select(array([true, false]), x, literal).aval)).toBe(expected);
    }
  });

  test("stays a weak float beside a weak float, and a double", () => {
    const sum = add(add(0.1, 0), 0.2);
    expect([print(sum.aval), sum.item()]).toEqual(["~float32", 0.1 + 0.2]);
  });

  test("is exact: 0.1 beside float64 is the double, beside float32 the rounded one", () => {
    expect(add(full([], 0, "float64"), 0.1).item()).toBe(0.1);
    expect(add(full([], 0, "float32"), 0.1).item()).toBe(Math.fround(0.1));
  });

  test("literalType and hostAval say the same without computing", () => {
    expect(print(literalType(3, of("bool"), "op"))).toBe("int32");
    expect(print(literalType(true, of("f32"), "op"))).toBe("bool");
    expect([hostAval(1).toString(), hostAval(true).toString()]).toEqual(["~f32[]", "bool[]"]);
  });
});

describe("select promotes its branches and keeps its predicate", () => {
  const p = (): Tensor => array([true, false]);
  test("branches join, literals follow tensors", () => {
    expect(print(select(p(), full([], 1, "int32"), full([], 1, "float64")).aval)).toBe("float64");
    expect(print(select(p(), full([], 1, "int32"), 0).aval)).toBe("int32");
    expect(print(select(p(), 1, 0).aval)).toBe("~float32");
    expect(print(select(p(), true, false).aval)).toBe("bool");
    expect(print(select(true, full([2], 1, "uint32"), 0).aval)).toBe("uint32");
  });
  test("the predicate must be bool", () => {
    for (const wrong of [array([1, 0]), array([1, 0], { dtype: "int32" }), 1]) {
      expect(() => select(wrong, 1, 0)).toThrow(DTypeError);
    }
  });
});
