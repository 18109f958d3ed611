// What the types of tracing promise.

import { type Aval, avalOf, type Tensor, type TensorLike } from "@gradus/core";
import { mul, sin } from "@gradus/ops";
import { expectTypeOf, test } from "vitest";
import { evalProgram, evalShape, jit, makeProgram, optimizationBarrier, type Program } from "../src/index.js";

interface Params {
  w: Tensor;
  b: TensorLike;
}
declare const x: Tensor;
const vector = avalOf([3], "float32");

test("jit keeps parameters and gives tensors in the structure of the result", () => {
  const f = jit((p: Params, n: number, mode: string) => ({ y: mul(p.w, n), n: 3, list: [p.b], mode: mode === "a" }), { staticArgnums: [1, 2] });
  expectTypeOf(f({ w: 1, b: x }, 2, "a")).toEqualTypeOf<{ y: Tensor; n: Tensor; list: Tensor[]; mode: Tensor }>();
  expectTypeOf(f.program({ w: x, b: 1 }, 2, "a")).toEqualTypeOf<Program>();
  expectTypeOf(f.cacheSize()).toEqualTypeOf<number>();
  // @ts-expect-error an argument is missing
  f({ w: 1, b: x });
  // @ts-expect-error a leaf is missing
  f({ w: 1 }, 2, "a");
  // @ts-expect-error text is no static argument number
  jit((a: Tensor) => a, { staticArgnums: "0" });
});

test("lambdas need no annotations", () => {
  expectTypeOf(jit((a, b) => mul(a, b))(1, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(jit((a) => sin(a), { inline: true })(x)).toEqualTypeOf<Tensor>();
});

test("makeProgram and evalShape take avals for tensors, in any structure", () => {
  const f = (a: Tensor, p: Params): { y: Tensor; n: number } => ({ y: mul(a, p.w), n: 3 });
  expectTypeOf(makeProgram(f)(x, { w: vector, b: vector })).toEqualTypeOf<Program>();
  expectTypeOf(makeProgram(f)(vector, { w: x, b: 1 })).toEqualTypeOf<Program>();
  expectTypeOf(evalShape(f, vector, { w: vector, b: 1 })).toEqualTypeOf<{ y: Aval; n: Aval }>();
  // @ts-expect-error an argument is missing
  evalShape(f, vector);
});

test("what does not fit is refused", () => {
  // @ts-expect-error another structure
  jit((p: Params) => p.w)({ weight: x });
  // @ts-expect-error no such option
  jit((a: Tensor) => a, { static: 0 });
  // @ts-expect-error sources is a flag
  makeProgram((a: Tensor) => a, { sources: "yes" });
  // @ts-expect-error a program is run on a list
  evalProgram(makeProgram((a: Tensor) => a)(x), x);
  // @ts-expect-error text is no argument
  evalShape((a: Tensor) => a, "f32[3]");
});

test("a barrier keeps structures", () => {
  expectTypeOf(optimizationBarrier({ w: x, n: [1, x] as [number, Tensor] })).toEqualTypeOf<{ w: Tensor; n: [Tensor, Tensor] }>();
});

test("evalProgram gives a flat array of tensors", () => {
  expectTypeOf(evalProgram(makeProgram((a: Tensor) => a)(x), [x, 1])).toEqualTypeOf<Tensor[]>();
});
