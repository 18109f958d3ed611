// Kernels that follow from what a primitive declares: the places of its elements, what joins two of them, what they all are.

import { type Places, rowMajor, type Traits } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import type { Engine } from "./engine.js";
import { fold } from "./fold.js";
import type { Kernel } from "./kernel.js";
import { denseBy, single, viewOf } from "./layout.js";
import { isUniform, View, zeroStrides } from "./view.js";

/** The kernel of a primitive with the trait view, reduce or fill; undefined without. */
export function traitKernel({ view, reduce, fill }: Traits, engine: Engine): Kernel | undefined {
  if (fill) return (_args, params, [out]) => new View(single(out!.dtype, fill(params)), zeroStrides(out!.shape));
  if (reduce) {
    return ([x], { axes }, [out]) => {
      const { dtype } = out!;
      const combine = reduce.combine(arg(0), arg(1));
      return fold(x!, axes, out!, reduce.init(dtype), (into, from, shape) => engine.joinInto(into, from, shape, combine, dtype));
    };
  }
  return (
    view &&
    (([x], params, [out]) => {
      const { shape } = x!;
      const from = viewOf(x!);
      let { data } = from;
      if (isUniform(from)) return new View(data, zeroStrides(out!.shape), from.offset);
      let places = view({ shape, strides: from.strides, offset: from.offset }, params);
      if (!places) {
        // Elements that have to move are brought into row-major order first.
        data = denseBy(engine.copyInto, x!);
        places = view({ shape, strides: rowMajor(shape), offset: 0 }, params) as Places;
      }
      return engine.partOf(new View(data, places.strides, places.offset), out!);
    })
  );
}
