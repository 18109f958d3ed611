// The bits of numbers as other numbers: they stay where they are, or are copied.

import { bytesOf, storedType } from "@gradus/loops";
import { i32, memory } from "../../wasm/encoder.js";
import { addressOf, type KernelMaker } from "./maker.js";

export const bitcast: KernelMaker = (_params, args, [out], { dense }) => {
  const type = storedType(out!);
  const bytes = out!.size * bytesOf[type];
  if (args[0]!.aval.size * bytesOf[args[0]!.buffer.type] !== bytes || args[0]!.buffer.type === "bool" || type === "bool") return undefined;
  const x = dense(0);
  return { name: "bitcast", args: [x], code: ([to]) => (e, f, base) => f.do(memory.copy(addressOf(e, base, to!), addressOf(e, base, x), i32.const(bytes))) };
};
