// What the tests of operations share: derivatives in both modes, and loops to compare vmap with.

import { vmap } from "@gradus/batching";
import { array, type DType, type Tensor, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { add, concatenate, expandDims, mul, reduceSum, sub, take } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { vjp } from "@gradus/vjp";
import { expect } from "vitest";

useBackend(cpu());

export type Fn = (...args: Tensor[]) => Tensor;

export const f64 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "float64" });
export const i32 = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "int32" });
export const bool = (data: Parameters<typeof array>[0]): Tensor => array(data, { dtype: "bool" });

/** Whether two numbers agree: NaN with NaN, 0 with −0, and finite ones to `rtol`. */
export const agree = (a: number, b: number, rtol = 1e-12): boolean =>
  a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= rtol * Math.max(Math.abs(a), Math.abs(b));

export function expectClose(actual: readonly number[], expected: readonly number[], rtol = 1e-12): void {
  const ok = actual.length === expected.length && actual.every((a, i) => agree(a, expected[i]!, rtol));
  expect(ok, `got [${actual.join(", ")}], expected [${expected.join(", ")}]`).toBe(true);
}

/** All first partial derivatives of a scalar function at a point, the same in forward and in reverse mode. */
export function derivatives(f: Fn, at: readonly number[], dtype: DType = "float64"): number[] {
  const xs = at.map((x) => array(x, { dtype }));
  const forward = xs.map((_, i) => tangent(f, xs, i, dtype));
  const reverse = (vjp(f, xs)[1](array(1, { dtype })) as Tensor[]).map((g) => g.item());
  expectClose(reverse, forward);
  return forward;
}

// Only one argument is perturbed: a zero tangent array for the others would bring 0·∞ in.
const tangent = (f: Fn, xs: readonly Tensor[], i: number, dtype: DType): number =>
  jvp((x: Tensor) => f(...xs.map((y, k) => (k === i ? x : y))), [xs[i]!], [array(1, { dtype })])[1].item();

/** The cotangents of arguments for a cotangent of the result. */
export const pullback = (f: Fn, xs: readonly Tensor[], ct: Tensor): Tensor[] => vjp(f, [...xs])[1](ct) as Tensor[];

/** f applied to one example after the other: what vmap has to agree with. */
export function looped(f: Fn, args: readonly Tensor[], axes: readonly (number | null)[]): Tensor {
  const first = axes.findIndex((a) => a !== null);
  const n = args[first]!.shape[axes[first]!]!;
  const rows = Array.from({ length: n }, (_, i) => expandDims(f(...args.map((x, k) => (axes[k] === null ? x : take(x, i, axes[k])))), 0));
  return concatenate(rows);
}

/** Deterministic values in (−1, 1) without ties. */
export function values(shape: readonly number[], seed = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return array(Float64Array.from({ length: size }, (_, i) => ((i * 0.618034 + seed * 0.4142135) % 1) * 2 - 1), { shape });
}

const dot = (a: Tensor, b: Tensor): number => reduceSum(mul(a, b)).item();

/**
 * Checks first and second derivatives at a point along one direction: forward mode against central differences, reverse mode
 * by the inner product ⟨ct, J v⟩ = ⟨Jᵀ ct, v⟩. Arguments are f64.
 */
export function checkDerivatives(f: Fn, xs: readonly Tensor[], order = 2): void {
  const vs = xs.map((x, i) => values(x.shape, i + 7));
  const h = 1e-5;
  const moved = (d: number): Tensor => f(...xs.map((x, i) => add(x, mul(vs[i]!, d))));
  const [out, dout] = jvp(f, [...xs], vs);
  expect(dout.aval).toBe(out.aval);
  expectNear(dout, mul(sub(moved(h), moved(-h)), 0.5 / h));
  const ct = values(out.shape, 3);
  const pulled = pullback(f, xs, ct);
  pulled.forEach((g, i) => expect(g.aval).toBe(xs[i]!.aval));
  const inner = pulled.reduce((sum, g, i) => sum + dot(g, vs[i]!), 0);
  expect(Math.abs(inner - dot(ct, dout)), `⟨Jᵀ ct, v⟩ = ${inner}, ⟨ct, J v⟩ = ${dot(ct, dout)}`).toBeLessThan(1e-10 * (1 + Math.abs(inner)));
  if (order > 1) checkDerivatives((...ys) => jvp(f, ys, vs)[1], xs, order - 1);
}

export function expectNear(actual: Tensor, expected: Tensor, atol = 1e-7): void {
  expect(actual.shape).toEqual(expected.shape);
  const e = expected.dataSync();
  const worst = Array.from(actual.dataSync()).reduce((w, v, i) => (Object.is(v, e[i]) ? w : Math.max(w, Math.abs(v - e[i]!) / (1 + Math.abs(e[i]!)))), 0);
  expect(worst, `got ${actual.toString()}, expected ${expected.toString()}`).toBeLessThan(atol);
}

/** vmap of a function against a loop. */
export function checkBatching(f: Fn, args: readonly Tensor[], axes: readonly (number | null)[]): void {
  const batched = (vmap(f, axes) as Fn)(...args);
  const expected = looped(f, args, axes);
  expect(batched.aval).toBe(expected.aval);
  expectNear(batched, expected, 1e-13); // sums may be taken in another order
}
