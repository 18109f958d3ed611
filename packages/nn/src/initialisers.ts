// First weights from uniform noise: the same noise gives the same weights. Weights are [...receptive field, in, out].

import { ArgumentError, mul, ShapeError, type Tensor, type TensorLike } from "@gradus/core";
import { cos, log, sqrt, sub } from "@gradus/ops";
import { floating } from "./operand.js";

type Fan = "in" | "out" | "average";

/**
 * Weights of variance scale/fan, uniform, or normal if a second noise is given (Box & Muller 1958), from noise in [0, 1) of the
 * shape of the weights, `f[…,in,out]`. @throws ShapeError for fewer than two axes, or noises of different shapes
 * @throws ArgumentError for a scale that is not positive
 */
export function varianceScaling(noise: TensorLike, scale: number, fan: Fan = "in", secondNoise?: TensorLike): Tensor {
  const u = floating(noise, "varianceScaling");
  if (!(scale > 0)) throw new ArgumentError(`varianceScaling: the scale is ${String(scale)}, and has to be positive.`);
  if (u.ndim < 2) throw new ShapeError(`varianceScaling: ${u.aval.toString()} has no axes in and out: weights have at least two.`);
  const field = u.shape.slice(0, -2).reduce((n, d) => n * d, 1);
  const [fanIn, fanOut] = [field * (u.shape[u.ndim - 2] as number), field * (u.shape[u.ndim - 1] as number)];
  const size = fan === "in" ? fanIn : fan === "out" ? fanOut : (fanIn + fanOut) / 2;
  const variance = scale / Math.max(size, 1);
  if (secondNoise === undefined) return mul(sub(u, 0.5), 2 * Math.sqrt(3 * variance));
  const v = floating(secondNoise, "varianceScaling");
  if (v.ndim !== u.ndim || v.shape.some((d, i) => d !== u.shape[i])) throw new ShapeError(`varianceScaling: the noises ${u.aval.toString()} and ${v.aval.toString()} must have equal shapes.`);
  // 1 − u, since u may be 0.
  return mul(mul(sqrt(mul(log(sub(1, u)), -2)), cos(mul(v, 2 * Math.PI))), Math.sqrt(variance));
}

/** Variance 2/(in + out). Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html @throws ShapeError */
export const glorotUniform = (noise: TensorLike): Tensor => varianceScaling(noise, 1, "average");

/** Variance 2/in, for rectifiers. He et al. 2015, https://arxiv.org/abs/1502.01852 @throws ShapeError */
export const heUniform = (noise: TensorLike): Tensor => varianceScaling(noise, 2, "in");

/** Variance 1/in. LeCun et al. 1998, "Efficient BackProp", section 4.6 @throws ShapeError */
export const lecunUniform = (noise: TensorLike): Tensor => varianceScaling(noise, 1, "in");

/** Variance 2/(in + out), normal, from two noises. @throws ShapeError */
export const glorotNormal = (noise: TensorLike, secondNoise: TensorLike): Tensor => varianceScaling(noise, 1, "average", secondNoise);

/** Variance 2/in, normal, from two noises. @throws ShapeError */
export const heNormal = (noise: TensorLike, secondNoise: TensorLike): Tensor => varianceScaling(noise, 2, "in", secondNoise);
