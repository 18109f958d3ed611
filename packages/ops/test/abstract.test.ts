// Shapes, dtypes and errors of the operations, without a backend: a handler that knows avals only stands in for it.

import { type AnyPrimitive, avalOf, DTypeError, type DType, full, type Handler, inferAvals, lift, ShapeError, ArgumentError, type Tensor, withHandler } from "@gradus/core";
import { describe, expect, test } from "vitest";
import * as ops from "../src/index.js";

const abstract: Handler = {
  name: "abstract",
  perform: (p: AnyPrimitive, args: Tensor[], params: unknown) => inferAvals(p, args.map((a) => a.aval), params).map((a) => lift(abstract, null, a)),
};
const shape = (dims: number[], dtype: DType = "float32"): Tensor => full(dims, 0, dtype);
const run = (f: () => Tensor): string => withHandler(abstract, () => f().aval.toString());

const {
  argmax, concatenate, dotGeneral, expandDims, gather, iota, oneHot, pad, reduceAnd, reduceMax, reduceProd, reverse, scatterAdd, slice, split, squeeze, stack, take,
} = ops;

describe("result avals", () => {
  const table: [string, () => Tensor, string][] = [
    ["sin of weak", () => ops.sin(2), "~f32[]"],
    ["add of f32 and f64", () => ops.add(shape([2]), shape([3, 1], "float64")), "f64[3,2]"],
    ["comparison", () => ops.less(shape([2], "int32"), 3), "bool[2]"],
    ["clamp with literals", () => ops.clamp(0, shape([2], "float64"), 1), "f64[2]"],
    ["clamp of integers by fractions", () => ops.clamp(0.5, shape([2], "int32"), 1), "f32[2]"],
    ["nextafter of f64", () => ops.nextafter(shape([2], "float64"), 1), "f64[2]"],
    ["pow of integers", () => ops.pow(shape([2], "int32"), 2), "i32[2]"],
    ["pow of integers by fractions", () => ops.pow(shape([2], "int32"), 0.5), "f32[2]"],
    ["zerosLike", () => ops.zerosLike(shape([2], "int32")), "i32[2]"],
    ["onesLike with a dtype", () => ops.onesLike(shape([2]), "bool"), "bool[2]"],
    ["reduceProd", () => reduceProd(shape([2, 3, 4]), [0, -1]), "f32[3]"],
    ["reduceMax of everything", () => reduceMax(shape([2, 3], "bool")), "bool[]"],
    ["reduceAnd", () => reduceAnd(shape([2, 3], "int32"), 1), "i32[2]"],
    ["argmax", () => argmax(shape([2, 3]), 0), "i32[3]"],
    ["argmax flattens", () => argmax(shape([2, 3])), "i32[]"],
    ["dotGeneral", () => dotGeneral(shape([5, 2, 3]), shape([5, 4, 3], "float64"), { contract: [[2], [-1]], batch: [[0], [0]] }), "f64[5,2,4]"],
    ["squeeze", () => squeeze(shape([1, 2, 1])), "f32[2]"],
    ["squeeze one", () => squeeze(shape([1, 2, 1]), -1), "f32[1,2]"],
    ["expandDims", () => expandDims(shape([2, 3]), -1), "f32[2,3,1]"],
    ["pad", () => pad(shape([3, 2]), 0, [[1, -2, 1], [0, 1, 0]]), "f32[4,3]"],
    ["pad of nothing", () => pad(shape([0]), 0, [[1, 1, 5]]), "f32[2]"],
    ["slice", () => slice(shape([5, 4]), [1, 0], [5, 4], [2, 3]), "f32[2,2]"],
    ["concatenate", () => concatenate([shape([2, 3]), shape([2, 1], "float64")], -1), "f64[2,4]"],
    ["stack", () => stack([shape([2]), shape([2])], 1), "f32[2,2]"],
    ["stack of literals", () => stack([1, shape([], "int32"), 3]), "i32[3]"],
    ["split", () => split(shape([6, 2]), 3)[2]!, "f32[2,2]"],
    ["iota", () => iota(3), "i32[3]"],
    ["iota of a shape", () => iota([2, 3], "float32", 1), "f32[2,3]"],
    ["take", () => take(shape([4, 5]), shape([2, 3], "int32"), 1), "f32[4,2,3]"],
    ["take flattens", () => take(shape([4, 5]), shape([2], "uint32")), "f32[2]"],
    ["take of a literal", () => take(shape([4, 5]), -1, 0), "f32[5]"],
    ["gather", () => gather(shape([7, 4, 5]), shape([7, 3, 1], "int32"), { axes: [2], batchDims: 1 }), "f32[7,3,4]"],
    ["scatterAdd", () => scatterAdd(shape([4, 5]), shape([3, 2], "int32"), shape([3])), "f32[4,5]"],
    ["oneHot", () => oneHot(shape([2], "int32"), 4), "f32[2,4]"],
  ];
  test.each(table)("%s", (_name, f, expected) => expect(run(f)).toBe(expected));
});

