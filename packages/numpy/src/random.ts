// np.random: random numbers from keys, with the bits of jax.random for the same key (Threefry, partitionable). A key used twice
// gives the same numbers twice, and numbers of two kinds from one key depend on one another: split it, and use each part
// once. Nothing here has a state. Numbers carry no gradient to their key, and one to the parameters of their distribution.

export * from "./random/keys.js";
export * from "./random/uniform.js";
export type { OrthogonalOptions } from "./random/distributions.js";
export {
  categorical, cauchy, doubleSidedMaxwell, exponential, geometric, gumbel, laplace, logistic, lognormal, maxwell, multivariateNormal, normal, orthogonal, pareto, rayleigh, triangular, truncatedNormal, wald,
  weibullMin,
} from "./random/distributions.js";
export * from "./random/choice.js";
export * from "./random/gamma.js";
export * from "./random/poisson.js";
