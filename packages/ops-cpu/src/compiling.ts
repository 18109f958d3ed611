// The CPU backend that compiles: programs become WebAssembly modules, everything else is as on the fast backend.

import { type AnyPrimitive, at, type Aval, type BackendStats, base, performBelow, type Tensor, type TypedArray } from "@gradus/core";
import type { Host } from "@gradus/loops";
import { evalProgram, type Program } from "@gradus/tracing";
import { copyInto } from "./copy.js";
import { whyNot } from "./compiler/available.js";
import { type Compilation, compile } from "./compiler/compile.js";
import { Executable, type Machine } from "./compiler/executable.js";
import { explain } from "./compiler/explain.js";
import { opened } from "./compiler/kernels/index.js";
import { ArenaMemory } from "./compiler/memory.js";
import { Residents } from "./compiler/residents.js";
import type { KernelFamily, Payload } from "./kernel.js";
import { Resident } from "./resident.js";
import { TiledCpu } from "./tiled.js";
import { type Features, features } from "./wasm/features.js";
import { webAssembly, type WasmModule } from "./wasm/webassembly.js";

export class CompilingCpu extends TiledCpu {
  #executables = new WeakMap<Program, Executable>();
  /** What was run last: found without a search. */
  #last: { readonly program: Program; readonly executable: Executable } | undefined;
  #machine: Machine | undefined;
  readonly #own = new Set<AnyPrimitive>();
  readonly #compiled = { programs: 0, nests: 0, hostCalls: 0 };

  readonly #features: Features | undefined;
  readonly #large: number | undefined;

  /** With `given`, code is made for engines that have those features; `large` bytes make an argument large. */
  constructor(families: readonly KernelFamily[], given?: Features, large?: number) {
    super(families);
    this.#features = given;
    this.#large = large;
  }

  override perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    if (p.traits.elementwise === undefined && whyNot() === null) {
      const structure = p.rules["tracing/structure"]?.(params);
      if (structure?.kind === "call") return this.#executable(structure.program).call(args);
    }
    return super.perform(p, args, params);
  }

  override defineLowering(...[primitive, kernel]: Parameters<TiledCpu["defineLowering"]>): void {
    super.defineLowering(primitive, kernel);
    this.#own.add(primitive);
    this.#executables = new WeakMap();
    this.#last = undefined;
  }

  /** A function that runs a program, compiled. */
  compile(program: Program): (args: Tensor[]) => Tensor[] {
    if (whyNot() !== null) return (args) => evalProgram(program, args);
    const executable = this.#executable(program);
    return (args) => executable.call(args);
  }

  /** Compiles a program ahead of its first application. */
  async prepare(program: Program): Promise<void> {
    if (whyNot() !== null || this.#executables.has(program)) return;
    const compilation = this.#compile(program);
    const module = await webAssembly!.compile(compilation.emitted.bytes);
    this.#executables.set(program, this.#load(compilation, module));
  }

  /** How a program is run: its loop nests, what was not fused and why, calls of the host, bytes of memory. */
  explainPlan(program: Program): string {
    const reason = whyNot();
    if (reason !== null) return `${reason}: the program is evaluated operation by operation.\n${program}`;
    return explain(this.#executable(program).compilation);
  }

  // What stays in memory is read from there.
  override read(x: Tensor): TypedArray {
    const { payload } = x;
    if (!(payload instanceof Resident)) return super.read(x);
    this.counts.downloads++;
    return payload.copy();
  }

  /** A donated tensor's memory is free from now on. */
  release({ payload }: Tensor): void {
    if (typeof payload === "object") this.#machine?.residents.forget(payload as object);
  }

  /**
   * Those of the eager backend; programs compiled, loop nests in them, calls of eager kernels from them, bytes of memory that they run in; bytes
   * of large arguments and results that stay there, how many of those made room for others, and copies of large ones in and out.
   */
  override stats(): BackendStats {
    const { memory, residents } = this.#machine ?? {};
    return { ...super.stats(), ...this.#compiled, memory: memory?.bytes ?? 0, ...(residents?.counts ?? { resident: 0, evictions: 0, copiesIn: 0, copiesOut: 0 }) };
  }

  #executable(program: Program): Executable {
    if (program === this.#last?.program) return this.#last.executable;
    let found = this.#executables.get(program);
    if (found === undefined) this.#executables.set(program, (found = this.#make(program)));
    this.#last = { program, executable: found };
    return found;
  }

  #make(program: Program): Executable {
    const compilation = this.#compile(program);
    return this.#load(compilation, new webAssembly!.Module(compilation.emitted.bytes));
  }

  #compile(program: Program): Compilation {
    return compile(program, {
      features: this.#features ?? features(),
      isKept: (p) => p.traits.elementwise !== undefined || (this.kernel(p) !== undefined && (this.#own.has(p) || !opened.has(p))),
      hasOwnKernel: (p) => this.#own.has(p),
      large: this.#large,
    });
  }

  #load(compilation: Compilation, module: WasmModule): Executable {
    this.#compiled.programs++;
    this.#compiled.nests += compilation.modes.size;
    this.#machine ??= this.#newMachine();
    return new Executable(compilation, this.#machine, module);
  }

  #newMachine(): Machine {
    const memory = new ArenaMemory();
    return {
      memory,
      residents: new Residents(memory, copyInto),
      copyInto,
      tensor: (aval: Aval, payload: Payload) => this.tensor(aval, payload),
      perform: (step, args) => this.#host(step, args),
    };
  }

  #host({ primitive, params, outs }: Host, args: Tensor[]): Tensor[] {
    this.#compiled.hostCalls++;
    if (outs.some((o) => o.aval.dtype === "float0") || args.some((a) => a.dtype === "float0")) return at(base, () => performBelow(primitive, args, params));
    const out = this.perform(primitive, args, params);
    return Array.isArray(out) ? out : [out];
  }
}
