// What tests of conventions share: values and first derivatives at a point, the same in forward and in reverse mode.
import { array, grad, jvp, type Tensor, vjp } from "../src/index.js";
import { expect } from "vitest";

export type Fn = (...xs: any[]) => Tensor;

export const f64 = (x: Parameters<typeof array>[0]): Tensor => array(x, { dtype: "float64" });
export const i32 = (x: Parameters<typeof array>[0]): Tensor => array(x, { dtype: "int32" });

const close = (x: number): unknown => (Number.isFinite(x) && x !== 0 ? expect.closeTo(x, 12) : x === 0 ? expect.toSatisfy((v: number) => v === 0) : x);

/** The partial derivatives of a function of numbers, each in forward mode with the others constant, and all in reverse mode. */
export function expectPartials(f: Fn, at: readonly number[], wanted: readonly number[]): void {
  const xs = at.map((x) => f64(x));
  const forward = xs.map((x, i) => jvp((y: Tensor) => f(...xs.map((z, k) => (k === i ? y : z))), [x], [f64(1)])[1].item());
  const reverse = xs.map((x, i) => grad((y: Tensor) => f(...xs.map((z, k) => (k === i ? y : z))))(x).item());
  expect({ forward, reverse }, `at ${at.join(", ")}`).toEqual({ forward: wanted.map(close), reverse: wanted.map(close) });
}

/** The gradient of one number by an array, and the same entries by forward mode. */
export function expectGradient(f: Fn, at: readonly number[], wanted: readonly number[]): void {
  const x = f64([...at]);
  const reverse = Array.from((grad(f)(x) as Tensor).dataSync());
  const forward = at.map((_, i) => jvp(f, [x], [f64(at.map((_, k) => Number(k === i)))])[1].item());
  expect({ forward, reverse }, `at ${at.join(", ")}`).toEqual({ forward: wanted.map(close), reverse: wanted.map(close) });
}

/** Reverse mode alone: where forward mode would multiply a zero of the tangent array by infinity. */
export function expectReverse(f: Fn, at: readonly number[], wanted: readonly number[]): void {
  expect(Array.from((grad(f)(f64([...at])) as Tensor).dataSync()), `at ${at.join(", ")}`).toEqual(wanted.map(close));
}

/** The cotangent of an array for ones, or for `ct`. */
export function pulled(f: Fn, x: Tensor, ct?: Tensor): number[] {
  const [out, pullback] = vjp(f, [x]) as [Tensor, (ct: Tensor) => Tensor[]];
  return Array.from((pullback(ct ?? array(new Array(out.size).fill(1), { dtype: out.dtype, shape: out.shape }))[0] as Tensor).dataSync());
}
