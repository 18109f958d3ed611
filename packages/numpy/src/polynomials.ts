// Polynomials: vectors of coefficients, that of the highest power first.

import { add, ArgumentError, array, broadcastTo, cast, mul, neg, reduceSum, ShapeError, type Tensor, type TensorLike, toTensor, zerosOf } from "@gradus/core";
import { concatenate, div, integerPow, iota, pad, reverse, sliceAlong, sqrt, square, stack, sub, take } from "@gradus/ops";
import { lstsq } from "./linalg.js";
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

/** [quotient, remainder] of two polynomials, the remainder shorter than the divisor. @throws ShapeError unless both are vectors with an entry */
export function polydiv(p: TensorLike, q: TensorLike): [quotient: Tensor, remainder: Tensor] {
  const [a, b] = coefficients([p, q], "polydiv") as [Tensor, Tensor];
  if (a.size === 0 || b.size === 0) throw new ShapeError("polydiv: a polynomial has one coefficient at least.");
  const n = a.size - b.size + 1;
  if (n < 1) return [cast(array([0]), a.dtype), a];
  let rest = a;
  const quotient: Tensor[] = [];
  for (let k = 0; k < n; k++) {
    const factor = div(take(rest, 0, 0), take(b, 0, 0));
    quotient.push(factor);
    rest = sliceAlong(sub(rest, pad(mul(b, factor), 0, [[0, rest.size - b.size]])), 0, 1, rest.size);
  }
  return [stack(quotient), rest];
}

/**
 * The polynomial of a degree that is nearest to samples (x, y), by least squares with weights; differentiable by all of them.
 * @throws ShapeError unless samples and weights are vectors of one length @throws ArgumentError unless the degree is a whole number
 */
export function polyfit(x: TensorLike, y: TensorLike, degree: number, { weights }: { readonly weights?: TensorLike } = {}): Tensor {
  checkOrder(degree, "polyfit");
  const [a, b, w] = coefficients([x, y, weights ?? 1].slice(0, weights === undefined ? 2 : 3), "polyfit") as [Tensor, Tensor, Tensor?];
  for (const t of [b, w]) if (t !== undefined && t.size !== a.size) throw new ShapeError(`polyfit: ${t.aval.toString()} does not belong to ${a.size} samples.`);
  const weighted = (t: Tensor): Tensor => (w === undefined ? t : mul(t, w));
  const columns = stack(Array.from({ length: degree + 1 }, (_, k) => weighted(integerPow(a, degree - k))), 1);
  // Columns of one length each.
  const lengths = sqrt(reduceSum(square(columns), 0));
  const [solution] = lstsq(div(columns, lengths), weighted(b));
  return div(solution, lengths);
}

function checkOrder(m: number, what: string): void {
  if (!Number.isInteger(m) || m < 0) throw new ArgumentError(`${what}: the order is ${String(m)}, and has to be a whole number.`);
}
