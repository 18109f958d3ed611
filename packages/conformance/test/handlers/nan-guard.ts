// Stops at the first operation that makes a NaN out of operands without one, and names it.
import { ConcretizationError, type Handler, performBelow, type Tensor } from "@gradus/core";

export class NanError extends Error {
  override readonly name = "NanError";
}

function hasNan(x: Tensor): boolean {
  if (x.dtype !== "float32" && x.dtype !== "float64") return false;
  try {
    return x.dataSync().some((v) => Number.isNaN(v));
  } catch (error) {
    if (error instanceof ConcretizationError) return false; // a tracer: whoever stands around it sees its values
    throw error;
  }
}

export const nanGuard = (): Handler => ({
  name: "nan-guard",
  perform(primitive, args, params) {
    const outs = performBelow(primitive, args, params);
    if (outs.some(hasNan) && !args.some(hasNan)) throw new NanError(`${primitive.name}(${args.join(", ")}) is NaN`);
    return outs;
  },
});
