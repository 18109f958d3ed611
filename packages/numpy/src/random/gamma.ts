// Numbers of the gamma distribution, by rejection, and of those that are made of them. Each element has a key of its own, and
// loops until it is accepted. There is no derivative by the parameters of the gamma distribution.

import { add, type Aval, avalOf, bind, broadcastShapes, broadcastTo, cast, definePrimitive, full, missingRule, moveAxis, mul, neg, type Primitive, reduceSum, reshape, select, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { whileLoop } from "@gradus/control-flow";
import { abs, and, bitcast, div, erfInv, exp, expandDims, greaterEqual, iota, lessEqual, log, log1p, max, or, pow, reduceMax, reduceOr, shiftRightLogical, sqrt, square, sub, take, threefry2x32, threefry2x32P, xor } from "@gradus/ops";
import { aboveMinusOne, exponential, normal } from "./distributions.js";
import { split } from "./keys.js";
import { checkedShape, floatType, type FloatType, rademacher } from "./uniform.js";

/** Keys of elements: their first and their second words. */
type Keys = readonly [Tensor, Tensor];

const child = ([a, b]: Keys, i: number): Keys => bind(threefry2x32P, [a, b, full(a.shape, 0, "uint32"), full(a.shape, i, "uint32")]) as [Tensor, Tensor];

// What uniform gives for each key, from 0 up to 1.
function unit(keys: Keys, dtype: FloatType): Tensor {
  const [high, low] = child(keys, 0);
  if (dtype === "float32") return sub(bitcast(or(shiftRightLogical(xor(high, low), 9), 0x3f800000), "float32"), 1);
  return add(mul(cast(high, "float64"), 2 ** -32), mul(cast(shiftRightLogical(low, 12), "float64"), 2 ** -52));
}

function standardNormal(keys: Keys, dtype: FloatType): Tensor {
  const low = aboveMinusOne(dtype);
  const width = dtype === "float32" ? Math.fround(1 - low) : 1 - low;
  return mul(erfInv(max(add(mul(unit(keys, dtype), width), low), low)), Math.SQRT2);
}

const choose = (which: Tensor, [a, b]: Keys, [c, d]: Keys): Keys => [select(which, a, c), select(which, b, d)];

interface GammaParams {
  /** Whether the logarithm is asked for, which does not underflow where alpha is small. */
  logarithm: boolean;
}

/** random_gamma(k0, k1, alpha): a number of the gamma distribution of shape alpha for each key. */
const gammaP: Primitive<GammaParams> = /* @__PURE__ */ definePrimitive<GammaParams>("@gradus/random_gamma", {
  abstractEval: ([, , alpha]) => avalOf((alpha as Aval).shape, (alpha as Aval).dtype),
  decompose: ([a, b, alpha], { logarithm }) => sampled([a as Tensor, b as Tensor], alpha as Tensor, logarithm),
  rules: {
    jvp(args) {
      throw missingRule(gammaP, "differentiation by its shape parameter, which the incomplete gamma function would have to have", "jvp", args);
    },
    batch(args, axes, params, axisSize) {
      const ready = args.map((x, i) => (axes[i] === null ? broadcastTo(x, [axisSize, ...x.shape]) : moveAxis(x, axes[i] as number, 0)));
      return [bind(gammaP, ready, params), 0];
    },
  },
});

// Source: Marsaglia & Tsang, "A simple method for generating gamma variables", 2000, https://doi.org/10.1145/358407.358414
function sampled(keys: Keys, given: Tensor, logarithm: boolean): Tensor {
  const dtype = given.dtype as FloatType;
  // Below 1 it is taken for alpha + 1, times u^(1/alpha).
  const isLarge = greaterEqual(given, 1);
  const d = sub(select(isLarge, given, add(given, 1)), 1 / 3);
  const c = div(1 / 3, sqrt(d));
  const start = child(keys, 0);
  const ones = full(given.shape, 1, dtype);
  type State = { a: Tensor; b: Tensor; squares: Tensor; cubes: Tensor; u: Tensor };
  const isRejected = ({ squares, cubes, u }: State): Tensor =>
    and(greaterEqual(u, sub(1, mul(square(squares), 0.0331))), greaterEqual(log(u), add(mul(squares, 0.5), mul(d, add(sub(1, cubes), log(cubes))))));
  const step = (s: State): State => {
    const open = isRejected(s);
    const now: Keys = [s.a, s.b];
    const [next, forX, forU] = [0, 1, 2].map((i) => child(now, i)) as [Keys, Keys, Keys];
    const { x, v } = positive(forX, c, dtype);
    const after = choose(open, next, now);
    return { a: after[0], b: after[1], squares: select(open, square(x), s.squares), cubes: select(open, mul(square(v), v), s.cubes), u: select(open, unit(forU, dtype), s.u) };
  };
  const first: State = { a: start[0], b: start[1], squares: full(given.shape, 0, dtype), cubes: ones, u: full(given.shape, 2, dtype) };
  const { cubes } = whileLoop((s: State) => reduceOr(isRejected(s)), step, first as never) as unknown as State;
  const u = unit(child(keys, 1), dtype);
  if (!logarithm) return mul(mul(d, cubes), select(isLarge, 1, pow(sub(1, u), div(1, given))));
  const boost = log1p(neg(u));
  const isNone = or(isLarge, greaterEqual(boost, 0));
  return add(add(log(d), log(cubes)), select(isNone, 0, mul(boost, div(1, given))));
}

// Normal numbers x with 1 + cx positive: as a rule the first ones.
function positive(keys: Keys, c: Tensor, dtype: FloatType): { x: Tensor; v: Tensor } {
  type State = { a: Tensor; b: Tensor; x: Tensor; v: Tensor };
  const first: State = { a: keys[0], b: keys[1], x: full(c.shape, 0, dtype), v: full(c.shape, -1, dtype) };
  return whileLoop(
    (s: State) => reduceOr(lessEqual(s.v, 0)),
    (s: State): State => {
      const open = lessEqual(s.v, 0);
      const now: Keys = [s.a, s.b];
      const x = standardNormal(child(now, 1), dtype);
      const [a, b] = choose(open, child(now, 0), now);
      return { a, b, x: select(open, x, s.x), v: select(open, add(1, mul(x, c)), s.v) };
    },
    first as never,
  ) as unknown as State;
}

function drawn(k: Tensor, a: TensorLike, shape: Shape | undefined, dtype: FloatType, logarithm: boolean, what: string): Tensor {
  const alpha = cast(toTensor(a, `random.${what}`), floatType(dtype, what));
  const dims = shape !== undefined ? checkedShape(shape, what) : alpha.shape;
  const spread = reshape(broadcastTo(alpha, dims), [dims.reduce((n, d) => n * d, 1)]);
  const n = spread.size;
  const [k0, k1] = threefry2x32(k, full([n], 0, "uint32"), iota(n, "uint32"));
  return reshape(bind(gammaP, [k0, k1, spread], { logarithm }), dims);
}

/** Numbers of the gamma distribution of shape a, which broadcasts to the shape. @throws ShapeError @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by a */
export const gamma = (k: Tensor, a: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor => drawn(k, a, shape, dtype, false, "gamma");

/** The logarithms of {@link gamma}, which do not underflow where a is small. @throws ShapeError @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by a */
export const loggamma = (k: Tensor, a: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor => drawn(k, a, shape, dtype, true, "loggamma");

const two = (k: Tensor): [Tensor, Tensor] => {
  const keys = split(k);
  return [take(keys, 0, 0), take(keys, 1, 0)];
};
const together = (x: TensorLike, y: TensorLike, shape: Shape | undefined, what: string): Shape => (shape !== undefined ? checkedShape(shape, what) : broadcastShapes(toTensor(x, what).shape, toTensor(y, what).shape, `random.${what}`));

/** Numbers of the beta distribution of parameters a and b. @throws ShapeError @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by a or b */
export function beta(k: Tensor, a: TensorLike, b: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const dims = together(a, b, shape, "beta");
  const [forA, forB] = two(k);
  const [x, y] = [loggamma(forA, a, dims, dtype), loggamma(forB, b, dims, dtype)];
  const most = max(x, y);
  const [p, q] = [exp(sub(x, most)), exp(sub(y, most))];
  return div(p, add(p, q));
}

/** Vectors on the last axis that sum to 1, of the Dirichlet distribution of parameters alpha `f[…,n]`. @throws ShapeError for a number @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by alpha */
export function dirichlet(k: Tensor, alpha: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const t = toTensor(alpha, "random.dirichlet");
  if (t.ndim === 0) throw new ShapeError(`random.dirichlet: the parameters ${t.aval.toString()} are no vector.`);
  const logs = loggamma(k, t, [...(shape !== undefined ? checkedShape(shape, "dirichlet") : t.shape.slice(0, -1)), t.shape[t.ndim - 1] as number], dtype);
  const e = exp(sub(logs, expandDims(reduceMax(logs, -1), -1)));
  return div(e, expandDims(reduceSum(e, -1), -1));
}

/** Numbers of the chi-square distribution of so many degrees of freedom. @throws ShapeError @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by df */
export const chisquare = (k: Tensor, df: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor =>
  mul(exp(loggamma(k, div(cast(toTensor(df, "random.chisquare"), floatType(dtype, "chisquare")), 2), shape, dtype)), 2);

/** Numbers of the F distribution. @throws ShapeError @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by its degrees of freedom */
export function f(k: Tensor, dfNum: TensorLike, dfDen: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const dims = together(dfNum, dfDen, shape, "f");
  const [forDen, forNum] = two(k);
  const part = (key: Tensor, df: TensorLike): Tensor => div(chisquare(key, df, dims, dtype), cast(toTensor(df, "random.f"), dtype));
  return div(part(forNum, dfNum), part(forDen, dfDen));
}

/** Numbers of Student's t distribution of so many degrees of freedom. @throws ShapeError @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by df */
export function t(k: Tensor, df: TensorLike, shape?: Shape, dtype: FloatType = "float32"): Tensor {
  const half = div(cast(toTensor(df, "random.t"), floatType(dtype, "t")), 2);
  const dims = shape !== undefined ? checkedShape(shape, "t") : half.shape;
  const [forNormal, forGamma] = two(k);
  return mul(normal(forNormal, dims, dtype), sqrt(div(half, gamma(forGamma, half, dims, dtype))));
}

/** Numbers of density proportional to e^(−|x|^p). @throws ShapeError @throws DTypeError for what is no key, or no float @throws MissingRuleError differentiated by p */
export function generalizedNormal(k: Tensor, p: TensorLike, shape: Shape = [], dtype: FloatType = "float32"): Tensor {
  const power = cast(toTensor(p, "random.generalizedNormal"), floatType(dtype, "generalizedNormal"));
  const [forGamma, forSign] = two(k);
  const size = pow(gamma(forGamma, div(1, power), checkedShape(shape, "generalizedNormal"), dtype), div(1, power));
  return mul(cast(rademacher(forSign, shape), dtype), size);
}

/** Points of the unit ball of so many axes, where Σ|x|^p ≤ 1, uniform in it: `f[shape…,d]`. Barthe, Guédon, Mendelson & Naor 2005, https://doi.org/10.1214/009117904000000874 @throws ShapeError @throws DTypeError for what is no key, or no float */
export function ball(k: Tensor, d: number, p = 2, shape: Shape = [], dtype: FloatType = "float32"): Tensor {
  const [forPoint, forLength] = two(k);
  const g = generalizedNormal(forPoint, p, [...checkedShape(shape, "ball"), d], dtype);
  const length = add(reduceSum(pow(abs(g), p), -1), exponential(forLength, shape, dtype));
  return div(g, expandDims(pow(length, 1 / p), -1));
}
