// Cumulative sums, products and extrema along an axis. The sum is linear; the others are written as parallel prefixes, from
// whose pairwise products and extrema the derivatives come, so that a zero does a product no harm and ties share.

import {
  add,
  type Aval,
  bind,
  definePrimitive,
  DTypeError,
  isFloat,
  isInteger,
  mul,
  normalizeAxis,
  type Primitive,
  reshape,
  type Tensor,
  type TensorLike,
  toTensor,
  type Zero,
} from "@gradus/core";
import { concatenate, expandDims, reverse } from "./arrangement.js";
import { max, min } from "./extrema.js";
import { logaddexp } from "./logaddexp.js";
import { sliceAlong } from "./slicing.js";

export interface CumulativeParams {
  axis: number;
  /** From the end of the axis to its start. */
  reverse: boolean;
}

/** The sums x₀, x₀ + x₁, … along an axis. Transposes to the sums from the other end. */
export const cumsumP: Primitive<CumulativeParams> = /* @__PURE__ */ definePrimitive<CumulativeParams>("cumsum", {
  abstractEval: ([x], params) => cumulated(x as Aval, params, "cumsum"),
  linearIn: [0],
  decompose: ([x], params) => prefixes(x as Tensor, params, add),
  rules: {
    transpose: (ct: Tensor, _args, params) => [bind(cumsumP, [ct], { axis: params.axis, reverse: !params.reverse })],
    batch: ([x], [axis], params) => batched(cumsumP, x as Tensor, axis as number, params),
  },
});

/** The products x₀, x₀x₁, … along an axis. */
export const cumprodP: Primitive<CumulativeParams> = /* @__PURE__ */ definePrimitive<CumulativeParams>("cumprod", {
  abstractEval: ([x], params) => cumulated(x as Aval, params, "cumprod"),
  decompose: ([x], params) => prefixes(x as Tensor, params, mul),
  rules: {
    // d(ab) = a db + b da in the tree of products, without division: exact where factors are 0
    jvp([x], [dx], params, run) {
      const [, tangents] = run(([t]) => [prefixes(t as Tensor, params, mul)], [x as Tensor], [dx as Tensor | Zero]);
      return [bind(cumprodP, [x as Tensor], params), tangents[0] as Tensor | Zero];
    },
    batch: ([x], [axis], params) => batched(cumprodP, x as Tensor, axis as number, params),
  },
});

/** The greatest element so far along an axis. d max(a, b) at a tie is ½ da + ½ db, by the tree of pairs. */
export const cummaxP: Primitive<CumulativeParams> = /* @__PURE__ */ definePrimitive<CumulativeParams>("cummax", {
  abstractEval: ([x], params) => cumulated(x as Aval, params, "cummax"),
  decompose: ([x], params) => prefixes(x as Tensor, params, max),
  rules: { batch: ([x], [axis], params) => batched(cummaxP, x as Tensor, axis as number, params) },
});

/** The least element so far along an axis. d min(a, b) at a tie is ½ da + ½ db, by the tree of pairs. */
export const cumminP: Primitive<CumulativeParams> = /* @__PURE__ */ definePrimitive<CumulativeParams>("cummin", {
  abstractEval: ([x], params) => cumulated(x as Aval, params, "cummin"),
  decompose: ([x], params) => prefixes(x as Tensor, params, min),
  rules: { batch: ([x], [axis], params) => batched(cumminP, x as Tensor, axis as number, params) },
});

/** ln Σ e^x of the elements so far along an axis. */
export const cumlogsumexpP: Primitive<CumulativeParams> = /* @__PURE__ */ definePrimitive<CumulativeParams>("cumlogsumexp", {
  abstractEval([x], params) {
    const t = cumulated(x as Aval, params, "cumlogsumexp");
    if (!isFloat(t.dtype)) throw new DTypeError(`cumlogsumexp: ${t.toString()} is not accepted here, expected floats: cast(x, "float32").`);
    return t;
  },
  decompose: ([x], params) => prefixes(x as Tensor, params, logaddexp),
  rules: {
    // d ln(e^a + e^b) = σ(a − b) da + σ(b − a) db in the tree of pairs
    jvp([x], [dx], params, run) {
      const [, tangents] = run(([t]) => [prefixes(t as Tensor, params, logaddexp)], [x as Tensor], [dx as Tensor | Zero]);
      return [bind(cumlogsumexpP, [x as Tensor], params), tangents[0] as Tensor | Zero];
    },
    batch: ([x], [axis], params) => batched(cumlogsumexpP, x as Tensor, axis as number, params),
  },
});

