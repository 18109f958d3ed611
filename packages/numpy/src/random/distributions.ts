// Numbers of distributions that are functions of uniform ones, or of normal ones. Differentiable by their parameters.

import { add, ArgumentError, broadcastShapes, cast, type DType, mul, neg, normalizeAxis, reduceSum, select, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { abs, argmax, cholesky, div, erf, erfInv, exp, expandDims, floor, less, lessEqual, log, log1p, max, min, nextafter, pow, qr, sign, sqrt, square, sub, take, tan } from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";
import { diagonal } from "../diagonal.js";
import { einsum } from "../einsum.js";
import { matrixTranspose } from "../joining.js";
import { split } from "./keys.js";
import { checkedShape, floatType, type FloatType, rademacher, uniform } from "./uniform.js";

const tiny: Record<FloatType, number> = { float32: 2 ** -126, float64: 2 ** -1022 };
const eps: Record<FloatType, number> = { float32: 2 ** -23, float64: 2 ** -52 };
/** The least number above −1. */
export const aboveMinusOne = (dtype: FloatType): number => -1 + eps[dtype] / 2;

/** Standard normal numbers, float32 unless a dtype is given: √2·erf⁻¹(u) of uniform u in (−1, 1). @throws ShapeError @throws DTypeError for what is no key, or no float */
export const normal = (k: Tensor, shape: Shape = [], dtype: FloatType = "float32"): Tensor =>
  mul(erfInv(uniform(k, shape, floatType(dtype, "normal"), aboveMinusOne(dtype), 1)), Math.SQRT2);

/** Numbers of the exponential distribution of mean 1. @throws ShapeError @throws DTypeError for what is no key, or no float */
export const exponential = (k: Tensor, shape: Shape = [], dtype: FloatType = "float32"): Tensor => neg(log1p(neg(uniform(k, shape, dtype))));

/** Standard Gumbel numbers: −ln(−ln u). @throws ShapeError @throws DTypeError for what is no key, or no float */
export const gumbel = (k: Tensor, shape: Shape = [], dtype: FloatType = "float32"): Tensor => neg(log(neg(log(uniform(k, shape, dtype, tiny[floatType(dtype, "gumbel")], 1)))));

/** Standard Laplace numbers, of density ½e^(−|x|). @throws ShapeError @throws DTypeError for what is no key, or no float */
export function laplace(k: Tensor, shape: Shape = [], dtype: FloatType = "float32"): Tensor {
  const u = uniform(k, shape, dtype, aboveMinusOne(floatType(dtype, "laplace")), 1);
  return mul(sign(u), log1p(neg(abs(u))));
}

/** Standard logistic numbers: ln u − ln(1 − u). @throws ShapeError @throws DTypeError for what is no key, or no float */
export function logistic(k: Tensor, shape: Shape = [], dtype: FloatType = "float32"): Tensor {
  const u = uniform(k, shape, dtype, tiny[floatType(dtype, "logistic")], 1);
  return sub(log(u), log1p(neg(u)));
}

/** Standard Cauchy numbers: tan π(u − ½). @throws ShapeError @throws DTypeError for what is no key, or no float */
export const cauchy = (k: Tensor, shape: Shape = [], dtype: FloatType = "float32"): Tensor => tan(mul(sub(uniform(k, shape, dtype, eps[floatType(dtype, "cauchy")], 1), 0.5), Math.PI));

// Parameters in the dtype of the result, and the shape that they broadcast to unless one is given.
function parameters(values: readonly TensorLike[], shape: Shape | undefined, dtype: FloatType, what: string): { params: Tensor[]; dims: Shape } {
  const params = values.map((v) => cast(toTensor(v, `random.${what}`), floatType(dtype, what)));
  return { params, dims: shape !== undefined ? checkedShape(shape, what) : params.map((p) => p.shape).reduce((a: Shape, b) => broadcastShapes(a, b, `random.${what}`), []) };
}

// The result has the shape that was asked for, whatever the parameters are.
const shaped = (x: Tensor, dims: Shape, what: string): Tensor => {
  if (x.ndim === dims.length && x.shape.every((d, i) => d === dims[i])) return x;
  throw new ShapeError(`random.${what}: parameters that broadcast to [${x.shape}] do not fit the shape [${dims}].`);
};

/** Numbers of the Pareto distribution of least value 1 and exponent b. @throws ShapeError @throws DTypeError for what is no key, or no float */
export function pareto(k: Tensor, b: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([b], shape, dtype, "pareto");
  return shaped(exp(div(exponential(k, dims, dtype), params[0] as Tensor)), dims, "pareto");
}

/** e^(sigma·x) of standard normal numbers x. @throws ShapeError @throws DTypeError for what is no key, or no float */
export function lognormal(k: Tensor, sigma: TensorLike = 1, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([sigma], shape, dtype, "lognormal");
  return shaped(exp(mul(normal(k, dims, dtype), params[0] as Tensor)), dims, "lognormal");
}

/** Numbers of the Rayleigh distribution: scale·√(−2 ln u). @throws ShapeError @throws DTypeError for what is no key, or no float */
export function rayleigh(k: Tensor, scale: TensorLike = 1, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([scale], shape, dtype, "rayleigh");
  return shaped(mul(params[0] as Tensor, sqrt(mul(log(uniform(k, dims, dtype)), -2))), dims, "rayleigh");
}

/** Numbers of the Weibull distribution: scale·(−ln(1 − u))^(1/concentration). @throws ShapeError @throws DTypeError for what is no key, or no float */
export function weibullMin(k: Tensor, scale: TensorLike, concentration: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([scale, concentration], shape, dtype, "weibullMin");
  const [size, form] = params as [Tensor, Tensor];
  return shaped(mul(pow(neg(log1p(neg(uniform(k, dims, dtype)))), div(1, form)), size), dims, "weibullMin");
}

/** Numbers of the triangular distribution from left to right, most of them at the mode. @throws ShapeError @throws DTypeError for what is no key, or no float */
export function triangular(k: Tensor, left: TensorLike, mode: TensorLike, right: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([left, mode, right], shape, dtype, "triangular");
  const [a, c, b] = params as [Tensor, Tensor, Tensor];
  const u = uniform(k, dims, dtype);
  const rising = add(a, sqrt(mul(mul(u, sub(b, a)), sub(c, a))));
  const falling = sub(b, sqrt(mul(mul(sub(1, u), sub(b, a)), sub(b, c))));
  return shaped(select(less(u, div(sub(c, a), sub(b, a))), rising, falling), dims, "triangular");
}

/** How many trials of probability p the first success takes, int32: ⌊ln u/ln(1 − p)⌋ + 1. @throws ShapeError @throws DTypeError for what is no key */
export function geometric(k: Tensor, p: TensorLike, shape?: Shape, dtype: DType = "int32"): Tensor {
  const given = toTensor(p, "random.geometric");
  const { params, dims } = parameters([p], shape, given.dtype === "float64" ? "float64" : "float32", "geometric");
  const [chance] = params as [Tensor];
  const u = uniform(k, dims, chance.dtype as FloatType);
  const trials = add(floor(div(log(select(lessEqual(u, 0), 1, u)), log1p(neg(chance)))), 1);
  return shaped(cast(trials, dtype), dims, "geometric");
}

/** Numbers of the inverse Gaussian distribution of a mean, of shape parameter 1. Michael, Schucany & Haas 1976, https://doi.org/10.2307/2683801 @throws ShapeError @throws DTypeError for what is no key, or no float */
export function wald(k: Tensor, mean: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([mean], shape, dtype, "wald");
  const [m] = params as [Tensor];
  const keys = split(k);
  const y = square(normal(take(keys, 0, 0), dims, dtype));
  const z = uniform(take(keys, 1, 0), dims, dtype);
  const squares = square(m);
  const root = sqrt(add(mul(mul(m, 4), y), mul(squares, square(y))));
  const x = sub(add(m, div(mul(squares, y), 2)), mul(div(m, 2), root));
  return shaped(select(lessEqual(z, div(m, add(m, x))), x, div(squares, x)), dims, "wald");
}

/** Speeds: lengths of vectors of three standard normal numbers. @throws ShapeError @throws DTypeError for what is no key, or no float */
export const maxwell = (k: Tensor, shape: Shape = [], dtype: FloatType = "float32"): Tensor => sqrt(reduceSum(square(normal(k, [...checkedShape(shape, "maxwell"), 3], dtype)), -1));

/** loc ± scale·{@link maxwell}, with either sign. @throws ShapeError @throws DTypeError for what is no key, or no float */
export function doubleSidedMaxwell(k: Tensor, loc: TensorLike, scale: TensorLike, shape: Shape = [], dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([loc, scale], undefined, dtype, "doubleSidedMaxwell");
  const whole = checkedShape(shape, "doubleSidedMaxwell").length === 0 ? [...dims, ...dims] : [...shape, ...dims];
  const keys = split(k);
  const speeds = mul(cast(rademacher(take(keys, 1, 0), whole), dtype), maxwell(take(keys, 0, 0), whole, dtype));
  return add(mul(speeds, params[1] as Tensor), params[0] as Tensor);
}

/** Standard normal numbers between bounds, which broadcast to the shape. @throws ShapeError @throws DTypeError for what is no key, or no float */
export function truncatedNormal(k: Tensor, lower: TensorLike, upper: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const { params, dims } = parameters([lower, upper], shape, dtype, "truncatedNormal");
  const [low, high] = params as [Tensor, Tensor];
  const u = uniform(k, dims, dtype, erf(div(low, Math.SQRT2)), erf(div(high, Math.SQRT2)));
  const x = mul(erfInv(u), Math.SQRT2);
  return shaped(min(max(x, nextafter(stopGradient(low), Infinity)), nextafter(stopGradient(high), -Infinity)), dims, "truncatedNormal");
}

/**
 * Normal vectors of a mean `f[…,n]` and covariances `f[…,n,n]`, by the Cholesky factor: `f[shape…,n]`, the shape that both
 * broadcast to unless given. @throws ShapeError @throws DTypeError for what is no key, or no float
 */
export function multivariateNormal(k: Tensor, mean: TensorLike, cov: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const [m, c] = [mean, cov].map((v) => cast(toTensor(v, "random.multivariateNormal"), floatType(dtype, "multivariateNormal"))) as [Tensor, Tensor];
  const n = m.shape[m.ndim - 1];
  if (m.ndim < 1 || c.ndim < 2 || c.shape[c.ndim - 1] !== n || c.shape[c.ndim - 2] !== n) {
    throw new ShapeError(`random.multivariateNormal: a mean ${m.aval.toString()} and covariances ${c.aval.toString()}: expected f[…,n] and f[…,n,n].`);
  }
  const dims = shape !== undefined ? checkedShape(shape, "multivariateNormal") : broadcastShapes(m.shape.slice(0, -1), c.shape.slice(0, -2), "random.multivariateNormal");
  const x = normal(k, [...dims, n as number], dtype);
  return shaped(add(m, einsum("...ij,...j->...i", cholesky(c), x)), [...dims, n as number], "multivariateNormal");
}

export interface OrthogonalOptions {
  /** Columns: as many as rows unless given. */
  readonly m?: number;
  readonly dtype?: FloatType;
}

/** Random matrices `f[shape…,n,m]` with orthonormal rows or columns, uniform among them. Mezzadri 2007, https://www.ams.org/notices/200705/fea-mezzadri-web.pdf @throws ArgumentError unless n and m are whole numbers @throws ShapeError @throws DTypeError for what is no key, or no float */
export function orthogonal(k: Tensor, n: number, shape: Shape = [], { m = n, dtype = "float32" }: OrthogonalOptions = {}): Tensor {
  for (const d of [n, m]) if (!Number.isInteger(d) || d < 0) throw new ArgumentError(`random.orthogonal: ${String(d)} has to be a whole number.`);
  const [q, r] = qr(normal(k, [...checkedShape(shape, "orthogonal"), Math.max(n, m), Math.min(n, m)], dtype), { fullMatrices: false });
  const d = diagonal(r, 0, -2, -1);
  const out = mul(q, expandDims(div(d, abs(d)), -2));
  return n < m ? matrixTranspose(out) : out;
}

/** One category per example along an axis, int32, with the probabilities softmax(logits); with a shape, so many more in front. @throws ShapeError for an axis out of range or empty @throws DTypeError for what is no key */
export function categorical(k: Tensor, logits: TensorLike, axis = -1, shape?: Shape): Tensor {
  const x = toTensor(logits, "random.categorical");
  const at = normalizeAxis(axis, x.ndim, "random.categorical");
  const batch = x.shape.filter((_, i) => i !== at);
  const lead = shape === undefined ? [] : checkedShape(shape, "categorical").slice(0, shape.length - batch.length);
  if (shape !== undefined && (shape.length < batch.length || batch.some((d, i) => d !== shape[lead.length + i]))) {
    throw new ShapeError(`random.categorical: the shape [${shape}] does not end with the shape [${batch}] of the examples of ${x.aval.toString()}.`);
  }
  return argmax(add(x, gumbel(k, [...lead, ...x.shape], x.dtype === "float64" ? "float64" : "float32")), lead.length + at);
}
