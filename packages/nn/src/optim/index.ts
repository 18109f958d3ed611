// nn.optim: optimisers, the parts they are made of, and schedules.

export type { ChainState, GradientTransformation } from "./transformation.js";
export { applyUpdates, chain } from "./transformation.js";
export type { AdamOptions, AdamState, RateState } from "./scalings.js";
export { addDecayedWeights, clipByGlobalNorm, globalNorm, scale, scaleByAdam, scaleByLearningRate, scaleByRms, trace } from "./scalings.js";
export type { AdagradOptions, LionOptions } from "./adaptive.js";
export { clip, clipByBlockRms, scaleByLion, scaleByRss } from "./adaptive.js";
export { adagrad, adam, adamw, lion, momentum, nesterov, rmsprop, sgd } from "./optimisers.js";
export type { Schedule } from "./schedules.js";
export { constant, cosineDecay, exponentialDecay, join, joinSchedules, linear, piecewiseConstant, polynomial, warmup, warmupCosineDecay } from "./schedules.js";
