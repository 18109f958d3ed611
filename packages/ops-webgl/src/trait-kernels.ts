// Kernels that follow from what a primitive declares: the places of its elements, or what joins two of them.

import { type Places, rowMajor, type Traits } from "@gradus/core";
import { dense } from "./elementwise.js";
import type { Kernel } from "./kernel.js";
import { reduced } from "./reductions.js";
import { View } from "./view.js";

/** The kernel of a primitive with the trait view or reduce; undefined without. */
export function traitKernel({ view, reduce }: Traits): Kernel | undefined {
  if (reduce) return (device, [x], { axes }, [out]) => reduced(device, x!, axes, out!, reduce);
  return (
    view &&
    ((device, [x], params) => {
      const { view: from, shape, aval } = x!;
      const places = view({ shape, strides: from.strides, offset: from.offset }, params);
      if (places) return new View(from.storage, places.strides, places.offset);
      // Elements that have to move are brought into row-major order first.
      const { storage } = dense(device, from, shape, aval.size);
      const moved = view({ shape, strides: rowMajor(shape), offset: 0 }, params) as Places;
      return new View(storage, moved.strides, moved.offset);
    })
  );
}
