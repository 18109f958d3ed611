// @gradus/nn: activations, losses, first weights and optimisers. Conventions at corners are those of jax.nn.

export type { AxisList } from "./operand.js";
export { elu, hardTanh, leakyRelu, relu, relu6, relu6P, reluP, selu } from "./rectifiers.js";
export type { GeluOptions } from "./smooth.js";
export { gelu, logSigmoid, silu, softplus, softSign } from "./smooth.js";
export { sigmoid, tanh } from "@gradus/ops";
export type { KeepDims } from "./normalise.js";
export { logSoftmax, logsumexp, softmax } from "./normalise.js";
export { logaddexp } from "@gradus/surrogates";
export type { AvgPoolOptions, PoolOptions } from "./pooling.js";
export { avgPool, maxPool, minPool } from "./pooling.js";
export { oneHot } from "@gradus/ops";
export type { CrossEntropyOptions, HuberOptions, LossOptions } from "./losses.js";
export { binaryCrossEntropyWithLogits, crossEntropy, huber, klDivergence, mae, mse } from "./losses.js";
export { glorotNormal, glorotUniform, heNormal, heUniform, lecunUniform, varianceScaling } from "./initialisers.js";
export * as optim from "./optim/index.js";
