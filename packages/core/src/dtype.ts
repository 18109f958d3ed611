// Element types, and the typed array that stores each. A bool is stored as 0 or 1 in a byte; a float0 stores nothing.

export type DType = "float32" | "float64" | "int32" | "uint32" | "bool" | "float0";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** All dtypes, in the order in which avals index them. */
export const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint32", "bool", "float0"];

/** The dtype as programs print it, initial and width: `float32` is `f32`. */
export const shortName = (dtype: DType): string => dtype.replace(/^(.)\D+(?=32|64)/, "$1");

export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

export const isInteger = (dtype: DType): boolean => dtype === "int32" || dtype === "uint32";

/** A zero-filled typed array with room for `size` elements of `dtype`. */
export function allocate(dtype: DType, size: number): TypedArray {
  switch (dtype) {
    case "float32":
      return new Float32Array(size);
    case "float64":
      return new Float64Array(size);
    case "int32":
      return new Int32Array(size);
    case "uint32":
      return new Uint32Array(size);
    case "bool":
      return new Uint8Array(size);
    case "float0":
      return new Uint8Array(0);
  }
}

/** The nearest value of `dtype` to a JS number, as storing it in an array of that dtype would give. */
export function roundTo(dtype: DType, value: number): number {
  switch (dtype) {
    case "float32":
      return Math.fround(value);
    case "int32":
      return value | 0;
    case "uint32":
      return value >>> 0;
    case "bool":
      return value !== 0 ? 1 : 0;
    default:
      return value;
  }
}
