// Counts applications by the name of the operation.
import { type Handler, performBelow } from "@gradus/core";

export interface OpCounter extends Handler {
  readonly counts: Map<string, number>;
}

export const opCounter = (): OpCounter => {
  const counts = new Map<string, number>();
  return {
    name: "op-counter",
    counts,
    perform(primitive, args, params) {
      counts.set(primitive.name, (counts.get(primitive.name) ?? 0) + 1);
      return performBelow(primitive, args, params);
    },
  };
};