function cumulated(x: Aval, { axis }: CumulativeParams, name: string): Aval {
  if (!isFloat(x.dtype) && !isInteger(x.dtype)) throw new DTypeError(`${name}: ${x.toString()} is not accepted here, expected numbers: cast(x, "int32") counts.`);
  normalizeAxis(axis, x.ndim, name);
  return x;
}

const batched = (p: Primitive<CumulativeParams>, x: Tensor, batchAxis: number, { axis, reverse }: CumulativeParams): [Tensor, number] => [
  bind(p, [x], { axis: axis >= batchAxis ? axis + 1 : axis, reverse }),
  batchAxis,
];

function prefixes(x: Tensor, { axis, reverse: isReversed }: CumulativeParams, combine: (a: Tensor, b: Tensor) => Tensor): Tensor {
  return isReversed ? reverse(scanned(reverse(x, axis), axis, combine), axis) : scanned(x, axis, combine);
}

// The prefixes of pairs are the odd entries, and each of them with the next element gives an even one: linear work in
// logarithmic depth. This is the tree of lax.associative_scan, on which the shares of ties depend.
function scanned(x: Tensor, axis: number, combine: (a: Tensor, b: Tensor) => Tensor): Tensor {
  const n = x.shape[axis] as number;
  if (n < 2) return x;
  const half = n >> 1;
  const odd = scanned(combine(sliceAlong(x, axis, 0, 2 * half, 2), sliceAlong(x, axis, 1, n, 2)), axis, combine);
  const first = sliceAlong(x, axis, 0, 1);
  const even = n === 2 ? first : concatenate([first, combine(sliceAlong(odd, axis, 0, (n - 1) >> 1), sliceAlong(x, axis, 2, n, 2))], axis);
  const pairs = concatenate([expandDims(sliceAlong(even, axis, 0, half), axis + 1), expandDims(odd, axis + 1)], axis + 1);
  const woven = reshape(pairs, x.shape.map((d, i) => (i === axis ? 2 * half : d)));
  return n === 2 * half ? woven : concatenate([woven, sliceAlong(even, axis, half, half + 1)], axis);
}

export interface CumulativeOptions {
  /** From the end of the axis to its start. */
  readonly reverse?: boolean;
}

function cumulate(p: Primitive<CumulativeParams>, x: TensorLike, axis: number | null | undefined, { reverse = false }: CumulativeOptions): Tensor {
  const given = toTensor(x, p.name);
  const flat = axis === undefined || axis === null ? reshape(given, [given.size]) : given;
  return bind(p, [flat], { axis: normalizeAxis(axis ?? 0, flat.ndim, p.name), reverse });
}

/**
 * The sums of the elements so far along an axis, of the flattened array without one. @throws ShapeError @throws DTypeError for booleans
 * @example cumsum(array([1, 2, 3])) // [1, 3, 6]
 */
export function cumsum(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return cumulate(cumsumP, x, axis, options);
}

/** The products of the elements so far along an axis; the derivative is exact where elements are 0. @throws ShapeError @throws DTypeError for booleans */
export function cumprod(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return cumulate(cumprodP, x, axis, options);
}

/**
 * The greatest element so far along an axis; NaN from the first NaN on. The derivative is shared by equal elements, by halves
 * along a tree of pairs. @throws ShapeError @throws DTypeError for booleans
 */
export function cummax(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return cumulate(cummaxP, x, axis, options);
}

/**
 * The least element so far along an axis; NaN from the first NaN on. The derivative is shared by equal elements, by halves
 * along a tree of pairs. @throws ShapeError @throws DTypeError for booleans
 */
export function cummin(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return cumulate(cumminP, x, axis, options);
}

/**
 * ln Σ e^x of the elements so far along an axis, of the flattened array without one, without overflow. −∞ counts for
 * nothing; where all so far are −∞ the derivative is NaN, as in logaddexp. @throws ShapeError @throws DTypeError unless x is of floats
 * @example cumlogsumexp(array([0, 0])) // [0, 0.6931472]
 */
export function cumlogsumexp(x: TensorLike, axis?: number | null, options: CumulativeOptions = {}): Tensor {
  return cumulate(cumlogsumexpP, x, axis, options);
}
