// The CPU backend that compiles: programs become WebAssembly modules, everything else is as on the fast backend.

import { type AnyPrimitive, at, type Aval, type BackendStats, base, performBelow, type Tensor, type TypedArray } from "@gradus/core";
import { type Host, plural, programKey, simplify, withoutConstants } from "@gradus/loops";
import { evalProgram, type Program, Recent } from "@gradus/tracing";
import { copyInto } from "./copy.js";
import { whyNot } from "./compiler/available.js";
import { type Compilation, compileSimplified, type Target } from "./compiler/compile.js";
import { type Caller, Executable, type Machine } from "./compiler/executable.js";
import { explain } from "./compiler/explain.js";
import { opened } from "./compiler/kernels/index.js";
import { ArenaMemory } from "./compiler/memory.js";
import { type Place, Residents } from "./compiler/residents.js";
import type { KernelFamily, Payload } from "./kernel.js";
import { Resident } from "./resident.js";
import { whyOneThread } from "./threads/available.js";
import { Pool } from "./threads/pool.js";
import { TiledCpu } from "./tiled.js";
import { type Features, features } from "./wasm/features.js";
import { webAssembly, type WasmModule } from "./wasm/webassembly.js";

/** How a program is run: by what is compiled, with the arrays that it captured behind its arguments. */
class Runner implements Caller {
  former: Place[] = [];
  readonly executable: Executable;
  readonly #constants: readonly Tensor[];

  constructor(executable: Executable, constants: readonly Tensor[]) {
    this.executable = executable;
    this.#constants = constants;
  }

  call(args: readonly Tensor[]): Tensor[] {
    return this.executable.call(this.#constants.length === 0 ? args : [...args, ...this.#constants], this);
  }
}

const mostShared = 256;
const shortRead = 256; // elements: fewer take longer by slice() than by the constructor, more by the constructor

export class CompilingCpu extends TiledCpu {
  #runners = new WeakMap<Program, Runner>();
  /** What is compiled, for programs that are the same. */
  #shared = new Recent<string, Executable>(mostShared);
  /** What was run last: found without a search. */
  #last: { readonly program: Program; readonly runner: Runner } | undefined;
  #machine: Machine | undefined;
  readonly #own = new Set<AnyPrimitive>();
  readonly #compiled = { programs: 0, shared: 0, nests: 0, hostCalls: 0 };

  readonly #features: Features | undefined;
  readonly #large: number | undefined;
  #threads: number;
  readonly #leastShared: number;
  /** Why there is one thread, where there should be more. */
  #whyOne: string | undefined;

  /**
   * With `given`, code is made for engines that have those features; `large` bytes make an argument large. Work of `leastShared` nanoseconds is shared by
   * threads: a job costs about one microsecond while they are awake; while they sleep, the caller does it by itself.
   */
  constructor(families: readonly KernelFamily[], given?: Features, large?: number, threads = 1, leastShared = 20_000) {
    super(families);
    this.#features = given;
    this.#large = large;
    this.#threads = threads;
    this.#leastShared = leastShared;
  }

  override perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    if (p.traits.elementwise === undefined && whyNot() === null) {
      const structure = p.rules["tracing/structure"]?.(params);
      if (structure?.kind === "call") return this.#runner(structure.program).call(args);
    }
    return super.perform(p, args, params);
  }

  override defineLowering(...[primitive, kernel]: Parameters<TiledCpu["defineLowering"]>): void {
    super.defineLowering(primitive, kernel);
    this.#own.add(primitive);
    this.#runners = new WeakMap();
    this.#shared = new Recent(mostShared);
    this.#last = undefined;
  }

  /** A function that runs a program, compiled. */
  compile(program: Program): (args: Tensor[]) => Tensor[] {
    if (whyNot() !== null) return (args) => evalProgram(program, args);
    const runner = this.#runner(program);
    return (args) => runner.call(args);
  }

