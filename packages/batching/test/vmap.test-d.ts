// What the types of vmap promise, and refuse.

import type { Tensor, TensorLike } from "@gradus/core";
import { mul, sin } from "@gradus/ops";
import { describe, expectTypeOf, test } from "vitest";
import { type AxesOf, vmap } from "../src/index.js";

interface Point {
  at: Tensor;
  weight: TensorLike;
}
declare const x: Tensor;

test("vmap keeps structures, and its results are tensors", () => {
  const f = vmap((p: Point, n: number) => ({ y: mul(p.at, n), same: 2, list: [p.weight] }), [0, null]);
  expectTypeOf(f({ at: x, weight: 1 }, 3)).toEqualTypeOf<{ y: Tensor; same: Tensor; list: Tensor[] }>();
  // @ts-expect-error an argument is missing
  f({ at: x, weight: 1 });
  // @ts-expect-error a leaf is missing
  f({ at: x }, 3);
});

test("lambdas need no annotations", () => {
  expectTypeOf(vmap((a, b) => mul(a, b))(x, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(vmap((a, b) => mul(a, b), [0, null])(x, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(vmap(vmap((a) => sin(a)))(x)).toEqualTypeOf<Tensor>();
});

describe("axes", () => {
  test("are numbers, null, or trees of them like the arguments and the result", () => {
    vmap((p: Point, n: Tensor) => mul(p.at, n), [{ at: 1, weight: null }, null], { outAxes: 1, axisSize: 3 });
    vmap((p: Point, n: Tensor) => mul(p.at, n), [0, -1]);
    vmap((ps: Point[], n: Tensor) => ({ y: n, parts: ps.map((p) => p.at) }), [[0, { at: 0, weight: null }], null], { outAxes: { y: null, parts: 0 } });
    vmap((pair: [Tensor, { w: Tensor }]) => pair[0], [[0, { w: null }]]);
    vmap((a: Tensor) => a, null, { axisSize: 2, outAxes: null });
    expectTypeOf<AxesOf<Point>>().toEqualTypeOf<number | null | { readonly at: number | null; readonly weight: number | null }>();
  });

  test("of other kinds and structures are refused", () => {
    // @ts-expect-error a string is no axis
    vmap((a: Tensor) => a, "0");
    // @ts-expect-error neither is a boolean
    vmap((a: Tensor) => a, [true]);
    // @ts-expect-error one axis for two arguments
    vmap((a: Tensor, b: Tensor) => mul(a, b), [0]);
    // @ts-expect-error two for one
    vmap((a: Tensor) => a, [0, 0]);
    // @ts-expect-error an array has no axes inside
    vmap((a: Tensor) => a, [[0]]);
    // @ts-expect-error another key
    vmap((p: Point) => p.at, [{ at: 0, wait: 0 }]);
    // @ts-expect-error a key is missing
    vmap((p: Point) => p.at, [{ at: 0 }]);
    // @ts-expect-error the result is one array
    vmap((a: Tensor) => a, 0, { outAxes: [0] });
    // @ts-expect-error another key of the result
    vmap((a: Tensor) => ({ y: a }), 0, { outAxes: { z: 0 } });
    // @ts-expect-error a number of examples is a number
    vmap((a: Tensor) => a, 0, { axisSize: "3" });
  });
});