describe("errors name the operation, the cause and the mend", () => {
  const cases: [string, () => unknown, new (m: string) => Error, RegExp][] = [
    ["product of booleans", () => reduceProd(shape([2], "bool")), DTypeError, /reduce_prod: bool\[2\].*cast/],
    ["logic of floats", () => reduceAnd(shape([2])), DTypeError, /reduce_and: f32\[2\].*compare first/],
    ["axis out of range", () => reduceMax(shape([2]), 1), ShapeError, /reduceMax: axis 1 is out of range/],
    ["axis named twice", () => reduceMax(shape([2, 3]), [1, -1]), ShapeError, /name one axis twice/],
    ["argmax of nothing", () => argmax(shape([2, 0]), 1), ShapeError, /argmax: axis 1 of f32\[2,0\] is empty/],
    ["contracted axes", () => dotGeneral(shape([2, 3]), shape([2, 3]), { contract: [[1], [0]] }), ShapeError, /axis 1 of f32\[2,3\] has length 3.*contract partner, 2/],
    ["numbers of axes", () => dotGeneral(shape([2, 3]), shape([2, 3]), { contract: [[0, 1], [0]] }), ShapeError, /as many of either/],
    ["axes used twice", () => dotGeneral(shape([2, 2]), shape([2, 2]), { contract: [[0], [0]], batch: [[0], [1]] }), ShapeError, /left operand twice/],
    ["dot of booleans", () => dotGeneral(shape([2], "bool"), shape([2], "bool"), { contract: [[0], [0]] }), DTypeError, /use cast/],
    ["squeeze of a long axis", () => squeeze(shape([2, 1]), 0), ShapeError, /axis 0 of f32\[2,1\] has length 2/],
    ["expandDims", () => expandDims(shape([2]), 3), ShapeError, /expandDims: axis 3 is out of range/],
    ["pad entries", () => pad(shape([2, 2]), 0, [[1, 1]]), ShapeError, /needs 2 entries/],
    ["pad takes too much", () => pad(shape([2]), 0, [[-2, -1]]), ShapeError, /nothing would be left/],
    ["pad value", () => pad(shape([2]), shape([2]), [[1, 1]]), ShapeError, /has to be 0-d/],
    ["slice too far", () => slice(shape([2]), [0], [3]), ShapeError, /no slice 0:3:1.*≤ 2/],
    ["slice entries", () => slice(shape([2, 2]), [0], [2]), ShapeError, /needs 2 entries/],
    ["concatenate nothing", () => concatenate([]), ArgumentError, /nothing to join/],
    ["concatenate a tensor", () => concatenate(shape([2]) as never), ArgumentError, /JS array of tensors/],
    ["concatenate shapes", () => concatenate([shape([2, 3]), shape([3, 2])]), ShapeError, /f32\[2,3\] and f32\[3,2\] do not join along axis 0/],
    ["split", () => split(shape([5]), 2), ShapeError, /does not divide into 2/],
    ["reverse", () => reverse(shape([5]), 2), ShapeError, /reverse: axis 2/],
    ["iota of booleans", () => iota(2, "bool"), DTypeError, /does not count/],
    ["take at floats", () => take(shape([3]), shape([2])), DTypeError, /take: indices are f32\[2\].*cast\(indices, "int32"\)/],
    ["take at a fraction", () => take(shape([3]), 0.5), ArgumentError, /0.5 is not an index/],
    ["take of nothing", () => take(shape([0]), 0), ShapeError, /empty/],
    ["oneHot of floats", () => oneHot(shape([2]), 3), DTypeError, /oneHot: indices/],
    ["gather components", () => gather(shape([3, 3]), shape([5, 2], "int32"), { axes: [0] }), ShapeError, /must hold 1 component/],
    ["gather axes", () => gather(shape([3, 3]), shape([5, 1], "int32"), { axes: [2] }), ShapeError, /are not different axes/],
    ["gather from nothing", () => gather(shape([0]), shape([5, 1], "int32")), ShapeError, /nothing to clip to/],
    ["scatter updates", () => scatterAdd(shape([4]), shape([3, 1], "int32"), shape([2])), ShapeError, /updates are f32\[2\], expected f32\[3\]/],
    ["scatter on booleans", () => scatterAdd(shape([4], "bool"), shape([3, 1], "int32"), shape([3], "bool")), DTypeError, /numbers of one dtype/],
    ["integerPow of a fraction", () => ops.integerPow(shape([2]), 0.5), ArgumentError, /Use pow/],
  ];
  test.each(cases)("%s", (_name, f, kind, message) => {
    const thrown = (): unknown => withHandler(abstract, f);
    expect(thrown).toThrow(kind);
    expect(thrown).toThrow(message);
  });
});

