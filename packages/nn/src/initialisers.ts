// First weights: each initialiser takes a key, a shape and a dtype, and gives the numbers of jax.nn.initializers for the same key.
// Weights are [...receptive field, in, out] unless told otherwise.

import { ArgumentError, full, isTensor, moveAxis, mul, normalizeAxis, reshape, type Shape, ShapeError, type Tensor } from "@gradus/core";
import { random } from "@gradus/numpy";

/** First weights of a shape from a key; float32 unless a dtype is given. */
export type Initialiser = (key: Tensor, shape: Shape, dtype?: random.FloatType) => Tensor;

export type FanMode = "fanIn" | "fanOut" | "fanAvg" | "fanGeoAvg";
export type WeightDistribution = "uniform" | "normal" | "truncatedNormal";

export interface FanOptions {
  /** The axis of the inputs: the last but one unless given. */
  readonly inAxis?: number;
  /** The axis of the outputs: the last unless given. */
  readonly outAxis?: number;
  /** Axes along which there are independent weights: none unless given. */
  readonly batchAxis?: number | readonly number[];
}

// How many inputs an output has, and how many outputs an input.
function fans(shape: Shape, { inAxis = -2, outAxis = -1, batchAxis = [] }: FanOptions, what: string): [fanIn: number, fanOut: number] {
  if (shape.length < 2) throw new ShapeError(`${what}: the shape [${shape}] has no axes in and out: weights have at least two.`);
  const [i, o] = [inAxis, outAxis].map((a) => normalizeAxis(a, shape.length, what)) as [number, number];
  if (i === o) throw new ShapeError(`${what}: inAxis and outAxis are both axis ${i}: they must differ.`);
  const batch = (typeof batchAxis === "number" ? [batchAxis] : batchAxis).map((a) => normalizeAxis(a, shape.length, what));
  const field = shape.reduce((n, d, a) => (a === i || a === o || batch.includes(a) ? n : n * d), 1);
  return [field * (shape[i] as number), field * (shape[o] as number)];
}

// The standard deviation of a standard normal number between −2 and 2: √(1 − 4φ(2)/(2Φ(2) − 1)).
const truncatedDeviation = 0.8796256610342398;

/**
 * Weights of variance scale/fan of a distribution, a normal one cut at two standard deviations unless told otherwise.
 * @throws ArgumentError for a scale that is not positive, or an unknown fan or distribution @throws ShapeError (of the initialiser) for fewer than two axes
 * @example varianceScaling(2, "fanIn", "normal")(key, [3, 3, 16, 32])
 */
export function varianceScaling(scale: number, mode: FanMode, distribution: WeightDistribution = "truncatedNormal", options: FanOptions = {}): Initialiser {
  const what = "varianceScaling";
  if (!(typeof scale === "number" && scale > 0)) throw new ArgumentError(`${what}: the scale is ${String(scale)}, and has to be a positive JS number.`);
  if (!["fanIn", "fanOut", "fanAvg", "fanGeoAvg"].includes(mode)) throw new ArgumentError(`${what}: the fan is ${String(mode)}, expected "fanIn", "fanOut", "fanAvg" or "fanGeoAvg".`);
  if (!["uniform", "normal", "truncatedNormal"].includes(distribution)) throw new ArgumentError(`${what}: the distribution is ${String(distribution)}, expected "uniform", "normal" or "truncatedNormal".`);
  return (key, shape, dtype = "float32") => {
    const [fanIn, fanOut] = fans(shape, options, what);
    const fan = mode === "fanIn" ? fanIn : mode === "fanOut" ? fanOut : mode === "fanAvg" ? (fanIn + fanOut) / 2 : Math.sqrt(fanIn * fanOut);
    const variance = scale / Math.max(fan, Number.MIN_VALUE);
    if (distribution === "uniform") return mul(random.uniform(key, shape, dtype, -1, 1), Math.sqrt(3 * variance));
    if (distribution === "normal") return mul(random.normal(key, shape, dtype), Math.sqrt(variance));
    return mul(random.truncatedNormal(key, -2, 2, shape, dtype), Math.sqrt(variance) / truncatedDeviation);
  };
}

/** An initialiser by itself, and with options about the axes a maker of one. */
export interface FanInitialiser {
  (key: Tensor, shape: Shape, dtype?: random.FloatType): Tensor;
  (options?: FanOptions): Initialiser;
}

