// Kernels that follow from what a primitive declares: the places of its elements, what joins two of them, what they all are.

import { type Aval, type Places, rowMajor, type Tensor, type Traits } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import { fold } from "./fold.js";
import { anyLoop } from "./generic-loops.js";
import type { Kernel, Payload } from "./kernel.js";
import { copied, dense, payloadOf, viewOf } from "./layout.js";
import { arithmetic } from "./loops.js";
import { compileBody, isDirect, scalarFunction, type Step } from "./program.js";
import { single } from "./storage.js";
import { isUniform, View, zeroStrides } from "./view.js";

/** The kernel of a primitive with the trait view, reduce or fill; undefined without. */
export function traitKernel({ view, reduce, fill }: Traits): Kernel | undefined {
  if (view !== undefined) return ([x], params, [out]) => viewed(view, x!, params, out!);
  if (fill !== undefined) return (_args, params, [out]) => new View(single(out!.dtype, fill(params)), zeroStrides(out!.shape));
  if (reduce === undefined) return undefined;
  return ([x], { axes }, [out]) => {
    const { dtype } = out!;
    const steps = compileBody(reduce.combine(arg(0), arg(1)), [dtype, dtype], dtype, arithmetic);
    const loop = isDirect(steps, 2) ? (steps[0] as Step).loop : undefined;
    return fold(x!, axes, out!, reduce.init(dtype), loop ?? anyLoop(2, dtype, dtype), scalarFunction(steps, 2));
  };
}

function viewed(view: NonNullable<Traits["view"]>, x: Tensor, params: unknown, out: Aval): Payload {
  const { shape } = x;
  let from = viewOf(x);
  if (isUniform(from)) return new View(from.data, zeroStrides(out.shape), from.offset);
  let places = view({ shape, strides: from.strides, offset: from.offset }, params);
  if (places === undefined) {
    // Elements that have to move are brought into row-major order first.
    from = new View(dense(x), rowMajor(shape));
    places = view({ shape, strides: from.strides, offset: 0 }, params) as Places;
  }
  const part = new View(from.data, places.strides, places.offset);
  // A view keeps the whole array alive that it is a part of, and is slower to compute with: small parts are copied.
  return out.size <= 256 && out.size * 4 < from.data.length ? copied(part, out) : payloadOf(part, out.shape);
}
