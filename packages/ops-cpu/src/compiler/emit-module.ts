// Fourth stage: the module of a program. A function for each nest, and a driver that calls them in order; what the eager kernels
// do it calls in its host, by the number of the step.

import { call, type Callee, i32, ModuleBuilder } from "../wasm/encoder.js";
import type { Features } from "../wasm/features.js";
import { HostFunctions } from "../wasm/lane-code.js";
import type { Arena } from "./arena.js";
import { type Emission, emitNest } from "./emit-nest.js";
import type { Buffer, LoopProgram, Nest } from "./ir.js";
import type { LoopMode } from "./loop-mode.js";

/** A module as bytes, and the functions of the host that it imports. */
export interface Emitted {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly math: Readonly<Record<string, (...args: number[]) => number>>;
}

/** The module of a program. It exports `run(arena)`, and imports `env.memory`, `env.host(step)` and what `math` has. */
export function emitModule(program: LoopProgram, modes: ReadonlyMap<Nest, LoopMode>, { offsets }: Arena, features: Features): Emitted {
  const module = new ModuleBuilder();
  const host = new HostFunctions(module);
  module.importMemory("env", "memory");
  const e: Emission = { module, features, host, offsetOf: (b: Buffer) => offsets.get(b) as number };
  const nests = new Map<Nest, Callee<readonly ["i32"], "void">>();
  for (const step of program.steps) if (step.kind === "nest") nests.set(step, emitNest(e, step, modes.get(step) as LoopMode));
  module.function(
    ["i32"],
    "void",
    (f, base) => {
      program.steps.forEach((step, i) => {
        if (step.kind === "nest") f.do(call(nests.get(step) as Callee<readonly ["i32"], "void">, base));
        else f.do(call(module.importFunction("env", "host", ["i32"], "void"), i32.const(i)));
      });
    },
    "run",
  );
  return { bytes: module.assemble(), math: host.imports };
}
