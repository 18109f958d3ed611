// Fifth stage: running a compiled program. Arguments are copied into the arena, results out of it as arrays of their own, so
// that nothing outlives a call but the module.

import { allocate, type Aval, isTensor, rowMajor, type Tensor, type TypedArray } from "@gradus/core";
import type { Payload } from "../kernel.js";
import { View } from "../view.js";
import { webAssembly, type WasmModule } from "../wasm/webassembly.js";
import type { Compilation } from "./compile.js";
import { bytesOf, type Type } from "./buffer.js";
import type { Host, Opaque, Operand, Result } from "./ir.js";
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

/** Where an argument or result is: the view of its type, and the first element relative to the arena. */
interface Slot {
  readonly operand: Operand;
  readonly type: Type;
  readonly first: number;
  readonly shift: number;
}

export class Executable {
  readonly compilation: Compilation;
  readonly #machine: Machine;
  readonly #inputs: readonly (Slot | Opaque | undefined)[];
  readonly #constants: readonly (readonly [Tensor, Slot | Opaque])[];
  readonly #outputs: readonly (Slot | Result)[];
  readonly #run: (base: number) => void;
  /** The arena of the call that is running, and values that are not in it. */
  #base = 0;
  #opaques: Tensor[] = [];

  constructor(compilation: Compilation, machine: Machine, module: WasmModule) {
    this.compilation = compilation;
    this.#machine = machine;
    const { inputs, constants, outputs } = compilation.loops;
    const slot = <T extends object | undefined>(x: T): T | Slot => (x !== undefined && "buffer" in x ? this.#slot(x as unknown as Operand) : x);
    this.#inputs = inputs.map((x) => slot(x) as Slot | Opaque | undefined);
    this.#constants = constants.map(([value, x]) => [value, slot(x) as Slot | Opaque] as const);
    this.#outputs = outputs.map((x) => slot(x) as Slot | Result);
    const { math, hosts } = compilation.emitted;
    const instance = new webAssembly!.Instance(module, { env: { memory: machine.memory.memory, host: (step: number) => this.#host(hosts[step] as Host) }, math });
    this.#run = instance.exports["run"] as (base: number) => void;
  }

  #slot(operand: Operand): Slot {
    const { buffer, offset } = operand;
    const shift = Math.log2(bytesOf[buffer.type]);
    return { operand, type: buffer.type, shift, first: ((this.compilation.arena.offsets.get(buffer) as number) >> shift) + offset };
  }

  call(args: readonly Tensor[]): Tensor[] {
    const { memory } = this.#machine;
    const outer = this.#base;
    const opaques = this.#opaques;
    const base = memory.reserve(this.compilation.arena.bytes);
    this.#base = base;
    this.#opaques = [];
    try {
      for (let i = 0; i < this.#inputs.length; i++) this.#enter(args[i] as Tensor, this.#inputs[i]);
      for (const [value, to] of this.#constants) this.#enter(value, to);
      this.#run(base);
      const outs: Tensor[] = [];
      for (let i = 0; i < this.#outputs.length; i++) outs.push(this.#result(this.#outputs[i] as Slot | Result, args));
      return outs;
    } finally {
      this.#base = outer;
      this.#opaques = opaques;
      memory.release(base);
    }
  }

  #enter(x: Tensor, to: Slot | Opaque | undefined): void {
    if (to === undefined) return;
    if ("opaque" in to) this.#opaques[to.opaque] = x;
    else this.#write(x, to);
  }

  #write({ payload }: Tensor, { type, first, shift, operand }: Slot): void {
    const { memory, copyInto } = this.#machine;
    const view = memory.views[type];
    const at = (this.#base >>> shift) + first;
    if (typeof payload === "number") view[at] = payload;
    else if (payload instanceof View) copyInto(new View(view, rowMajor(operand.shape), at), payload, operand.shape);
    else view.set(payload as TypedArray, at);
  }

  #result(o: Slot | Result, args: readonly Tensor[]): Tensor {
    if ("first" in o) {
      const { aval, buffer } = o.operand;
      const view = this.#machine.memory.views[o.type];
      const at = (this.#base >>> o.shift) + o.first;
      return this.#machine.tensor(aval, aval.ndim === 0 ? (view[at] as number) : view.slice(at, at + buffer.size));
    }
    if (isTensor(o)) return o;
    return "argument" in o ? (args[o.argument] as Tensor) : (this.#opaques[(o as Opaque).opaque] as Tensor);
  }

  // A step of the eager kernels. Whatever it keeps of what it is given has to outlive the call: it gets copies.
  #host(step: Host): void {
    const { memory, tensor, copyInto, perform } = this.#machine;
    const args = step.args.map((a): Tensor => {
      if (isTensor(a)) return a;
      if ("opaque" in a) return this.#opaques[a.opaque] as Tensor;
      const { buffer, strides, offset, shape, aval } = a;
      const data = memory.at(buffer.type, this.#base + (this.compilation.arena.offsets.get(buffer) as number), buffer.size);
      if (aval.ndim === 0) return tensor(aval, data[offset] as number);
      const dense = allocate(aval.dtype, aval.size);
      copyInto(new View(dense, rowMajor(shape)), new View(data, strides, offset), shape);
      return tensor(aval, dense);
    });
    const outs = perform(step, args);
    step.outs.forEach((to, i) => {
      const out = outs[i] as Tensor;
      if ("opaque" in to) this.#opaques[to.opaque] = out;
      else this.#write(out, this.#slot(to));
    });
  }
}
