// @gradus/batching: vmap.

export type { Axes, AxesOf, VmapOptions } from "./vmap.js";
export { vmap } from "./vmap.js";
export type { Batched } from "./handler.js";
export { align, batchFlat, BatchHandler } from "./handler.js";
