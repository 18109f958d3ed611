// @gradus/numpy: the names and the argument order of NumPy, in camelCase where they have two words. Use: import * as np.

export * from "./creation.js";
export { diagonal, trace } from "./diagonal.js";
export * from "./shape.js";
export * from "./reductions.js";
export * from "./elementwise.js";
export * from "./rounding.js";
export * from "./angles.js";
export * from "./integers.js";
export * from "./products.js";
export { einsum } from "./einsum.js";
export { putAlongAxis, take, takeAlongAxis } from "./indexing.js";
export type { IndexEntry, MultiIndex, SliceEntry } from "./index-plan.js";
export { index } from "./index-plan.js";
export * from "./at.js";
export type { ExtractOptions, SearchOptions, Side, SizeOptions } from "./searching.js";
export { argwhere, compress, digitize, extract, flatnonzero, nonzero, ravelMultiIndex, searchsorted, unravelIndex } from "./searching.js";
export * from "./sets.js";
export * from "./nan-reductions.js";
export * from "./quantiles.js";
export * from "./differences.js";
export * as fft from "./fft.js";
export * as linalg from "./linalg.js";
export * as random from "./random.js";
