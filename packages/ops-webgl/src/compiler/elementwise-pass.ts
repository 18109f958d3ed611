// Stores at every point of a nest as one pass: four neighbours at once where the last axis of the results is made of such,
// otherwise element by element.

import type { Buffer, Store } from "@gradus/loops";
import { formatOf } from "../glsl-types.js";
import { Emission, type Placement } from "./emission.js";
import { held, type LoopPass } from "./loop-pass.js";
import { functionsIn } from "./narrow.js";
import { axesOf, placesIn, product, rowMajorLoops } from "./walk.js";

/** What a result is declared as, element by element and texel by texel. */
const element = (b: Buffer): string => formatOf(held(b.type)).scalar;
const texel = (b: Buffer): string => formatOf(held(b.type)).vector;

/** The pass of stores that fill arrays of one size in the same order. */
export function elementwisePass(dims: readonly number[], stores: readonly Store[], placement: Placement): LoopPass {
  const outs = stores.map((s) => s.buffer);
  const axes = axesOf(dims, rowMajorLoops(dims, stores[0] as Store), [], placesIn(stores.map((s) => s.value)));
  const last = axes[axes.length - 1];
  const wide = last !== undefined && (axes.length === 1 || last.size % 4 === 0) ? last : undefined;
  const e = new Emission(placement, axes, wide, functionsIn(stores.map((s) => s.value)) > 0);
  const index = e.unravel(axes, "i", "q");
  const values = stores.map((s) => e.as(e.term(s.value), held(s.buffer.type), wide !== undefined));
  const body = `${index}\n  ${[...e.outside, ...e.inside].join("\n  ")}`;
  const source = wide === undefined ? singly(outs, body, values, e) : fourfold(outs, body, values, e);
  return { outs, size: product(dims), ...e.tables, source: `${e.functions}\n${source}` };
}

const texelsHead = (outs: readonly Buffer[]): string => `void texels(int t, ${outs.map((b, k) => `out ${texel(b)} r${k}`).join(", ")})`;

// Booleans are stored as numbers.
function fourfold(outs: readonly Buffer[], body: string, values: readonly string[], e: Emission): string {
  const stored = (text: string, k: number, one: string): string => (outs[k]?.type === "bool" ? `${one}(${text})` : text);
  const results = e.isLooped
    ? inTurn(e, values.map((v, k) => `r${k}[k] = ${stored(v, k, "uint")};`))
    : values.map((v, k) => `r${k} = ${stored(v, k, "uvec4")};`).join("\n  ");
  return `${texelsHead(outs)} {
  int i = 4 * t;
  ${body}
  ${results}
}`;
}

/** A loop over lanes, with such results. */
export const inTurn = (e: Emission, results: readonly string[]): string => `for (int k = 0; k < 4; k++) {
    ${[...e.lanes, ...results].join("\n    ")}
  }`;

/** Texels that are computed element by element, by \`element(i, r0, r1, …)\` with such a body. */
export function singly(outs: readonly Buffer[], body: string, values: readonly string[], e: Emission): string {
  const size = e.int(outs[0]?.size ?? 0);
  return `void element(int i, ${outs.map((b, k) => `out ${element(b)} r${k}`).join(", ")}) {
  ${body}
  ${values.map((v, k) => `r${k} = ${v};`).join("\n  ")}
}
${texelsHead(outs)} {
  ${outs.map((b, k) => `r${k} = ${texel(b)}(0);`).join(" ")}
  for (int k = 0; k < 4; k++) {
    int i = 4 * t + k;
    if (i >= ${size}) break;
    ${outs.map((b, k) => `${element(b)} e${k};`).join(" ")}
    element(i, ${outs.map((_, k) => `e${k}`).join(", ")});
    ${outs.map((b, k) => `r${k}[k] = ${b.type === "bool" ? `uint(e${k})` : `e${k}`};`).join(" ")}
  }
}`;
}
