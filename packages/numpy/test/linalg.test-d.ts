// What factorizations give depends on what they are asked for.

import type { Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { expectTypeOf, test } from "vitest";
import { linalg } from "../src/index.js";

declare const x: Tensor;
declare const computeUv: boolean;

test("svd without vectors is one tensor", () => {
  expectTypeOf(linalg.svd(x)).toEqualTypeOf<[u: Tensor, s: Tensor, vt: Tensor]>();
  expectTypeOf(linalg.svd(x, { fullMatrices: false })).toEqualTypeOf<[u: Tensor, s: Tensor, vt: Tensor]>();
  expectTypeOf(linalg.svd(x, { computeUv: false })).toEqualTypeOf<Tensor>();
  expectTypeOf(ops.svd(x, { computeUv })).toEqualTypeOf<Tensor | [u: Tensor, s: Tensor, vt: Tensor]>();
});

test("r alone is one tensor", () => {
  expectTypeOf(linalg.qr(x, "r")).toEqualTypeOf<Tensor>();
  expectTypeOf(linalg.qr(x, "complete")).toEqualTypeOf<[q: Tensor, r: Tensor]>();
  // @ts-expect-error: no such mode
  linalg.qr(x, "raw");
});

test("results of lu and eigh are told apart by their places", () => {
  expectTypeOf(ops.lu(x)).toEqualTypeOf<[lu: Tensor, pivots: Tensor, permutation: Tensor]>();
  expectTypeOf(linalg.eigh(x)).toEqualTypeOf<[w: Tensor, v: Tensor]>();
  // @ts-expect-error: an order of no matrix
  linalg.matrixNorm(x, { ord: "inf" });
});
