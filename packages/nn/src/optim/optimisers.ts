// Optimisers as users name them: chains of the parts.

import type { TensorLike } from "@gradus/core";
import { type AdagradOptions, type LionOptions, scaleByLion, scaleByRss } from "./adaptive.js";
import { addDecayedWeights, type AdamOptions, type AdamState, type RateState, scaleByAdam, scaleByLearningRate, scaleByRms, trace } from "./scalings.js";
import type { Schedule } from "./schedules.js";
import { chain, type GradientTransformation } from "./transformation.js";

type Rate = TensorLike | Schedule;

/** −rate·g. @example const opt = sgd(0.1); let state = opt.init(params); [updates, state] = opt.update(grads, state); */
export function sgd(rate: Rate): GradientTransformation<RateState> {
  return scaleByLearningRate(rate);
}

/**
 * −rate·m with m = decay·m + g (Polyak 1964), and with `nesterov` −rate·(g + decay·m) (Sutskever et al. 2013,
 * https://proceedings.mlr.press/v28/sutskever13.html). @throws ArgumentError for a decay out of [0, 1)
 */
export function momentum(rate: Rate, decay = 0.9, options: { readonly nesterov?: boolean } = {}): GradientTransformation<readonly [{ trace: any }, RateState]> {
  return chain(trace(decay, options), scaleByLearningRate(rate));
}

/** Adam: −rate·m̂/(√v̂ + ε). Kingma & Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1. @throws ArgumentError for decays out of [0, 1) */
export function adam(rate: Rate, options: AdamOptions = {}): GradientTransformation<readonly [AdamState, RateState]> {
  return chain(scaleByAdam(options), scaleByLearningRate(rate));
}

/**
 * Adam with decoupled weight decay: −rate·(m̂/(√v̂ + ε) + weightDecay·p), 1e-4 unless given. Loshchilov & Hutter 2019,
 * https://arxiv.org/abs/1711.05101, algorithm 2. @throws ArgumentError if update is given no parameters, or for decays out of [0, 1)
 */
export function adamw(rate: Rate, { weightDecay = 1e-4, ...options }: AdamOptions & { readonly weightDecay?: number } = {}): GradientTransformation<readonly [AdamState, null, RateState]> {
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate));
}

/** −rate·g/√(v + ε) with v a decayed mean of g². @throws ArgumentError for a decay out of [0, 1) */
export function rmsprop(rate: Rate, options: { readonly decay?: number; readonly eps?: number } = {}): GradientTransformation<readonly [{ nu: any }, RateState]> {
  return chain(scaleByRms(options), scaleByLearningRate(rate));
}

/** −rate·g/√(s + ε) with s the sum of g² so far. Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html @throws ArgumentError for a negative start of the sums */
export function adagrad(rate: Rate, options: AdagradOptions = {}): GradientTransformation<readonly [{ sum: any }, RateState]> {
  return chain(scaleByRss(options), scaleByLearningRate(rate));
}

/** −rate·(sign(b1·m + (1 − b1)·g) + weightDecay·p), 1e-3 unless given. Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2. @throws ArgumentError if update is given no parameters, or for decays out of [0, 1) */
export function lion(rate: Rate, { weightDecay = 1e-3, ...options }: LionOptions & { readonly weightDecay?: number } = {}): GradientTransformation<readonly [{ mu: any }, null, RateState]> {
  return chain(scaleByLion(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate));
}

/** {@link momentum} with Nesterov's correction: −rate·(g + decay·m). @throws ArgumentError for a decay out of [0, 1) */
export const nesterov = (rate: Rate, decay = 0.9): GradientTransformation<readonly [{ trace: any }, RateState]> => momentum(rate, decay, { nesterov: true });
