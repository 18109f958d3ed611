// Joined elements: a pass in which every result walks over what belongs to it, or several passes over parts of many elements.
// Long walks add up runs of limited length, so that float32 rounds as in a tree.

import type { DType } from "@gradus/core";
import type { Buffer, Fold, Node, Place, Store } from "@gradus/loops";
import { converted, formatOf, literal } from "../glsl-types.js";
import { intrinsic } from "../lower.js";
import { inTurn, singly } from "./elementwise-pass.js";
import { Emission, type Placement } from "./emission.js";
import { held, type LoopPass } from "./loop-pass.js";
import { functionsIn } from "./narrow.js";
import { vectorOf } from "./vector-functions.js";
import { type Axis, axesOf, placesIn, product, rowMajorLoops } from "./walk.js";

/** A store that joins elements. */
export type FoldStore = Store & { readonly fold: Fold };

const longest = 2048; // elements that one result walks over in one pass
const run = 32; // elements, or texels, that are added before they are added to the rest

/** Passes that join elements, the last one giving what is stored; `temporary` makes room for what goes from one to the next. */
export function foldPasses(dims: readonly number[], stores: readonly FoldStore[], placement: Placement, temporary: (like: Node, size: number) => Buffer): LoopPass[] {
  const [first] = stores as [FoldStore];
  const kept = rowMajorLoops(dims, first);
  const joined = dims.map((_, i) => i).filter((i) => first.strides[i] === 0 && dims[i] !== 1);
  const axes = axesOf(dims, kept, joined, placesIn(stores.map((s) => s.value)));
  const count = product(joined.map((i) => dims[i] as number));
  if (count <= longest) return [foldPass(axes, stores, stores.map((s) => s.buffer), { count, length: count, parts: 1 }, placement)];
  const length = Math.min(longest, 4 * Math.ceil(Math.sqrt(count) / 4));
  const parts = Math.ceil(count / length);
  const size = first.buffer.size;
  const between = stores.map((s) => temporary(s.value, parts * size));
  const rest = stores.map((s, k): FoldStore => {
    const buffer = between[k] as Buffer;
    return { ...s, strides: [0, 1], value: { kind: "load", type: buffer.type, buffer, strides: [size, 1], offset: 0 } };
  });
  return [foldPass(axes, stores, between, { count, length, parts }, placement), ...foldPasses([parts, size], rest, placement, temporary)];
}

interface Walk {
  readonly count: number;
  readonly length: number;
  readonly parts: number;
}