  /** Compiles a program ahead of its first application. */
  async prepare(program: Program): Promise<void> {
    if (whyNot() !== null || this.#runners.has(program)) return;
    const { target, closed, constants, key } = this.#simplified(program);
    let executable = this.#known(key);
    if (executable === undefined) {
      const runners = this.#runners;
      const compilation = compileSimplified(closed, target);
      const module = await webAssembly!.compile(compilation.emitted.bytes);
      if (runners !== this.#runners) return this.prepare(program); // there are other kernels by now
      executable = this.#load(compilation, module, key);
    }
    this.#runners.set(program, this.#newRunner(executable, constants));
  }

  /** How a program is run: its loop nests, what was not fused and why, calls of the host, bytes of memory. */
  explainPlan(program: Program): string {
    const reason = whyNot();
    if (reason !== null) return `${reason}: the program is evaluated operation by operation.\n${program}`;
    const { compilation, withheld } = this.#runner(program).executable;
    const plan = explain(compilation);
    if (this.#threads === 1) return plan;
    const { running, whyNot: why } = this.#machine?.pool ?? { running: 1, whyNot: this.#whyOne };
    const apart = withheld === 0 ? "" : `; ${plural(withheld, "job")} withheld from them for now, since sharing did not make ${withheld === 1 ? "it" : "them"} faster`;
    return `${plan}\n${why === undefined ? `${running} threads${apart}` : `one thread: ${why}`}`;
  }

  // What stays in memory is read from there.
  override read(x: Tensor): TypedArray {
    const { payload } = x;
    if (payload instanceof Float32Array && payload.length <= shortRead) {
      this.counts.downloads++;
      return new Float32Array(payload);
    }
    if (!(payload instanceof Resident)) return super.read(x);
    this.counts.downloads++;
    return payload.copy();
  }

  /** Ends the threads, if there are any. The backend computes on, on one. */
  override dispose(): void {
    if (this.#machine === undefined) this.#threads = 1;
    else this.#machine.pool?.dispose();
  }

  /** The memory of a tensor that nobody uses again is free from now on, unless one of `kept` has its elements too. */
  release({ payload }: Tensor, kept: readonly Tensor[]): void {
    if (typeof payload === "object" && kept.every((y) => y.payload !== payload)) this.#machine?.residents.forget(payload as object);
  }

  /**
   * Those of the eager backend; programs made ready, how many of those share what was compiled for another, loop nests in them, calls of eager
   * kernels from them, bytes of memory that they run in; bytes of large arguments and results that stay there, how many of those made room for
   * others, and copies of large ones in and out; threads that compute now, chunks of loops and products that others than the caller computed, and jobs that were
   * withheld from threads since jobs like them had not gained by being shared.
   */
  override stats(): BackendStats {
    const { memory, residents, pool } = this.#machine ?? {};
    return { ...super.stats(), ...this.#compiled, memory: memory?.bytes ?? 0, ...(residents?.counts ?? { resident: 0, evictions: 0, copiesIn: 0, copiesOut: 0 }), threads: pool?.running ?? 1, helped: pool?.helped ?? 0, withheld: pool?.withheld ?? 0 };
  }

  #runner(program: Program): Runner {
    if (program === this.#last?.program) return this.#last.runner;
    let found = this.#runners.get(program);
    if (found === undefined) this.#runners.set(program, (found = this.#make(program)));
    this.#last = { program, runner: found };
    return found;
  }

  #make(program: Program): Runner {
    const { target, closed, constants, key } = this.#simplified(program);
    let executable = this.#known(key);
    if (executable === undefined) {
      const compilation = compileSimplified(closed, target);
      executable = this.#load(compilation, new webAssembly!.Module(compilation.emitted.bytes), key);
    }
    return this.#newRunner(executable, constants);
  }

  #known(key: string | undefined): Executable | undefined {
    const found = key === undefined ? undefined : this.#shared.get(key);
    if (found !== undefined) this.#compiled.shared++;
    return found;
  }

  #newRunner(executable: Executable, constants: readonly Tensor[]): Runner {
    this.#compiled.programs++;
    this.#compiled.nests += executable.compilation.modes.size;
    return new Runner(executable, constants);
  }

  #simplified(program: Program): { target: Target; closed: Program; constants: readonly Tensor[]; key: string | undefined } {
    this.#machine ??= this.#newMachine();
    const target: Target = {
      sharing: this.#machine.pool && { threads: this.#threads, least: this.#leastShared },
      features: this.#features ?? features(),
      isKept: (p) => p.traits.elementwise !== undefined || (this.kernel(p) !== undefined && (this.#own.has(p) || !opened.has(p))),
      hasOwnKernel: (p) => this.#own.has(p),
      large: this.#large,
    };
    const { program: closed, constants } = withoutConstants(simplify(program, target.isKept));
    return { target, closed, constants, key: programKey(closed) };
  }

  #load(compilation: Compilation, module: WasmModule, key: string | undefined): Executable {
    const executable = new Executable(compilation, this.#machine as Machine, module);
    if (key !== undefined) this.#shared.set(key, executable);
    return executable;
  }

  #newMachine(): Machine {
    const memory = this.#newMemory();
    const pool = memory.isShared ? new Pool(this.#threads, memory.memory) : undefined;
    return {
      memory,
      pool,
      residents: new Residents(memory, copyInto),
      copyInto,
      tensor: (aval: Aval, payload: Payload) => this.tensor(aval, payload),
      perform: (step, args) => this.#host(step, args),
    };
  }

  #newMemory(): ArenaMemory {
    if (this.#threads === 1) return new ArenaMemory();
    try {
      this.#whyOne = whyOneThread() ?? undefined;
      if (this.#whyOne === undefined) return new ArenaMemory(true);
    } catch (error) {
      this.#whyOne = `there is no memory to share (${(error as Error).message})`;
    }
    return new ArenaMemory();
  }

  #host({ primitive, params, outs }: Host, args: Tensor[]): Tensor[] {
    this.#compiled.hostCalls++;
    if (outs.some((o) => o.aval.dtype === "float0") || args.some((a) => a.dtype === "float0")) return at(base, () => performBelow(primitive, args, params));
    const out = this.perform(primitive, args, params);
    return Array.isArray(out) ? out : [out];
  }
}