test("shape operations take float0, and equality of float0 holds everywhere", () => {
  const opaque = full([2, 3], 0, "float0");
  expect(avalOf([2, 3], "float0")).toBe(opaque.aval);
  expect(run(() => slice(opaque, [0, 0], [1, 3]))).toBe("float0[1,3]");
  expect(run(() => concatenate([opaque, opaque]))).toBe("float0[4,3]");
  expect(run(() => take(opaque, 1, 0))).toBe("float0[3]");
  expect(run(() => ops.equal(opaque, opaque))).toBe("bool[2,3]");
  expect(() => run(() => ops.add(opaque, 1))).toThrow(DTypeError);
  expect(() => run(() => reduceMax(opaque))).toThrow(DTypeError);
});

test("every primitive of the catalogue has a name of its own, and a rule or a reason for each transformation", () => {
  const primitives = Object.entries(ops).filter(([name]) => name.endsWith("P")) as [string, AnyPrimitive][];
  expect(primitives.length).toBeGreaterThan(70);
  const names = new Set(primitives.map(([, p]) => p.name));
  expect(names.size).toBe(primitives.length);
  for (const [name, p] of primitives) {
    const snake = name.slice(0, -1).replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
    expect(p.name).toBe(snake);
    const { elementwise, linearIn, multilinearIn, partials, zeroGradient } = p.traits;
    const source = ["full", "iota"].includes(p.name); // no operands
    if (!source && p.name !== "nextafter") expect(partials ?? linearIn ?? multilinearIn ?? zeroGradient ?? p.rules.jvp ?? p.rules.decompose, `${name}: derivative`).toBeDefined();
    // Reverse mode of products at positions that may repeat is a MissingRuleError on purpose.
    if ((linearIn ?? multilinearIn) && p.name !== "scatter_mul_tangent") expect(p.rules.transpose, `${name}: transpose`).toBeTypeOf("function");
    if (!source) expect(elementwise ?? p.rules.batch, `${name}: batch`).toBeDefined();
  }
});
