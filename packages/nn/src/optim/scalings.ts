// The parts that optimisers are chained from.

import { add, ArgumentError, array, mul, neg, select, type Tensor, type TensorLike, toTensor, treeLeaves, treeMap } from "@gradus/core";
import { div, equal, expm1, less, reduceSum, sqrt, square, zerosLike } from "@gradus/ops";
import type { Schedule } from "./schedules.js";
import { type GradientTransformation, like, stateless, tensors } from "./transformation.js";

const zeros = (params: unknown): any => treeMap((p: TensorLike) => zerosLike(p), params);

/** A decayed sum m·decay + g of the gradients, and with `nesterov` g + decay·m of that. */
export function trace(decay: number, { nesterov = false }: { readonly nesterov?: boolean } = {}): GradientTransformation<{ trace: any }> {
  checkRate(decay, "trace: decay");
  const step = (g: Tensor, m: Tensor): Tensor => like(add(g, mul(m, decay)), g);
  return {
    init: (params) => ({ trace: zeros(params) }),
    update(grads, state) {
      const g: any = tensors(grads);
      const m = treeMap(step, g, state.trace);
      return [(nesterov ? treeMap(step, g, m) : m) as never, { trace: m }];
    },
  };
}

/** The state of Adam: how many steps, and decayed means of gradients and of their squares. */
export interface AdamState {
  readonly count: Tensor;
  readonly mu: any;
  readonly nu: any;
}

export interface AdamOptions {
  /** Decay of the mean of gradients: 0.9 unless given. */
  readonly b1?: number;
  /** Decay of the mean of squares: 0.999 unless given. */
  readonly b2?: number;
  /** Added to the root: 1e-8 unless given. */
  readonly eps?: number;
}

/** m̂/(√v̂ + ε) of Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1. @throws ArgumentError for decays out of [0, 1) */
export function scaleByAdam({ b1 = 0.9, b2 = 0.999, eps = 1e-8 }: AdamOptions = {}): GradientTransformation<AdamState> {
  checkRate(b1, "adam: b1");
  checkRate(b2, "adam: b2");
  return {
    init: (params) => ({ count: array(0, { dtype: "int32" }), mu: zeros(params), nu: zeros(params) }),
    update(grads, state) {
      const g: any = tensors(grads);
      const mu: any = treeMap((m: Tensor, x: Tensor) => decayed(m, x, b1), state.mu, g);
      const nu: any = treeMap((v: Tensor, x: Tensor) => decayed(v, square(x), b2), state.nu, g);
      const count = add(state.count, 1);
      const scaled = treeMap((m: Tensor, v: Tensor) => {
        const t = like(count, m);
        return div(div(m, bias(b1, t)), add(sqrt(div(v, bias(b2, t))), eps));
      }, mu, nu);
      return [scaled as never, { count, mu, nu }];
    },
  };
}

// 1 − b^t, without the cancellation of b near 1.
const bias = (b: number, t: Tensor): Tensor => neg(expm1(mul(t, Math.log(b))));

const decayed = (mean: Tensor, x: Tensor, decay: number): Tensor => like(add(mul(mean, decay), mul(x, 1 - decay)), mean);

/** g/√(v + ε) with a decayed mean v of squares. Tieleman & Hinton 2012, Coursera "Neural networks for machine learning", lecture 6.5. */
export function scaleByRms({ decay = 0.9, eps = 1e-8 }: { readonly decay?: number; readonly eps?: number } = {}): GradientTransformation<{ nu: any }> {
  checkRate(decay, "rmsprop: decay");
  return {
    init: (params) => ({ nu: zeros(params) }),
    update(grads, state) {
      const g: any = tensors(grads);
      const nu: any = treeMap((v: Tensor, x: Tensor) => decayed(v, square(x), decay), state.nu, g);
      return [treeMap((x: Tensor, v: Tensor) => div(x, sqrt(add(v, eps))), g, nu) as never, { nu }];
    },
  };
}

/** g + rate·params, decoupled from what comes before it. @throws ArgumentError if update is given no parameters */
export function addDecayedWeights(rate: TensorLike): GradientTransformation<null> {
  return stateless((grads, params) => {
    if (params === undefined) throw new ArgumentError("addDecayedWeights: weight decay needs the parameters: update(grads, state, params).");
    return treeMap((g: Tensor, p: TensorLike) => like(add(g, mul(p, rate)), g), grads, params);
  });
}

/** g times a factor. */
export function scale(factor: TensorLike): GradientTransformation<null> {
  return stateless((grads) => treeMap((g: Tensor) => like(mul(g, factor), g), grads));
}

/** The state of a schedule: how many steps, or null for a fixed rate. */
export type RateState = { readonly count: Tensor } | null;

/** −rate·g: a step downhill. A schedule is asked with the number of steps taken, from 0. */
export function scaleByLearningRate(rate: TensorLike | Schedule): GradientTransformation<RateState> {
  if (typeof rate !== "function") {
    const fixed = toTensorOrNumber(rate);
    return stateless((grads) => treeMap((g: Tensor) => like(neg(mul(g, fixed)), g), grads));
  }
  return {
    init: () => ({ count: array(0, { dtype: "int32" }) }),
    update(grads, state) {
      const count = (state as { count: Tensor }).count;
      const now = rate(count);
      return [treeMap((g: Tensor) => like(neg(mul(g, now)), g), tensors(grads) as any) as never, { count: add(count, 1) }];
    },
  };
}

/** √Σx² over all leaves; its gradient at the origin is 0. @throws DTypeError */
export function globalNorm(tree: unknown): Tensor {
  const sums = treeLeaves(tree).map((x) => reduceSum(square(toTensor(x, "globalNorm"))));
  const sum = sums.reduce((a, b) => add(a, b), array(0));
  const isZero = equal(sum, 0);
  return select(isZero, 0, sqrt(select(isZero, 1, sum)));
}

/** Gradients scaled down together to a norm of at most `max`. Pascanu, Mikolov & Bengio 2013, https://arxiv.org/abs/1211.5063, algorithm 1. @throws ArgumentError unless max is positive */
export function clipByGlobalNorm(max: number): GradientTransformation<null> {
  if (!(typeof max === "number" && max > 0)) throw new ArgumentError(`clipByGlobalNorm: the norm is ${String(max)}, and has to be a positive JS number.`);
  return stateless((grads) => {
    const norm = globalNorm(grads);
    const isShort = less(norm, max);
    const factor = select(isShort, 1, div(max, select(isShort, 1, norm)));
    return treeMap((g: Tensor) => like(mul(g, factor), g), grads);
  });
}

function toTensorOrNumber(rate: TensorLike): TensorLike {
  if (typeof rate === "number") return rate;
  return toTensor(rate, "learning rate");
}

/** @throws ArgumentError for a decay out of [0, 1) */
export function checkRate(decay: number, what: string): void {
  if (!(typeof decay === "number" && decay >= 0 && decay < 1)) throw new ArgumentError(`${what} is ${String(decay)}, and has to be a JS number in [0, 1).`);
}
