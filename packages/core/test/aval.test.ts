// Avals, shapes and axes.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allocate, Aval, avalOf, broadcastShapes, type DType, DTypeError, dtypes, isFloat, isInteger, normalizeAxes, normalizeAxis, roundTo, opaqueAval, type OpaqueKind, scalarOf, ShapeError, shortName, tangentAval, withDType,
} from "../src/index.js";

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
const anyDType = fc.constantFrom(...dtypes);

describe("avals are interned", () => {
  test("equal ones are one object, others are not", () => {
    fc.assert(
      fc.property(shapes, shapes, anyDType, anyDType, fc.boolean(), fc.boolean(), (s, t, d, e, v, w) => {
        const same = s.join() === t.join() && s.length === t.length && d === e && v === w;
        expect(avalOf(s, d, v) === avalOf([...t], e, w)).toBe(same);
        expect(avalOf(s, d, v).id === avalOf(t, e, w).id).toBe(same);
      }),
      { seed: 1 },
    );
  });
  test("so are their shapes, which a change of dtype keeps", () => {
    fc.assert(
      fc.property(shapes, anyDType, anyDType, fc.boolean(), (s, d, e, weak) => {
        const a = avalOf(s, d);
        expect(withDType(a, e, weak)).toBe(avalOf(s, e, weak));
        expect(withDType(a, e).shape).toBe(a.shape);
        expect(scalarOf(a)).toBe(avalOf([], d));
      }),
      { seed: 1 },
    );
  });
  test("and cannot be changed from outside", () => {
    const shape = [2, 3];
    const a = avalOf(shape, "float32");
    shape[0] = 9;
    expect([a.shape, a.size, a.ndim]).toEqual([[2, 3], 6, 2]);
    expect(() => ((a.shape as number[])[0] = 9)).toThrow(TypeError);
  });
  test("one dimension is not mistaken for several of the same digits", () => {
    expect(avalOf([12], "float32")).not.toBe(avalOf([1, 2], "float32"));
    expect([avalOf([], "float32").size, avalOf([0], "float32").size, avalOf([3, 0], "float32").size]).toEqual([1, 0, 0]);
  });
});

test.each<[readonly unknown[]]>([[[-1]], [[1.5]], [[NaN]], [[Infinity]], [["2"]], [[2, undefined]], [[2, -1]], [[null]], [[true]]])("%j is no shape", (shape) => {
  expect(() => avalOf(shape as number[], "float32")).toThrow(ShapeError);
  expect(() => avalOf(shape as number[], "float32")).toThrow(/use an array of whole numbers/);
});

const stack: OpaqueKind = { name: "stack", plus: (x) => x, repeat: (x) => x };
const stackOf = (element: Aval): Aval => opaqueAval(stack, element);

test.each([["int8"], ["f32"], ["float16"], [undefined], [null], ["Float32"], ["toString"]])("%s is no dtype", (dtype) => {
  const run = (): Aval => avalOf([2], dtype as DType);
  expect(run).toThrow(DTypeError);
  expect(run).toThrow(/is no dtype.*float32, float64, int32, uint32, bool/);
});

describe("avals print", () => {
  test.each<[Aval, string]>([
    [avalOf([], "float32"), "f32[]"],
    [avalOf([3, 4], "float64"), "f64[3,4]"],
    [avalOf([0], "int32"), "i32[0]"],
    [avalOf([2], "uint32"), "u32[2]"],
    [avalOf([1, 1, 1], "bool"), "bool[1,1,1]"],
    [avalOf([2], "float0"), "float0[2]"],
    [avalOf([], "float32", true), "~f32[]"],
    [stackOf(avalOf([3], "float32")), "stack<f32[3]>"],
    [stackOf(stackOf(avalOf([], "bool"))), "stack<stack<bool[]>>"],
  ])("%s", (aval, text) => expect(aval.toString()).toBe(text));
});

test("opaque avals are interned by kind and element, and are no arrays", () => {
  const element = avalOf([3], "float32");
  expect(stackOf(element)).toBe(stackOf(avalOf([3], "float32")));
  expect(stackOf(element)).not.toBe(stackOf(avalOf([4], "float32")));
  expect(stackOf(element)).not.toBe(opaqueAval({ ...stack }, element));
  expect(stackOf(element)).toMatchObject({ element, kind: stack, dtype: "float0" });
  expect(element.element).toBeUndefined();
});

test("tangents of floats are like them, of all else float0", () => {
  expect(dtypes.map((d) => tangentAval(avalOf([2], d)).toString())).toEqual(["f32[2]", "f64[2]", "float0[2]", "float0[2]", "float0[2]", "float0[2]"]);
  expect(tangentAval(avalOf([], "float32", true)).toString()).toBe("~f32[]");
  expect([stackOf(avalOf([2], "float32")), stackOf(avalOf([2], "int32")), stackOf(stackOf(avalOf([2], "float64")))].map((a) => tangentAval(a).toString())).toEqual(["stack<f32[2]>", "float0[]", "stack<stack<f64[2]>>"]);
});

