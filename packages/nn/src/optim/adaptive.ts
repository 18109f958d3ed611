// Parts of optimisers that measure steps by gradients so far, and clip them.

import { add, ArgumentError, mul, reduceSum, select, type Tensor, type TensorLike, treeMap } from "@gradus/core";
import { div, fullLike, greater, max, min, rsqrt, sign, sqrt, square, zerosLike } from "@gradus/ops";
import { checkRate } from "./scalings.js";
import { type GradientTransformation, like, stateless, tensors } from "./transformation.js";

export interface AdagradOptions {
  /** What the sums of squares start from: 0.1 unless given. */
  readonly initial?: number;
  /** Added to the sums: 1e-7 unless given. */
  readonly eps?: number;
}

/** g/√(s + ε) with the sum s of squares so far; 0 where s is 0. Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html @throws ArgumentError for a negative start */
export function scaleByRss({ initial = 0.1, eps = 1e-7 }: AdagradOptions = {}): GradientTransformation<{ sum: any }> {
  if (!(typeof initial === "number" && initial >= 0)) throw new ArgumentError(`adagrad: the sums start from ${String(initial)}, and have to from a number that is not negative.`);
  return {
    init: (params) => ({ sum: treeMap((p: TensorLike) => fullLike(p as Tensor, initial), params as any) }),
    update(grads, state) {
      const g: any = tensors(grads);
      const sum: any = treeMap((s: Tensor, x: Tensor) => like(add(s, square(x)), s), state.sum, g);
      const scaled = treeMap((s: Tensor, x: Tensor) => {
        const isPositive = greater(s, 0);
        return select(isPositive, mul(x, rsqrt(add(select(isPositive, s, 1), eps))), 0);
      }, sum, g);
      return [scaled as never, { sum }];
    },
  };
}

export interface LionOptions {
  /** Decay within the direction of a step: 0.9 unless given. */
  readonly b1?: number;
  /** Decay of the mean of gradients: 0.99 unless given. */
  readonly b2?: number;
}

/** The signs of b1·m + (1 − b1)·g, with the mean m of gradients decayed by b2. Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2. @throws ArgumentError for decays out of [0, 1) */
export function scaleByLion({ b1 = 0.9, b2 = 0.99 }: LionOptions = {}): GradientTransformation<{ mu: any }> {
  checkRate(b1, "lion: b1");
  checkRate(b2, "lion: b2");
  const mix = (m: Tensor, x: Tensor, decay: number): Tensor => like(add(mul(m, decay), mul(x, 1 - decay)), m);
  return {
    init: (params) => ({ mu: treeMap((p: TensorLike) => zerosLike(p as Tensor), params as any) }),
    update(grads, state) {
      const g: any = tensors(grads);
      const steps = treeMap((m: Tensor, x: Tensor) => sign(mix(m, x, b1)), state.mu, g);
      return [steps as never, { mu: treeMap((m: Tensor, x: Tensor) => mix(m, x, b2), state.mu, g) }];
    },
  };
}

/** Every entry of the gradients cut to −max … max. @throws ArgumentError unless max is positive */
export function clip(most: number): GradientTransformation<null> {
  if (!(typeof most === "number" && most > 0)) throw new ArgumentError(`clip: the bound is ${String(most)}, and has to be a positive JS number.`);
  return stateless((grads) => treeMap((g: Tensor) => min(max(g, -most), most), grads));
}

/** Each leaf scaled down to a root mean square of at most `most`. @throws ArgumentError unless it is positive */
export function clipByBlockRms(most: number): GradientTransformation<null> {
  if (!(typeof most === "number" && most > 0)) throw new ArgumentError(`clipByBlockRms: the bound is ${String(most)}, and has to be a positive JS number.`);
  return stateless((grads) =>
    treeMap((g: Tensor) => {
      const mean = div(reduceSum(square(g)), Math.max(g.size, 1));
      const isLong = greater(mean, most * most);
      return like(div(g, select(isLong, div(sqrt(select(isLong, mean, 1)), most), 1)), g);
    }, grads),
  );
}
