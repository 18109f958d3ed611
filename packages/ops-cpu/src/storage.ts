// Memory for results: always fresh, always collected by the engine.

import { allocate, type DType, type TypedArray } from "@gradus/core";

// Engines keep tiny typed arrays (64 bytes in V8) on their own heap and make an ArrayBuffer for each larger one, which
// costs more than an operation on a few hundred elements. Those share buffers of 8 KiB, as Node's Buffer does; a buffer
// is collected with the last array in it, so a small array can hold on to that much and no more.
const poolSize = 8192;
let pool: ArrayBuffer | undefined;
let used = poolSize;

/** A zero-filled typed array with room for `size` elements of `dtype`. */
export function fresh(dtype: DType, size: number): TypedArray {
  if (dtype !== "float32") return allocate(dtype, size);
  if (size <= 16 || size > 256) return new Float32Array(size);
  used += size * 4;
  if (used > poolSize) {
    pool = new ArrayBuffer(poolSize);
    used = size * 4;
  }
  return new Float32Array(pool as ArrayBuffer, used - size * 4, size);
}