// Result (part, i) joins elements part·length, … of what belongs to i.
function foldPass(axes: readonly Axis[], stores: readonly FoldStore[], outs: readonly Buffer[], { count, length, parts }: Walk, placement: Placement): LoopPass {
  const kept = axes.filter((a) => !a.isJoined);
  const joined = axes.filter((a) => a.isJoined);
  const wide = wideAxis(kept, joined, stores, parts);
  const isAlong = wide?.isJoined === true; // lanes join elements, and then one another
  const isBeside = wide !== undefined && !isAlong; // lanes are results
  const e = new Emission(placement, axes, wide, functionsIn(stores.map((s) => s.value)) > 0);

  const part: string[] = ["int begin = 0;", `int end = ${e.int(count)};`];
  if (parts > 1) {
    const size = e.int((outs[0]?.size ?? 0) / parts);
    part.push(`int part = i / ${size};`, `i -= part * ${size};`, `begin = part * ${e.int(length)};`, `end = min(begin + ${e.int(length)}, end);`);
  }
  const places = e.unravel(kept, "i", "q");
  const walk = e.unravel(joined, "j", "w");
  const folds = stores.map(({ value, fold }) => {
    const dtype = held(value.type);
    const type = wide === undefined ? formatOf(dtype).scalar : vectorOf(dtype);
    const join = (a: string, b: string): string => (wide === undefined ? intrinsic(fold.op, dtype, [a, b]) : e.wide(fold.op, dtype, [dtype, dtype], dtype, [a, b]));
    return { value: e.as(e.term(value), dtype, wide !== undefined), dtype, type, first: `${type}(${literal(fold.init, dtype)})`, join, op: fold.op };
  });
  const step = isAlong ? 4 : 1;
  // Of lanes in turn each gives its part of a vector.
  const lanes = e.isLooped ? `${folds.map((f, k) => `${f.type} l${k};`).join(" ")}\n  ${inTurn(e, folds.map((f, k) => `l${k}[k] = ${f.value};`))}\n    ` : "";
  const joinedTo = (to: string, f: (typeof folds)[number], k: number): string => `${to}${k} = ${f.join(`${to}${k}`, e.isLooped ? `l${k}` : f.value)};`;
  const each = (to: string, from: string, until: string): string => `for (int j = ${from}; j < ${until}; j += ${step}) {
    ${walk}
    ${e.inside.join("\n    ")}
    ${lanes}${folds.map((f, k) => joinedTo(to, f, k)).join("\n    ")}
  }`;
  const declared = (name: string): string => folds.map((f, k) => `${f.type} ${name}${k} = ${f.first};`).join(" ");
  const loop =
    length <= 2 * run * step
      ? each("a", "begin", "end")
      : `for (int b = begin; b < end; b += ${run * step}) {
  int stop = min(b + ${run * step}, end);
  ${declared("s")}
  ${each("s", "b", "stop")}
  ${folds.map((f, k) => `a${k} = ${f.join(`a${k}`, `s${k}`)};`).join(" ")}
  }`;
  const body = `${part.join(" ")}\n  ${places}\n  ${e.outside.join("\n  ")}\n  ${declared("a")}\n  ${loop}`;
  // Vectors, of booleans as numbers.
  const stored = (text: string, from: DType, { type }: Buffer): string => {
    const one = e.vector(text, from, held(type));
    return type === "bool" ? `uvec4(${one})` : one;
  };
  const results = folds.map((f, k) => {
    const joinTwo = (a: string, b: string): string => intrinsic(f.op, f.dtype, [a, b]);
    const text = isAlong ? joinTwo(joinTwo(`a${k}.x`, `a${k}.y`), joinTwo(`a${k}.z`, `a${k}.w`)) : `a${k}`;
    const out = outs[k] as Buffer;
    return isBeside ? stored(text, f.dtype, out) : converted(text, f.dtype, held(out.type));
  });
  const source = isBeside
    ? `void texels(int t, ${outs.map((b, k) => `out ${formatOf(held(b.type)).vector} r${k}`).join(", ")}) {\n  int i = 4 * t;\n  ${body}\n  ${results.map((r, k) => `r${k} = ${r};`).join("\n  ")}\n}`
    : singly(outs, body, results, e);
  return { outs, size: outs[0]?.size ?? 0, ...e.tables, source: `${e.functions}\n${source}` };
}

// Lanes beside each other where the last kept axis is made of texels, along the last joined axis where that one is: whichever most
// elements are read in order along.
function wideAxis(kept: readonly Axis[], joined: readonly Axis[], stores: readonly FoldStore[], parts: number): Axis | undefined {
  const [beside, along] = [kept[kept.length - 1], joined[joined.length - 1]];
  const places = placesIn(stores.map((s) => s.value));
  const elements = ({ strides }: Place): number => product([...kept, ...joined].filter((a) => strides[a.loop] !== 0).map((a) => a.size));
  const inOrder = (axis: Axis | undefined): number => (axis === undefined ? 0 : places.filter((p) => p.strides[axis.loop] === 1).reduce((n, p) => n + elements(p), 0));
  const canBeside = beside !== undefined && ((kept.length === 1 && parts === 1) || beside.size % 4 === 0);
  const canAlong = along !== undefined && along.size % 4 === 0;
  if (canBeside && (!canAlong || inOrder(beside) >= inOrder(along))) return beside;
  return canAlong && inOrder(along) > 0 ? along : undefined;
}
