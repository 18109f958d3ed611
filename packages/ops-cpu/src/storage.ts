// Memory for results: always fresh, always collected by the engine.

import { allocate, type DType, type TypedArray } from "@gradus/core";

// Engines keep tiny typed arrays (64 bytes in V8) on their own heap and make an ArrayBuffer for each larger one, which
// costs more than an operation on a few hundred elements. Those share buffers of 8 KiB, as Node's Buffer does; a buffer
// is collected with the last array in it, so a small array can hold on to that much and no more.
const pooledFrom = 65;
const pooledTo = 1024;
const poolSize = 8192;
let pool: ArrayBuffer | undefined;
let used = 0;

/** A zero-filled typed array with room for `size` elements of `dtype`. */
export function fresh(dtype: DType, size: number): TypedArray {
  const bytes = dtype === "float64" ? size * 8 : size * 4; // a bool counts for more than it needs
  if (bytes < pooledFrom || bytes > pooledTo) return dtype === "float32" ? new Float32Array(size) : allocate(dtype, size);
  if (pool === undefined || used + bytes > poolSize) {
    pool = new ArrayBuffer(poolSize);
    used = 0;
  }
  const at = used;
  used += (bytes + 7) & ~7; // doubles lie at multiples of 8
  switch (dtype) {
    case "float32":
      return new Float32Array(pool, at, size);
    case "float64":
      return new Float64Array(pool, at, size);
    case "int32":
      return new Int32Array(pool, at, size);
    case "uint32":
      return new Uint32Array(pool, at, size);
    default:
      return new Uint8Array(pool, at, size);
  }
}
