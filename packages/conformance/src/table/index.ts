// The operation table: one row for each operation of the catalogue.

import type { Operation } from "../operation.js";
import { binary } from "./binary.js";
import { bits } from "./bits.js";
import { convolution } from "./convolution.js";
import { cumulative } from "./cumulative.js";
import { dynamicSlicing } from "./dynamic-slicing.js";
import { fourier } from "./fft.js";
import { indexing } from "./indexing.js";
import { linalg } from "./linalg.js";
import { reductions } from "./reductions.js";
import { shaping } from "./shaping.js";
import { sortings } from "./sorting.js";
import { special } from "./special.js";
import { specialFunctions } from "./special-functions.js";
import { unary } from "./unary.js";
import { windows } from "./windows.js";

/** Every operation of @gradus/ops, those that core owns among them, with what the kit knows about it. */
export const operations: readonly Operation[] = /* @__PURE__ */ [unary, binary, special, specialFunctions, reductions, cumulative, shaping, indexing, dynamicSlicing, sortings, bits, windows, convolution, fourier, linalg].flat();

/** Exports of a catalogue that no row covers, and names in rows that it does not export. Both have to be empty. */
export function uncovered(catalogue: object, rows: readonly Operation[] = operations): { missing: string[]; unknown: string[] } {
  const names = Object.keys(catalogue);
  const covered = new Set(rows.flatMap((row) => row.exports));
  return { missing: names.filter((n) => !covered.has(n)), unknown: [...covered].filter((n) => !names.includes(n)) };
}
