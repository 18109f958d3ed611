// What maxima and minima begin from.

import type { DType } from "@gradus/core";

/** The least value of a dtype; −∞ where there is no entry. */
export const lowest: Partial<Record<DType, number>> = { int32: -(2 ** 31), uint32: 0, bool: 0 };
/** The greatest; ∞ where there is no entry. */
export const highest: Partial<Record<DType, number>> = { int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, bool: 1 };
