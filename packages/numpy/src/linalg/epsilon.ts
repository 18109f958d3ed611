// What rounding does to the numbers of matrices.

import type { Tensor } from "@gradus/core";

/** The distance from 1 to the next float of a tensor's dtype. */
export const epsilon = (x: Tensor): number => (x.dtype === "float64" ? 2 ** -52 : 2 ** -23);
