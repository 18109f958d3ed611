// The totals of folds while they are computed: one for each store, lane and turn.

import type { Fold, Nest, Store, Type } from "@gradus/loops";
import type { Code, FunctionBuilder, Local } from "../wasm/encoder.js";
import type { LaneCode, Value } from "../wasm/lane-code.js";

/** A result of a fold while it is computed: the total, or a total for each lane and turn. */
export interface Total {
  readonly store: Store;
  readonly fold: Fold;
  readonly type: Type;
  readonly parts: readonly Value[];
}

/** Totals of nothing so far. */
export const totalsOf = (f: FunctionBuilder, { stores }: Nest, code: LaneCode, turns: number): Total[] =>
  stores.flatMap((store) => {
    const { fold } = store;
    if (fold === undefined) return [];
    // What is float32 is joined in doubles, where it is joined one by one.
    const type = code.lanes === 1 && store.value.type === "float32" ? "float64" : store.value.type;
    const start = (): Value => ({ parts: code.constant(type, fold.init).parts.map((p) => f.local(p.type, p as never)) });
    return [{ store, fold, type, parts: Array.from({ length: turns }, start) }];
  });

export const totalOf = (totals: readonly Total[], store: Store): Total => totals.find((t) => t.store === store) as Total;

/** Joins a value of a type to one part of a total. */
export function join(f: FunctionBuilder, code: LaneCode, total: Total, part: number, value: Value, type: Type): void {
  const own = total.parts[part] as Value;
  const joined = code.apply(total.fold.op, total.type, [own, type === total.type ? value : code.cast(type, total.type, value)]);
  set(f, own, joined);
}

/** Sets totals back to those of nothing. */
export function clear(f: FunctionBuilder, code: LaneCode, { type, fold, parts }: Total): void {
  for (const part of parts) set(f, part, code.constant(type, fold.init));
}

const set = (f: FunctionBuilder, to: Value, { parts }: Value): void => to.parts.forEach((p, i) => f.set(p as Local, parts[i] as Code as never));
