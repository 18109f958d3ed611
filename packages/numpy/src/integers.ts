// Functions of integers: divisors, multiples, bits. None of them carries a gradient.

import { add, applyBinary, ArgumentError, cast, definePrimitive, DTypeError, isInteger, mul, normalizeAxis, type Primitive, reduceSum, reshape, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { abs, and, div, equal, expandDims, iota, pad, shiftLeft, shiftRightLogical, sliceAlong } from "@gradus/ops";
import { truth } from "./operand.js";

// Consecutive Fibonacci numbers take longest, 45 steps below 2^31. Lamé's theorem: Knuth, "The art of computer programming",
// volume 2, section 4.5.3
const steps = 46;

const gcdP: Primitive = /* @__PURE__ */ definePrimitive("@gradus/gcd", {
  elementwise: {
    accepts: "integer",
    // Euclid: (a, b) → (b, a mod b), until b is 0.
    body(x: s.Expr, y: s.Expr) {
      let [a, b] = [x, y];
      for (let i = 0; i < steps; i++) {
        const isDone = s.equal(b, 0);
        [a, b] = [s.select(isDone, a, b), s.select(isDone, b, s.rem(a, b))];
      }
      return a;
    },
  },
  zeroGradient: "integers carry no gradient",
});

function whole(x: TensorLike, what: string): Tensor {
  if (typeof x === "number" && Number.isInteger(x)) return cast(x, "int32");
  const t = toTensor(x, what);
  if (!isInteger(t.dtype)) throw new DTypeError(`${what}: ${t.aval.toString()} is not accepted here, expected int32 or uint32: cast(x, "int32").`);
  return t;
}

/** The greatest common divisor, not negative; of 0 and 0 it is 0. @throws DTypeError unless both are integers of one dtype */
export const gcd = (x: TensorLike, y: TensorLike): Tensor => applyBinary(gcdP, abs(whole(x, "gcd")), abs(whole(y, "gcd")));

/** The least common multiple, not negative; beside 0 it is 0. @throws DTypeError unless both are integers of one dtype */
export function lcm(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = [abs(whole(x, "lcm")), abs(whole(y, "lcm"))];
  const divisor = gcd(a, b);
  return mul(div(a, select(equal(divisor, 0), 1, divisor)), b);
}

/** In which order the bits of a byte stand. */
export type BitOrder = "big" | "little";

function shifts(order: BitOrder, what: string): Tensor {
  if (order !== "big" && order !== "little") throw new ArgumentError(`${what}: the order of bits is ${String(order)}, expected "big" or "little".`);
  const place = iota(8, "uint32");
  return order === "little" ? place : cast(add(mul(cast(place, "int32"), -1), 7), "uint32");
}

/**
 * Truths along an axis as the bits of bytes, uint32 numbers below 256, the last one filled with zeros; of the flattened array
 * without an axis. @throws ShapeError @throws ArgumentError for another order of bits
 * @example packbits(array([1, 0, 0, 0, 0, 0, 0, 1])) // [129]
 */
export function packbits(x: TensorLike, axis?: number | null, order: BitOrder = "big"): Tensor {
  const given = truth(x, "packbits");
  const t = axis === undefined || axis === null ? reshape(given, [given.size]) : given;
  const at = normalizeAxis(axis ?? 0, t.ndim, "packbits");
  const bytes = Math.ceil((t.shape[at] as number) / 8);
  const bits = pad(cast(t, "uint32"), 0, t.shape.map((d, i): [number, number] => [0, i === at ? 8 * bytes - d : 0]));
  const split = reshape(bits, t.shape.flatMap((d, i) => (i === at ? [bytes, 8] : [d])));
  const places = reshape(shifts(order, "packbits"), split.shape.map((_, i) => (i === at + 1 ? 8 : 1)));
  return reduceSum(shiftLeft(split, places), at + 1);
}

/** The bits of bytes along an axis, uint32: the inverse of {@link packbits}, cut to `count` bits if given. @throws ShapeError @throws DTypeError unless integers @throws ArgumentError for another order of bits */
export function unpackbits(x: TensorLike, axis?: number | null, count?: number, order: BitOrder = "big"): Tensor {
  const given = cast(whole(x, "unpackbits"), "uint32");
  const t = axis === undefined || axis === null ? reshape(given, [given.size]) : given;
  const at = normalizeAxis(axis ?? 0, t.ndim, "unpackbits");
  const n = 8 * (t.shape[at] as number);
  const spread = expandDims(t, at + 1);
  const places = reshape(shifts(order, "unpackbits"), spread.shape.map((_, i) => (i === at + 1 ? 8 : 1)));
  const bits = reshape(and(shiftRightLogical(spread, places), 1), t.shape.map((d, i) => (i === at ? n : d)));
  return count === undefined ? bits : sliceAlong(bits, at, 0, Math.min(count, n));
}
