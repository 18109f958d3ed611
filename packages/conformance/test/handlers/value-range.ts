// Records the least and the greatest value that each operation gives, where values can be read: outside of transformations, and
// around them. Inside of one they are tracers, which are counted.
import { ConcretizationError, type Handler, performBelow, type Tensor } from "@gradus/core";

export interface ValueRange extends Handler {
  readonly ranges: Map<string, readonly [least: number, greatest: number]>;
  readonly unread: Map<string, number>;
}

export const valueRange = (): ValueRange => {
  const ranges: ValueRange["ranges"] = new Map();
  const unread: ValueRange["unread"] = new Map();
  const record = (name: string, x: Tensor): void => {
    if (x.dtype === "float0") return;
    try {
      const [least, greatest] = ranges.get(name) ?? [Infinity, -Infinity];
      const values = x.dataSync();
      ranges.set(name, [Math.min(least, ...values), Math.max(greatest, ...values)]);
    } catch (error) {
      if (!(error instanceof ConcretizationError)) throw error;
      unread.set(name, (unread.get(name) ?? 0) + 1);
    }
  };
  return {
    name: "value-range",
    ranges,
    unread,
    perform(primitive, args, params) {
      const outs = performBelow(primitive, args, params);
      for (const out of outs) record(primitive.name, out);
      return outs;
    },
  };
};
