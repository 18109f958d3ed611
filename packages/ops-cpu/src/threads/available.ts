// Whether there can be threads here that share memory.

import { webAssembly } from "../wasm/webassembly.js";
import { hasWorkers } from "./start.js";

/** Why there is one thread only; null where there can be more. */
export function whyOneThread(): string | null {
  if (webAssembly === undefined) return "this engine has no WebAssembly";
  if (typeof SharedArrayBuffer === "undefined" || (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false) {
    return "threads share memory, which pages may do if they are cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)";
  }
  if (!hasWorkers()) return "this engine has no workers";
  return null;
}
