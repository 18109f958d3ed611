// Writes down each application with the avals that go in and come out.
import { type Handler, performBelow } from "@gradus/core";

export interface OpLogger extends Handler {
  readonly lines: string[];
}

export const opLogger = (): OpLogger => {
  const lines: string[] = [];
  return {
    name: "op-logger",
    lines,
    perform(primitive, args, params) {
      const outs = performBelow(primitive, args, params);
      lines.push(`${primitive.name}(${args.map((a) => a.aval).join(", ")}) -> ${outs.map((o) => o.aval).join(", ")}`);
      return outs;
    },
  };
};
