// vmap: axes in and out, sizes, and errors that name arguments.

import {
  add, ArgumentError, array, ConcretizationError, definePrimitive, bind, EscapedTracerError, full, MissingRuleError, mul, reduceSum, ShapeError, type Tensor, tree, useBackend, type Aval, type Primitive,
} from "@gradus/core";
import { greater, sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { describe, expect, test } from "vitest";
import { vmap } from "../src/index.js";

useBackend(eagerCpu());

const two = (): Tensor => array([1, 2]);
const three = (): Tensor => array([10, 20, 30]);
const matrix = (): Tensor => array([[1, 2, 3], [4, 5, 6]]);
const js = (x: unknown): unknown => tree.map((leaf: Tensor) => leaf.js(), x);
const avals = (x: unknown): unknown => tree.map((leaf: Tensor) => leaf.aval.toString(), x);

describe("inAxes", () => {
  test("says per argument which axis is mapped, null for shared ones, negative from the end", () => {
    expect(js(vmap((x, y) => mul(x, y), [0, null])(two(), 3))).toEqual([3, 6]);
    expect(js(vmap((x) => reduceSum(x))(matrix()))).toEqual([6, 15]);
    expect(js(vmap((x) => reduceSum(x), 1)(matrix()))).toEqual([5, 7, 9]);
    expect(js(vmap((x) => reduceSum(x), -1)(matrix()))).toEqual([5, 7, 9]);
    expect(js(vmap((x) => reduceSum(x), -2)(matrix()))).toEqual([6, 15]);
  });

  test("is a prefix of the arguments' tree", () => {
    const f = (p: { a: Tensor; b: Tensor[] }, q: Tensor): Tensor => add(mul(p.a, reduceSum(p.b[0]!)), q);
    const args = { a: two(), b: [array([[1, 3], [2, 4]])] };
    expect(js(vmap(f, [0, null])(args, 1))).toEqual([5, 13]);
    expect(js(vmap(f, [{ a: 0, b: 1 }, null])(args, 1))).toEqual([4, 15]);
    expect(js(vmap(f, [{ a: null, b: [0] }, 0])({ a: 2, b: args.b }, two()))).toEqual([9, 14]);
    expect(js(vmap((xs: Tensor[]) => add(xs[0]!, xs[1]!), [[0, null]])([two(), array(5)]))).toEqual([6, 7]);
  });

  test("shows the function examples without the mapped axis", () => {
    const shapes: string[] = [];
    vmap((x, y, z) => (shapes.push(...[x, y, z].map((t) => t.aval.toString())), x), [0, 1, null])(two(), matrix().shape[1] === 3 ? array([[1, 2], [3, 4]]) : two(), 7);
    expect(shapes).toEqual(["f32[]", "f32[2]", "~f32[]"]);
  });

  test("maps integers, booleans and float0 too", () => {
    const n = array([1, 2], { dtype: "int32" });
    expect(avals(vmap((x, b) => [x, b, greater(x, 1)])(n, array([true, false])))).toEqual(["i32[2]", "bool[2]", "bool[2]"]);
    expect(avals(vmap((z) => z)(full([2, 3], 0, "float0")))).toBe("float0[2,3]");
    expect(avals(vmap((z) => z, 1, { outAxes: 1 })(full([2, 3], 0, "float0")))).toBe("float0[2,3]");
  });
});

describe("outAxes", () => {
  test("says where the batch axis of each output goes", () => {
    const f = (x: Tensor): Tensor => mul(x, array([1, 2, 3]));
    expect(js(vmap(f, 0, { outAxes: 1 })(two()))).toEqual([[1, 2], [2, 4], [3, 6]]);
    expect(js(vmap(f, 0, { outAxes: -1 })(two()))).toEqual([[1, 2], [2, 4], [3, 6]]);
    expect(js(vmap(f, 0, { outAxes: -2 })(two()))).toEqual([[1, 2, 3], [2, 4, 6]]);
    expect(js(vmap((x: Tensor) => ({ a: x, b: [f(x), 2] }), 0, { outAxes: { a: 0, b: [1, null] } })(two()))).toEqual({ a: [1, 2], b: [[[1, 2], [2, 4], [3, 6]], 2] });
  });

  test("repeats an output that is the same for every example, and leaves it alone with null", () => {
    expect(js(vmap((_x) => [3, array([1, 2]), true])(three()))).toEqual([[3, 3, 3], [[1, 2], [1, 2], [1, 2]], [true, true, true]]);
    expect(js(vmap((_x) => array([1, 2]), 0, { outAxes: 1 })(three()))).toEqual([[1, 1, 1], [2, 2, 2]]);
    expect(js(vmap((x, y) => [x, y], [0, null], { outAxes: [0, null] })(two(), 7))).toEqual([[1, 2], 7]);
    expect(js(vmap((x) => [x, null])(two()))).toEqual([[1, 2], null]);
  });
});

describe("axisSize", () => {
  test("gives the number of examples where nothing is mapped", () => {
    expect(js(vmap((x) => mul(x, 2), null, { axisSize: 3 })(2))).toEqual([4, 4, 4]);
    expect(js(vmap(() => array(1), 0, { axisSize: 2 })())).toEqual([1, 1]);
  });
  test("may be zero", () => {
    expect(js(vmap((x) => mul(x, 2))(array([])))).toEqual([]);
    expect(vmap((x) => mul(x, array([1, 2])))(array([])).shape).toEqual([0, 2]);
  });
});

test("nested maps keep their axes apart", () => {
  expect(js(vmap((a) => vmap((b) => add(mul(a, 100), b))(three()))(two()))).toEqual([[110, 120, 130], [210, 220, 230]]);
  expect(js(vmap(vmap((x, y) => add(x, y), [0, null]), [null, 0])(two(), three()))).toEqual([[11, 12], [21, 22], [31, 32]]);
  expect(js(vmap(vmap((x, y) => add(x, y), [0, null]), [null, 0], { outAxes: 1 })(two(), three()))).toEqual([[11, 21, 31], [12, 22, 32]]);
});

test("dtypes and weakness are those of one example", () => {
  expect(avals(vmap((x, y) => [mul(x, 2), mul(y, 2), y], [0, null])(array([1, 2], { dtype: "float64" }), 3))).toEqual(["f64[2]", "~f32[2]", "~f32[2]"]);
});

type Refusal = [string, () => unknown, new (m: string) => Error, RegExp];
const id = (x: Tensor): Tensor => x;
const both = (x: Tensor, _y: Tensor): Tensor => x;
const refusals: Refusal[] = [
  ["sizes that differ, naming every argument", () => vmap(both)(two(), three()), ShapeError, /argument 0 has 2 along axis 0, argument 1 has 3 along axis 0\. Set inAxes to null/],
  ["sizes that differ inside a tree, naming the leaves", () => vmap((t: { p: Tensor; q: Tensor }, _y: Tensor) => t.p)({ p: two(), q: three() }, two()), ShapeError, /argument 0, leaf 0, has 2 along axis 0, argument 0, leaf 1, has 3 along axis 0, argument 1 has 2/],
  ["a size that is not axisSize", () => vmap(id, 0, { axisSize: 3 })(two()), ShapeError, /axisSize: 3.*argument 0 has 2 along axis 0/],
  ["nothing to map", () => vmap(id, null)(two()), ShapeError, /no argument is mapped.*axisSize/],
  ["no arguments", () => vmap(() => array(1))(), ShapeError, /no argument is mapped/],
  ["an axis out of range", () => vmap(id, 1)(two()), ShapeError, /argument 0 f32\[2\]: axis 1 is out of range/],
  ["an axis below the range", () => vmap(id, -2)(two()), ShapeError, /axis -2 is out of range/],
  ["a fractional axis", () => vmap(id, 0.5)(two()), ShapeError, /axis 0.5/],
  ["a scalar", () => vmap(id)(3), ShapeError, /argument 0 ~f32\[\]: axis 0 is out of range for an array of 0/],
  ["too many inAxes", () => vmap(id, [0, 0] as never)(two()), ArgumentError, /inAxes has 2 entries for 1 argument/],
  ["inAxes of other keys", () => vmap((p: { a: Tensor }) => p.a, [{ c: 0 }] as never)({ a: two() }), ArgumentError, /inAxes.*\{"c":0\} is not a prefix of the structure \{a: \*\}/],
  ["inAxes below a leaf", () => vmap(id, [[0]] as never)(two()), ArgumentError, /inAxes.*not a prefix/],
  ["inAxes that are no axes", () => vmap(id, "0" as never)(two()), ArgumentError, /inAxes.*"0"/],
  ["undefined in inAxes", () => vmap(id, [undefined] as never)(two()), ArgumentError, /inAxes/],
  ["an outAxes out of range", () => vmap(id, 0, { outAxes: 1 })(two()), ShapeError, /outAxes: axis 1/],
  ["outAxes null for what differs", () => vmap(id, 0, { outAxes: null })(two()), ShapeError, /outAxes is null for an output f32\[\] that differs/],
  ["outAxes of another structure", () => vmap((x) => [x, x], 0, { outAxes: [0] })(two()), ArgumentError, /outAxes: \[0\] is not a prefix/],
  ["a negative axisSize", () => vmap(() => array(1), null, { axisSize: -1 })(), ShapeError, /axisSize.*-1/],
  ["a fractional axisSize", () => vmap(() => array(1), null, { axisSize: 1.5 })(), ShapeError, /axisSize.*1\.5/],
  ["no function", () => vmap(null as never), ArgumentError, /vmap needs a function/],
  ["text as argument", () => vmap(id)("text" as never), ArgumentError, /vmap: an argument.*the string "text"/],
  ["an async function", () => vmap(async (x: Tensor) => x)(two()), ArgumentError, /synchronous.*promise/],
  ["a function without result", () => vmap((_x) => undefined)(two()), ArgumentError, /a result of the function.*undefined/],
  ["reading an example", () => vmap((x) => mul(x, x.item()))(two()), ConcretizationError, /under vmap\. Every example has its own value: use select/],
  ["reading a predicate", () => vmap((x) => (greater(x, 1).item<boolean>() ? x : mul(x, 2)))(two()), ConcretizationError, /select\(pred, a, b\)/],
  ["nested arrays of an example", () => vmap((x) => array(x.js() as number))(two()), ConcretizationError, /js\(\)/],
];
test.each(refusals)("vmap refuses %s", (_name, run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});

test("reading what is the same for every example is allowed", () => {
  expect(js(vmap((x, y) => mul(x, y.item()), [0, null])(two(), 3))).toEqual([3, 6]);
});

test("a tracer that outlived its call is refused", () => {
  let kept = array(0);
  vmap((x) => (kept = mul(x, 2)))(two());
  expect(() => sin(kept)).toThrow(EscapedTracerError);
  expect(() => vmap((_x) => kept)(two())).toThrow(/belongs to vmap, which has ended/);
});

test("a primitive without batch rule, trait or decomposition is named, with the ways to mend it", () => {
  const p = definePrimitive("@test/opaque", { abstractEval: ([x]) => x as Aval });
  const run = (): unknown => vmap((x) => bind(p, [x]))(two());
  expect(run).toThrow(MissingRuleError);
  expect(run).toThrow(/@test\/opaque has no rule for batching \(vmap\).*f32\[2\].*rules: \{ batch \}/);
});

test("a primitive with its own batch rule is given values, axes, params and size", () => {
  const seen: unknown[] = [];
  const p: Primitive<{ k: number }, "many"> = definePrimitive<{ k: number }, "many">("@test/pair", {
    multipleResults: true,
    abstractEval: ([x, y]) => [x as Aval, y as Aval],
    decompose: ([x, y], { k }) => [mul(x!, k), mul(y!, k)],
    rules: {
      batch(args, axes, params, axisSize) {
        seen.push(args.map((a) => a.aval.toString()), axes, params, axisSize);
        return [bind(p, [args[0]!, args[1]!], params), axes];
      },
    },
  });
  expect(js(vmap((x, y) => bind(p, [x, y], { k: 3 }), [1, null])(matrix(), 5))).toEqual([[[3, 12], [6, 15], [9, 18]], [15, 15, 15]]);
  expect(seen).toEqual([["f32[2,3]", "~f32[]"], [1, null], { k: 3 }, 3]);
});
