// The totals of folds while they are computed: one for each store, lane and turn. The largest of many float32 is looked for by the
// instruction that is quickest, which skips NaN and does not tell zeros apart; whether there was a NaN, and which zeros, is kept beside.

import type { Fold, Nest, Store, Type } from "@gradus/loops";
import { type Code, f32x4, type FunctionBuilder, type I32, type Local, v128, type V128 } from "../wasm/encoder.js";
import type { LaneCode, Value } from "../wasm/lane-code.js";
import { choose } from "../wasm/vector-kit.js";

/** A result of a fold while it is computed: the total, or a total for each lane and turn. */
export interface Total {
  readonly store: Store;
  readonly fold: Fold;
  readonly type: Type;
  readonly parts: readonly Value[];
  /** What is kept beside each part of an extremum. */
  readonly marks?: readonly Marks[] | undefined;
}

interface Marks {
  /** Of a maximum, whose sign bits all were set; of a minimum, whose any was. If it is a zero, that is its sign. */
  readonly signs: Local<"v128">;
  /** Ones where a NaN was met. */
  readonly nans: Local<"v128">;
}

/** Totals of nothing so far. */
export const totalsOf = (f: FunctionBuilder, { stores }: Nest, code: LaneCode, turns: number): Total[] =>
  stores.flatMap((store) => {
    const { fold } = store;
    if (fold === undefined) return [];
    // What is float32 is joined in doubles, where it is joined one by one.
    const type = code.lanes === 1 && store.value.type === "float32" ? "float64" : store.value.type;
    const isExtremum = code.lanes > 1 && type === "float32" && (fold.op.name === "max" || fold.op.name === "min");
    const start = (): Value => ({ parts: code.constant(type, fold.init).parts.map((p) => f.local(p.type, p as never)) });
    const mark = (): Marks => ({ signs: f.local("v128", firstSigns(code, fold)), nans: f.local("v128", bits(code, 0)) });
    const each = <T>(make: () => T): T[] => Array.from({ length: turns }, make);
    return [{ store, fold, type, parts: each(start), marks: isExtremum ? each(mark) : undefined }];
  });

const bits = (code: LaneCode, value: number): V128 => code.constant("int32", value).parts[0] as V128;
const firstSigns = (code: LaneCode, { op }: Fold): V128 => bits(code, op.name === "max" ? -1 : 0);

export const totalOf = (totals: readonly Total[], store: Store): Total => totals.find((t) => t.store === store) as Total;

/** Joins a value of a type to one part of a total. */
export function join(f: FunctionBuilder, code: LaneCode, total: Total, part: number, value: Value, type: Type): void {
  const own = total.parts[part] as Value;
  const marks = total.marks?.[part];
  if (marks === undefined) return set(f, own, code.apply(total.fold.op, total.type, [own, type === total.type ? value : code.cast(type, total.type, value)]));
  const x = value.parts[0] as V128;
  extend(f, total, part, x, x, f32x4.ne(x, x));
}

// Takes an element, or what was found among others, into an extremum.
function extend(f: FunctionBuilder, { parts, marks, fold }: Total, part: number, value: V128, signs: V128, nans: V128): void {
  const own = parts[part]?.parts[0] as Local<"v128">;
  const mine = marks?.[part] as Marks;
  const isMax = fold.op.name === "max";
  f.set(own, (isMax ? f32x4.pmax : f32x4.pmin)(own, value));
  f.set(mine.signs, (isMax ? v128.and : v128.or)(mine.signs, signs));
  f.set(mine.nans, v128.or(mine.nans, nans));
}

/** Joins all parts of a total to the first. */
export function merge(f: FunctionBuilder, code: LaneCode, total: Total): void {
  total.parts.slice(1).forEach((part, i) => {
    const marks = total.marks?.[i + 1];
    if (marks === undefined) join(f, code, total, 0, part, total.type);
    else extend(f, total, 0, part.parts[0] as V128, marks.signs, marks.nans);
  });
}

/** The value of a part. */
export function settled(code: LaneCode, { parts, marks }: Total, part: number): Value {
  const own = parts[part] as Value;
  const mine = marks?.[part];
  if (mine === undefined) return own;
  const x = own.parts[0] as V128;
  const constant = (value: number): V128 => code.constant("float32", value).parts[0] as V128;
  const zero = choose(f32x4.eq(x, constant(0)), v128.and(mine.signs, constant(-0)), x);
  return { parts: [choose(mine.nans, constant(NaN), zero)] };
}

/** Puts the value of a part at an address, lane by lane, which then is behind it. */
export function leave(f: FunctionBuilder, to: Local<"i32">, { parts }: Value): void {
  parts.forEach((x, i) => f.do(v128.store(to, x as V128, 16 * i)));
  f.increment(to, 16 * parts.length);
}

/** Bytes of one part of each total. */
export const bytesLeft = (totals: readonly Total[]): number => totals.reduce((n, { parts }) => n + 16 * (parts[0] as Value).parts.length, 0);

/** What was left of one part of each total, from an address on. */
export function left(f: FunctionBuilder, totals: readonly Total[], from: I32): Value[] {
  let at = 0;
  return totals.map(({ parts }) => ({ parts: (parts[0] as Value).parts.map(() => f.local("v128", v128.load(from, 16 * at++))) }));
}

/** Sets totals back to those of nothing. */
export function clear(f: FunctionBuilder, code: LaneCode, { type, fold, parts, marks }: Total): void {
  for (const part of parts) set(f, part, code.constant(type, fold.init));
  for (const { signs, nans } of marks ?? []) {
    f.set(signs, firstSigns(code, fold));
    f.set(nans, bits(code, 0));
  }
}

const set = (f: FunctionBuilder, to: Value, { parts }: Value): void => to.parts.forEach((p, i) => f.set(p as Local, parts[i] as Code as never));
