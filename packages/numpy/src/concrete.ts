// Values that decide a shape: they have to be known, which they are not under most transformations.

import { causeOf, ConcretizationError, type Tensor, type TypedArray } from "@gradus/core";

/** The elements of x, on which the shape of a result depends. @throws ConcretizationError naming the option that says it instead */
export function known(x: Tensor, what: string, option = "size"): TypedArray {
  try {
    return x.dataSync();
  } catch (error) {
    if (!(error instanceof ConcretizationError)) throw error;
    throw new ConcretizationError(`${what}: the shape of the result depends on values that are not known here: say it with the option ${option}, as in { ${option}: 8 }. (${causeOf(error)})`);
  }
}
