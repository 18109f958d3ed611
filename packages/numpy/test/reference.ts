// References made by the scripts in jax/: values by name, and how a result is compared with one.

import { readFileSync } from "node:fs";
import type { Tensor } from "@gradus/core";
import { expect } from "vitest";

export type Value = number | boolean | Value[];

/** The cases of a script; NaN and infinities are strings there. */
export function reference(name: string): Readonly<Record<string, Value>> {
  const words: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
  return JSON.parse(readFileSync(new URL(`jax/${name}.json`, import.meta.url), "utf8"), (_key, v: unknown) => (typeof v === "string" && v in words ? words[v] : v)) as Record<string, Value>;
}

export type Result = Tensor | readonly Result[];

/** Tensors as nested arrays. */
export const host = (x: Result): Value => (Array.isArray(x) ? (x as Result[]).map(host) : ((x as Tensor).js() as Value));

/** Equal structure; numbers within `tolerance`, relative to 1 or to the number if that is more. */
export function expectNear(got: Value, want: Value, tolerance = 1e-12, where = "the result"): void {
  if (Array.isArray(want)) {
    expect(Array.isArray(got) ? got.length : undefined, `the length of ${where}`).toBe(want.length);
    want.forEach((w, i) => expectNear((got as Value[])[i] as Value, w, tolerance, `${where}[${i}]`));
    return;
  }
  if (typeof want === "boolean") return expect(got, where).toBe(want);
  const [a, b] = [got as number, want];
  expect(Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)), `${where}: ${a}, expected ${b}`).toBe(true);
}
