// Lists with flags, as the rules of control flow take them apart.

import type { Tensor } from "@gradus/core";

/** Three groups of consecutive values. */
export function split<T>(xs: readonly T[], first: number, second: number): [T[], T[], T[]] {
  return [xs.slice(0, first), xs.slice(first, first + second), xs.slice(first + second)];
}

export const pick = <T>(xs: readonly T[], flags: readonly boolean[]): T[] => xs.filter((_, i) => flags[i]);
export const omit = <T>(xs: readonly T[], flags: readonly boolean[]): T[] => xs.filter((_, i) => !flags[i]);
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
export const isAxis = (axis: number | null | undefined): boolean => axis !== null && axis !== undefined;

/** Grows a set of flags until `step` adds none. */
export function fixpoint<T>(start: readonly boolean[], step: (flags: readonly boolean[]) => { found: readonly boolean[]; result: T }): { flags: readonly boolean[]; result: T } {
  let flags = start;
  for (;;) {
    const { found, result } = step(flags);
    const grown = flags.map((f, i) => f || found[i] === true);
    if (grown.every((f, i) => f === flags[i])) return { flags, result };
    flags = grown;
  }
}

/** Values of two kinds in one order again: from `yes` where the flag is set. */
export function merge(flags: readonly boolean[], yes: readonly Tensor[], no: readonly Tensor[]): Tensor[] {
  let [y, n] = [0, 0];
  return flags.map((f) => (f ? yes[y++] : no[n++]) as Tensor);
}
