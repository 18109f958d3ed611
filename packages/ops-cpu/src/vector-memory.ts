// The WebAssembly memory through which loops on the vector unit stream their operands in blocks, and the modules that use it.

import { type CodesOf } from "./wasm/cumulative.js";
import { Constants } from "./wasm/constants.js";
import { features } from "./wasm/features.js";
import { HostFunctions } from "./wasm/lane-code.js";
import { ModuleBuilder } from "./wasm/module.js";
import { ScalarCode } from "./wasm/scalar-code.js";
import { VectorCode } from "./wasm/vector-code.js";
import { webAssembly, type WasmMemory } from "./wasm/webassembly.js";

/** Elements of a block; there is room for three of float32, or one of them and one of float64. */
export const block = 8192;
export const blockBytes: number = 4 * block;

export interface VectorMemory {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

let shared: (VectorMemory & { readonly memory: WasmMemory }) | undefined;

/** What a module exports, with the memory it works on; null where the host has no vectors, or forbids to compile. */
export function onVectors<E>(write: (m: ModuleBuilder, codesOf: (...f: Parameters<CodesOf>) => { readonly one: ScalarCode; readonly four: VectorCode }) => void): (VectorMemory & { readonly run: E }) | null {
  if (webAssembly === undefined || !features().simd) return null;
  const m = new ModuleBuilder();
  m.importMemory("env", "memory");
  const host = new HostFunctions(m);
  write(m, (f) => {
    const context = { f, constants: new Constants(m, f), features: features(), host };
    return { one: new ScalarCode(context), four: new VectorCode(context) };
  });
  try {
    if (shared === undefined) {
      const memory = new webAssembly.Memory({ initial: Math.ceil((3 * blockBytes) / 65536) });
      shared = { memory, float32: new Float32Array(memory.buffer), float64: new Float64Array(memory.buffer) };
    }
    const { exports } = new webAssembly.Instance(new webAssembly.Module(m.assemble()), { env: { memory: shared.memory }, math: host.imports });
    return { ...shared, run: exports as E };
  } catch {
    return null;
  }
}