function byFan(scale: number, mode: FanMode, distribution: WeightDistribution): FanInitialiser {
  function initialise(key: Tensor, shape: Shape, dtype?: random.FloatType): Tensor;
  function initialise(options?: FanOptions): Initialiser;
  function initialise(first: Tensor | FanOptions = {}, shape?: Shape, dtype?: random.FloatType): Tensor | Initialiser {
    if (!isTensor(first)) return varianceScaling(scale, mode, distribution, first);
    if (!Array.isArray(shape)) throw new ArgumentError("An initialiser needs a shape behind its key: glorotUniform(key, [in, out]).");
    return varianceScaling(scale, mode, distribution)(first, shape as Shape, dtype);
  }
  return initialise;
}

/** Uniform weights of variance 2/(in + out). Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html */
export const glorotUniform: FanInitialiser = /* @__PURE__ */ byFan(1, "fanAvg", "uniform");
/** Normal weights, cut at two standard deviations, of variance 2/(in + out). */
export const glorotNormal: FanInitialiser = /* @__PURE__ */ byFan(1, "fanAvg", "truncatedNormal");
/** Uniform weights of variance 2/in, for rectifiers. He et al. 2015, https://arxiv.org/abs/1502.01852 */
export const heUniform: FanInitialiser = /* @__PURE__ */ byFan(2, "fanIn", "uniform");
/** Normal weights, cut at two standard deviations, of variance 2/in. */
export const heNormal: FanInitialiser = /* @__PURE__ */ byFan(2, "fanIn", "truncatedNormal");
/** Uniform weights of variance 1/in. LeCun et al. 1998, "Efficient BackProp", section 4.6 */
export const lecunUniform: FanInitialiser = /* @__PURE__ */ byFan(1, "fanIn", "uniform");
/** Normal weights, cut at two standard deviations, of variance 1/in. */
export const lecunNormal: FanInitialiser = /* @__PURE__ */ byFan(1, "fanIn", "truncatedNormal");
export { glorotNormal as xavierNormal, glorotUniform as xavierUniform, heNormal as kaimingNormal, heUniform as kaimingUniform };

function positive(value: number, what: string): number {
  if (typeof value === "number" && value > 0) return value;
  throw new ArgumentError(`${what} is ${String(value)}, and has to be a positive JS number.`);
}

/** Zeros; the key does not matter. */
export const zeros: Initialiser = (_key, shape, dtype = "float32") => full(shape, 0, dtype);

/** Ones; the key does not matter. */
export const ones: Initialiser = (_key, shape, dtype = "float32") => full(shape, 1, dtype);

/** One value; the key does not matter. */
export const constant = (value: number): Initialiser => (_key, shape, dtype = "float32") => full(shape, value, dtype);

/** Uniform weights from 0 up to the scale, 0.01 unless given. @throws ArgumentError unless it is positive */
export function uniform(scale = 0.01): Initialiser {
  positive(scale, "uniform: the scale");
  return (key, shape, dtype = "float32") => mul(random.uniform(key, shape, dtype), scale);
}

/** Normal weights of a standard deviation, 0.01 unless given. @throws ArgumentError unless it is positive */
export function normal(deviation = 0.01): Initialiser {
  positive(deviation, "normal: the standard deviation");
  return (key, shape, dtype = "float32") => mul(random.normal(key, shape, dtype), deviation);
}

/** Standard normal numbers between bounds, −2 and 2 unless given, times a number, 0.01 unless given. @throws ArgumentError unless it is positive */
export function truncatedNormal(deviation = 0.01, lower = -2, upper = 2): Initialiser {
  positive(deviation, "truncatedNormal: the standard deviation");
  return (key, shape, dtype = "float32") => mul(random.truncatedNormal(key, lower, upper, shape, dtype), deviation);
}

/** Random matrices with orthonormal rows or columns, whichever are fewer, times a scale; axes other than that of the columns are joined. @throws ShapeError (of the initialiser) for fewer than two axes, or an axis out of range */
export function orthogonal(scale = 1, columnAxis = -1): Initialiser {
  return (key, shape, dtype = "float32") => {
    if (shape.length < 2) throw new ShapeError(`orthogonal: the shape [${shape}] is none of matrices: weights have at least two axes.`);
    const at = normalizeAxis(columnAxis, shape.length, "orthogonal");
    const columns = shape[at] as number;
    const others = shape.filter((_, i) => i !== at);
    const q = random.orthogonal(key, others.reduce((n, d) => n * d, 1), [], { m: columns, dtype });
    return mul(moveAxis(reshape(q, [...others, columns]), shape.length - 1, at), scale);
  };
}
