// From one element to vectors and back.

import type { Type } from "@gradus/loops";
import { type Code, f32x4, f64x2, i32, i32x4, type V128 } from "../wasm/encoder.js";
import type { Value } from "../wasm/lane-code.js";

/** One element in all lanes. */
export function spread(type: Type, { parts: [x] }: Value): Value {
  switch (type) {
    case "float32":
      return { parts: [f32x4.splat(x as Code<"f32">)] };
    case "float64":
      return { parts: [f64x2.splat(x as Code<"f64">), f64x2.splat(x as Code<"f64">)] };
    case "bool":
      return { parts: [i32x4.splat(i32.sub(i32.const(0), x as Code<"i32">))] };
    default:
      return { parts: [i32x4.splat(x as Code<"i32">)] };
  }
}

/** The element in one of four lanes. */
export function laneOf(type: Type, { parts }: Value, lane: number): Value {
  const [v] = parts as [V128];
  switch (type) {
    case "float32":
      return { parts: [f32x4.extract(v, lane)] };
    case "float64":
      return { parts: [f64x2.extract(parts[lane >> 1] as V128, lane & 1)] };
    case "bool":
      return { parts: [i32.and(i32x4.extract(v, lane), i32.const(1))] };
    default:
      return { parts: [i32x4.extract(v, lane)] };
  }
}

/** 0, step, 2·step and 3·step. */
export function laneSteps(step: number): V128 {
  let vector: V128 = i32x4.splat(i32.const(0));
  for (let lane = 1; lane < 4; lane++) vector = i32x4.replace(vector, lane, i32.const(step * lane));
  return vector;
}
