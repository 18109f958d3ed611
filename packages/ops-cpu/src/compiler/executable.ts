// Fifth stage: running a compiled program. Arguments are copied into the arena, results out of it as arrays of their own, so
// that nothing outlives a call but the module.

import { allocate, type Aval, isTensor, rowMajor, type Tensor, type TypedArray } from "@gradus/core";
import type { Payload } from "../kernel.js";
import { View } from "../view.js";
import { webAssembly, type WasmModule } from "../wasm/webassembly.js";
import type { Compilation } from "./compile.js";
import { type Host, type LoopProgram, type Opaque, type Operand } from "./ir.js";
import type { ArenaMemory } from "./memory.js";

/** What running needs of the backend. */
export interface Machine {
  readonly memory: ArenaMemory;
  copyInto(out: View, x: View, shape: readonly number[]): void;
  /** A tensor of this backend. */
  tensor(aval: Aval, payload: Payload): Tensor;
  /** Applies a primitive by the eager kernels. */
  perform(step: Host, args: Tensor[]): Tensor[];
}

/** One call of the program. */
interface Frame {
  readonly base: number;
  readonly opaques: Tensor[];
}

export class Executable {
  readonly compilation: Compilation;
  readonly #machine: Machine;
  readonly #program: LoopProgram;
  readonly #addresses: ReadonlyMap<unknown, number>;
  readonly #run: (base: number) => void;
  #frame: Frame | undefined;

  constructor(compilation: Compilation, machine: Machine, module: WasmModule) {
    this.compilation = compilation;
    this.#machine = machine;
    this.#program = compilation.loops;
    this.#addresses = compilation.arena.offsets;
    const instance = new webAssembly!.Instance(module, {
      env: { memory: machine.memory.memory, host: (step: number) => this.#host(compilation.emitted.hosts[step] as Host) },
      math: compilation.emitted.math,
    });
    this.#run = instance.exports["run"] as (base: number) => void;
  }

  call(args: readonly Tensor[]): Tensor[] {
    const { memory } = this.#machine;
    const { inputs, constants, outputs } = this.#program;
    const outer = this.#frame;
    const base = memory.reserve(this.compilation.arena.bytes);
    const frame: Frame = { base, opaques: [] };
    try {
      this.#frame = frame;
      for (let i = 0; i < inputs.length; i++) {
        const to = inputs[i];
        if (to === undefined) continue;
        if ("opaque" in to) frame.opaques[to.opaque] = args[i] as Tensor;
        else this.#write(args[i] as Tensor, to, base);
      }
      for (const [value, to] of constants) {
        if ("opaque" in to) frame.opaques[to.opaque] = value;
        else this.#write(value, to, base);
      }
      this.#run(base);
      return outputs.map((o) => (isTensor(o) ? o : "argument" in o ? (args[o.argument] as Tensor) : this.#result(o, frame)));
    } finally {
      this.#frame = outer;
      memory.release(base);
    }
  }

  #write(x: Tensor, { buffer, shape }: Operand, base: number): void {
    const { memory, copyInto } = this.#machine;
    const { payload } = x;
    const view = memory.views[buffer.type];
    const first = (base + (this.#addresses.get(buffer) as number)) / view.BYTES_PER_ELEMENT;
    if (typeof payload === "number") view[first] = payload;
    else if (payload instanceof View) copyInto(new View(view, rowMajor(shape), first), payload, shape);
    else view.set(payload as TypedArray, first);
  }

  #result(o: Operand | Opaque, { base, opaques }: Frame): Tensor {
    const { tensor, memory } = this.#machine;
    if ("opaque" in o) return opaques[o.opaque] as Tensor;
    const { buffer, aval } = o;
    const view = memory.views[buffer.type];
    const first = (base + (this.#addresses.get(buffer) as number)) / view.BYTES_PER_ELEMENT;
    return tensor(aval, aval.ndim === 0 ? (view[first] as number) : view.slice(first, first + buffer.size));
  }

  // A step of the eager kernels. Whatever it keeps of what it is given has to outlive the call: it gets copies.
  #host(step: Host): void {
    const { memory, tensor, copyInto, perform } = this.#machine;
    const { base, opaques } = this.#frame as Frame;
    const args = step.args.map((a): Tensor => {
      if (isTensor(a)) return a;
      if ("opaque" in a) return opaques[a.opaque] as Tensor;
      const { buffer, strides, offset, shape, aval } = a;
      const data = memory.at(buffer.type, base + (this.#addresses.get(buffer) as number), buffer.size);
      if (aval.ndim === 0) return tensor(aval, data[offset] as number);
      const dense = allocate(aval.dtype, aval.size);
      copyInto(new View(dense, rowMajor(shape)), new View(data, strides, offset), shape);
      return tensor(aval, dense);
    });
    const outs = perform(step, args);
    step.outs.forEach((to, i) => {
      const out = outs[i] as Tensor;
      if ("opaque" in to) opaques[to.opaque] = out;
      else this.#write(out, to, base);
    });
  }
}
