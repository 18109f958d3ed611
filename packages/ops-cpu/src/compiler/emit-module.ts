// Fourth stage: the module of a program: a function for each nest, and a driver.

import type { Buffer, Host, LoopProgram, Nest } from "@gradus/loops";
import { i32, ModuleBuilder } from "../wasm/encoder.js";
import type { Features } from "../wasm/features.js";
import { HostFunctions } from "../wasm/lane-code.js";
import type { Arena } from "./arena.js";
import { Driver } from "./emit-steps.js";
import type { Emission } from "./emission.js";
import type { LoopMode } from "./loop-mode.js";
import { mostPages } from "./memory.js";
import { Parts, type Sharing } from "./parts.js";

/** A module as bytes, and the functions of the host that it imports. */
export interface Emitted {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly math: Readonly<Record<string, (...args: number[]) => number>>;
  /** The steps that the host does. */
  readonly hosts: readonly Host[];
  /** For each function that threads share, how many chunks its jobs have; 0 for what turned out not to be for others. */
  readonly chunks: readonly number[];
  /** Bytes that it needs behind the arena. */
  readonly room: number;
}

/**
 * The module of a program. It exports `run(arena)`, and imports `env.memory`, `env.host(step)` and what `math` has; for several threads,
 * what `Parts` says besides, and the memory is shared.
 */
export function emitModule(program: LoopProgram, modes: ReadonlyMap<Nest, LoopMode>, { offsets, pointers, bytes }: Arena, features: Features, sharing?: Sharing): Emitted {
  const module = new ModuleBuilder();
  const host = new HostFunctions(module);
  const parts = sharing !== undefined ? new Parts(module, host, sharing, bytes) : undefined;
  module.importMemory("env", "memory", parts && { maximum: mostPages, isShared: true });
  const made = new Map<string, unknown>();
  const e: Emission = {
    module,
    features,
    host,
    parts,
    offsetOf: (b: Buffer) => offsets.get(b),
    addressOf(base, b: Buffer, bytes = 0) {
      const pointer = pointers.get(b);
      if (pointer === undefined) return i32.add(base, i32.const((offsets.get(b) as number) + bytes));
      return bytes === 0 ? i32.load(base, pointer) : i32.add(i32.load(base, pointer), i32.const(bytes));
    },
    shared<T>(name: string, make: () => T): T {
      if (!made.has(name)) made.set(name, make());
      return made.get(name) as T;
    },
  };
  const driver = new Driver(e, modes);
  module.function(["i32"], "void", (f, base) => driver.emit(f, base, program.steps), "run");
  return { bytes: module.assemble(), math: host.imports, hosts: driver.hosts, chunks: parts?.chunks ?? [], room: parts?.bytes ?? 0 };
}
