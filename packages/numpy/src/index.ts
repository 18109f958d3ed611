// @gradus/numpy: the names and the argument order of NumPy, in camelCase where they have two words. Use: import * as np.

export * from "./creation.js";
export { diagonal, trace } from "./diagonal.js";
export * from "./shape.js";
export * from "./reductions.js";
export * from "./elementwise.js";
export * from "./products.js";
export { einsum } from "./einsum.js";
export type { Indexed } from "./indexing.js";
export { at, searchsorted, take, takeAlongAxis } from "./indexing.js";
export * as fft from "./fft.js";
export * as linalg from "./linalg.js";
export * as random from "./random.js";