describe("broadcastShapes", () => {
  // NumPy's rule, by its definition: align on the right, fill with ones, each pair equal or one of them 1.
  const definition = (a: number[], b: number[]): number[] | undefined => {
    const n = Math.max(a.length, b.length);
    const fill = (s: number[]): number[] => [...new Array<number>(n - s.length).fill(1), ...s];
    const [x, y] = [fill(a), fill(b)];
    return x.every((d, i) => d === y[i] || d === 1 || y[i] === 1) ? x.map((d, i) => (d === 1 ? y[i]! : d)) : undefined;
  };
  test("follows the definition, in either order", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const expected = definition(a, b);
        if (expected === undefined) {
          expect(() => broadcastShapes(a, b, "op")).toThrow(ShapeError);
          expect(() => broadcastShapes(b, a, "op")).toThrow(ShapeError);
        } else {
          expect(broadcastShapes(a, b, "op")).toEqual(expected);
          expect(broadcastShapes(b, a, "op")).toEqual(expected);
        }
      }),
      { seed: 1 },
    );
  });
  test("is associative, and [] its neutral element", () => {
    fc.assert(
      fc.property(shapes, shapes, shapes, (a, b, c) => {
        expect(broadcastShapes(a, [], "op")).toEqual(a);
        let left: number[];
        let right: number[];
        try {
          left = broadcastShapes(broadcastShapes(a, b, "op"), c, "op") as number[];
          right = broadcastShapes(a, broadcastShapes(b, c, "op"), "op") as number[];
        } catch {
          return;
        }
        expect(left).toEqual(right);
      }),
      { seed: 1 },
    );
  });
  test("names the operation, the shapes and the mend", () => {
    expect(() => broadcastShapes([2, 3], [3, 2], "add")).toThrow(/add: shapes \[2,3\] and \[3,2\] do not broadcast.*equal or 1.*Reshape, expandDims or transpose/);
  });
});

describe("axes", () => {
  test("count from the end when negative", () => {
    expect([normalizeAxis(0, 3, "op"), normalizeAxis(-1, 3, "op"), normalizeAxis(-3, 3, "op")]).toEqual([0, 2, 0]);
  });
  test.each([3, -4, 1.5, NaN, Infinity])("%d is out of range for three", (axis) => {
    expect(() => normalizeAxis(axis, 3, "op")).toThrow(ShapeError);
    expect(() => normalizeAxis(axis, 3, "op")).toThrow(`op: axis ${axis} is out of range for an array of 3 dimension(s)`);
  });
  test("are sorted, all of them unless given, none when empty", () => {
    expect([normalizeAxes(undefined, 3, "op"), normalizeAxes(null, 2, "op"), normalizeAxes([], 3, "op"), normalizeAxes(-1, 3, "op"), normalizeAxes([-1, 0], 3, "op")]).toEqual([[0, 1, 2], [0, 1], [], [2], [0, 2]]);
  });
  test("may not repeat", () => {
    expect(() => normalizeAxes([0, -3], 3, "op")).toThrow(/op: axes \[0,-3\] name one axis twice/);
  });
});

describe("dtypes", () => {
  test("have short names, and are floats, integers or neither", () => {
    expect(dtypes.map((d) => [shortName(d), isFloat(d), isInteger(d)])).toEqual([
      ["f32", true, false], ["f64", true, false], ["i32", false, true], ["u32", false, true], ["bool", false, false], ["float0", false, false],
    ]);
  });
  test("round as storing in their typed array does", () => {
    fc.assert(
      fc.property(fc.constantFrom<DType>("float32", "float64", "int32", "uint32"), fc.oneof(fc.double(), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })), (dtype, value) => {
        const data = allocate(dtype, 1);
        data[0] = value;
        expect(roundTo(dtype, value)).toBe(data[0]);
      }),
      { seed: 1 },
    );
  });
  test("bool rounds to 0 or 1, NaN being true as in C", () => {
    expect([0, -0, 0.3, NaN, -5].map((v) => roundTo("bool", v))).toEqual([0, 0, 1, 1, 1]);
  });
  test("allocate gives zeros of the dtype's array, and nothing for float0", () => {
    expect(dtypes.map((d) => [allocate(d, 2).constructor.name, allocate(d, 2).length])).toEqual([
      ["Float32Array", 2], ["Float64Array", 2], ["Int32Array", 2], ["Uint32Array", 2], ["Uint8Array", 2], ["Uint8Array", 0],
    ]);
  });
});
