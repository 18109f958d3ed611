// What a dtype is in GLSL ES 3.00 and in a texture: four elements to a texel, in row-major order of the array.

import type { DType } from "@gradus/core";

/** How elements of a dtype are stored and spoken of on the device. Names of WebGL constants, since contexts hold their values. */
export interface Format {
  readonly scalar: "float" | "int" | "uint" | "bool";
  readonly vector: "vec4" | "ivec4" | "uvec4";
  readonly sampler: "sampler2D" | "isampler2D" | "usampler2D";
  readonly internal: "RGBA32F" | "RGBA16F" | "RGBA32I" | "RGBA32UI" | "RGBA8UI";
  readonly external: "RGBA" | "RGBA_INTEGER";
  readonly upload: "FLOAT" | "INT" | "UNSIGNED_INT" | "UNSIGNED_BYTE";
  readonly download: "FLOAT" | "INT" | "UNSIGNED_INT";
  readonly bytesPerTexel: number;
}

const formats: { readonly [D in DType]?: Format } = {
  float32: { scalar: "float", vector: "vec4", sampler: "sampler2D", internal: "RGBA32F", external: "RGBA", upload: "FLOAT", download: "FLOAT", bytesPerTexel: 16 },
  int32: { scalar: "int", vector: "ivec4", sampler: "isampler2D", internal: "RGBA32I", external: "RGBA_INTEGER", upload: "INT", download: "INT", bytesPerTexel: 16 },
  uint32: { scalar: "uint", vector: "uvec4", sampler: "usampler2D", internal: "RGBA32UI", external: "RGBA_INTEGER", upload: "UNSIGNED_INT", download: "UNSIGNED_INT", bytesPerTexel: 16 },
  bool: { scalar: "bool", vector: "uvec4", sampler: "usampler2D", internal: "RGBA8UI", external: "RGBA_INTEGER", upload: "UNSIGNED_BYTE", download: "UNSIGNED_INT", bytesPerTexel: 4 },
};

/** The format of a dtype that the device holds: every one but float64 and float0. */
export const formatOf = (dtype: DType): Format => formats[dtype] as Format;

/** float32 kept in 16 bits: the same to shaders, uploads and downloads. */
export const halfFloats: Format = { scalar: "float", vector: "vec4", sampler: "sampler2D", internal: "RGBA16F", external: "RGBA", upload: "FLOAT", download: "FLOAT", bytesPerTexel: 8 };

/** A number as a literal of a dtype, rounded to it. */
export function literal(value: number, dtype: DType): string {
  if (dtype === "bool") return value !== 0 ? "true" : "false";
  if (dtype === "uint32") return `${value >>> 0}u`;
  // Integers beyond what a literal may be are named by their bits.
  if (dtype === "int32") return (value | 0) >= 0 ? String(value | 0) : `int(${value >>> 0}u)`;
  const v = Math.fround(value);
  if (Number.isNaN(v)) return "uintBitsToFloat(0x7fc00000u)";
  if (!Number.isFinite(v)) return `uintBitsToFloat(${v > 0 ? "0x7f800000u" : "0xff800000u"})`;
  if (Object.is(v, -0)) return "uintBitsToFloat(0x80000000u)";
  const text = /[.e]/.test(String(v)) ? String(v) : `${v}.0`;
  return v < 0 ? `(${text})` : text;
}

/** An expression of one dtype as another, as storing it there would convert it. */
export function converted(text: string, from: DType, to: DType): string {
  if (from === to) return text;
  if (to === "bool") return `(${text} != ${literal(0, from)})`;
  if (from === "float32") return to === "int32" ? `g_wrap(${text})` : `uint(g_wrap(${text}))`;
  return `${formatOf(to).scalar}(${text})`;
}
