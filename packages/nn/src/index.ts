// @gradus/nn: activations, losses, first weights and optimisers. Conventions at corners are those of jax.nn.

export type { AxisList } from "./operand.js";
export { celu, elu, glu, hardSigmoid, hardSilu, hardSilu as hardSwish, hardTanh, leakyRelu, relu, relu6, relu6P, reluP, selu, sparsePlus, sparseSigmoid } from "./rectifiers.js";
export type { GeluOptions } from "./smooth.js";
export { gelu, identity, log1mexp, logSigmoid, mish, silu, silu as swish, softplus, softSign, squareplus } from "./smooth.js";
export { sigmoid, tanh } from "@gradus/ops";
export type { KeepDims, StandardizeOptions } from "./normalise.js";
export { logmeanexp, logSoftmax, logsumexp, softmax, standardize } from "./normalise.js";
export { logaddexp } from "@gradus/surrogates";
export { oneHot } from "@gradus/ops";
export type { CrossEntropyOptions, HuberOptions, LossOptions } from "./losses.js";
export { binaryCrossEntropyWithLogits, crossEntropy, huber, klDivergence, mae, mse } from "./losses.js";
export type { CosineOptions } from "./distances.js";
export { cosineDistance, cosineSimilarity, hinge, l2Loss, logCosh } from "./distances.js";
export type { FanInitialiser, FanMode, FanOptions, Initialiser, WeightDistribution } from "./initialisers.js";
export {
  glorotNormal, glorotUniform, heNormal, heUniform, kaimingNormal, kaimingUniform, lecunNormal, lecunUniform, orthogonal, truncatedNormal, varianceScaling, xavierNormal, xavierUniform,
} from "./initialisers.js";
export type { AvgPoolOptions, PoolOptions } from "./pooling.js";
export { avgPool, maxPool, minPool } from "./pooling.js";
export * as initializers from "./initialisers.js";
export * as optim from "./optim/index.js";
