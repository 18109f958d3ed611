// Whether programs can be compiled here: not in engines without WebAssembly, nor where a page's policy forbids it.

import { ModuleBuilder } from "../wasm/encoder.js";
import { webAssembly } from "../wasm/webassembly.js";

let reason: string | null | undefined;

function findReason(): string | null {
  if (webAssembly === undefined) return "This engine has no WebAssembly";
  try {
    new webAssembly.Module(new ModuleBuilder().assemble());
    return null;
  } catch (error) {
    return `WebAssembly is not allowed here (${(error as Error).message}; a Content-Security-Policy needs script-src 'wasm-unsafe-eval')`;
  }
}

/** Why nothing can be compiled; null where it can. */
export const whyNot = (): string | null => (reason === undefined ? (reason = findReason()) : reason);
