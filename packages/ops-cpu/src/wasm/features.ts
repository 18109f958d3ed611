// What the engine at hand can run, found out by validating tiny modules.

import type { V128 } from "./code.js";
import { ModuleBuilder } from "./module.js";
import { i32 } from "./scalar-ops.js";
import { f32x4, v128 } from "./vector-ops.js";
import { webAssembly } from "./webassembly.js";

export interface Features {
  /** 128-bit vectors. */
  readonly simd: boolean;
  /** Products with addition in one instruction (relaxed SIMD): faster, and the last bit depends on the machine. */
  readonly fma: boolean;
}

/** Nothing but plain WebAssembly. */
export const scalarOnly: Features = { simd: false, fma: false };

const validates = (make: (x: V128) => V128): boolean => {
  const m = new ModuleBuilder();
  m.memory(1);
  m.function([], "void", (f) => f.do(v128.store(i32.const(0), make(v128.load(i32.const(0))))));
  return webAssembly?.validate(m.assemble()) ?? false;
};

/** Whether the engine knows arrays of float16, as those of 2025 on do. Older ones (V8 below 13) run out of registers sooner. */
export const isRecent = (): boolean => "Float16Array" in globalThis;

let known: Features | undefined;

/** The features of this engine. */
export const features = (): Features =>
  (known ??= {
    simd: validates((x) => f32x4.add(x, x)),
    fma: validates((x) => f32x4.relaxedMadd(x, x, x)),
  });
