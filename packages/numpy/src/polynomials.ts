// Polynomials: vectors of coefficients, that of the highest power first.

import { add, ArgumentError, array, broadcastTo, cast, mul, neg, ShapeError, type Tensor, type TensorLike, toTensor, zerosOf } from "@gradus/core";
import { concatenate, div, iota, pad, reverse, sliceAlong, take } from "@gradus/ops";
import { floats } from "./operand.js";
import { convolve } from "./signals.js";

function coefficients(ps: readonly TensorLike[], what: string): Tensor[] {
  const all = floats(ps, what);
  for (const t of all) if (t.ndim !== 1) throw new ShapeError(`${what}: the coefficients ${t.aval.toString()} are no vector.`);
  return all;
}

/** The value of a polynomial at x, by Horner's rule. Differentiable by the coefficients too. @throws ShapeError unless the coefficients are a vector @example polyval(array([1, 0, 2]), 3) // 11 */
export function polyval(p: TensorLike, x: TensorLike): Tensor {
  const [c, t] = floats([p, x], "polyval") as [Tensor, Tensor];
  coefficients([c], "polyval");
  let out = zerosOf(t.aval);
  for (let k = 0; k < c.size; k++) out = add(mul(out, t), take(c, k, 0));
  return out;
}

// With zeros in front, to one length.
function sameLength(p: TensorLike, q: TensorLike, what: string): [Tensor, Tensor] {
  const all = coefficients([p, q], what);
  const n = Math.max(...all.map((t) => t.size));
  return all.map((t) => pad(t, 0, [[n - t.size, 0]])) as [Tensor, Tensor];
}

/** The sum of two polynomials. @throws ShapeError unless both are vectors */
export function polyadd(p: TensorLike, q: TensorLike): Tensor {
  const [a, b] = sameLength(p, q, "polyadd");
  return add(a, b);
}

/** The difference of two polynomials. @throws ShapeError unless both are vectors */
export function polysub(p: TensorLike, q: TensorLike): Tensor {
  const [a, b] = sameLength(p, q, "polysub");
  return add(a, neg(b));
}

/** The product of two polynomials. @throws ShapeError unless both are vectors with an entry */
export const polymul = (p: TensorLike, q: TensorLike): Tensor => convolve(p, q);

/** The m-th derivative of a polynomial. @throws ShapeError unless the coefficients are a vector @throws ArgumentError unless m is a whole number */
export function polyder(p: TensorLike, m = 1): Tensor {
  checkOrder(m, "polyder");
  let [c] = coefficients([p], "polyder") as [Tensor];
  for (let k = 0; k < m; k++) {
    const n = c.size;
    c = n < 2 ? sliceAlong(c, 0, 0, 0) : mul(sliceAlong(c, 0, 0, n - 1), reverse(add(iota(n - 1, c.dtype), 1)));
  }
  return c;
}

/** The m-th integral of a polynomial, with constants of integration: one, or one each, 0 unless given. @throws ShapeError unless the coefficients are a vector @throws ArgumentError unless m is a whole number */
export function polyint(p: TensorLike, m = 1, constants: TensorLike = 0): Tensor {
  checkOrder(m, "polyint");
  let [c] = coefficients([p], "polyint") as [Tensor];
  const given = cast(toTensor(constants, "polyint"), c.dtype);
  if (given.ndim > 1 || (given.ndim === 1 && given.size !== m)) throw new ShapeError(`polyint: the constants ${given.aval.toString()} are neither one nor ${m}.`);
  const list = broadcastTo(given, [m]);
  for (let k = 0; k < m; k++) c = concatenate([div(c, reverse(add(iota(c.size, c.dtype), 1))), sliceAlong(list, 0, k, k + 1)]);
  return c;
}

/** The polynomial with leading coefficient 1 and these roots. @throws ShapeError unless roots are a vector */
export function poly(roots: TensorLike): Tensor {
  const [r] = coefficients([roots], "poly") as [Tensor];
  let out = cast(array([1]), r.dtype);
  for (let k = 0; k < r.size; k++) {
    const zero = cast(array([0]), r.dtype);
    out = add(concatenate([out, zero]), mul(concatenate([zero, out]), neg(take(r, k, 0))));
  }
  return out;
}

function checkOrder(m: number, what: string): void {
  if (!Number.isInteger(m) || m < 0) throw new ArgumentError(`${what}: the order is ${String(m)}, and has to be a whole number.`);
}
