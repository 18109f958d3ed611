// Fifth stage: running a compiled program. Arguments are copied into the arena, large ones beside it, where they may stay; results
// are copied out as arrays of their own.

import { allocate, type Aval, isTensor, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { type Buffer, bytesOf, type Host, type Layout, type Opaque, type Operand, type Result, type Type } from "@gradus/loops";
import type { Payload } from "../kernel.js";
import { View } from "../view.js";
import { webAssembly, type WasmModule } from "../wasm/webassembly.js";
import type { Compilation } from "./compile.js";
import type { ArenaMemory } from "./memory.js";
import type { Resident, Residents } from "./residents.js";
import { Stacks } from "./stacks.js";

/** What running needs of the backend. */
export interface Machine {
  readonly memory: ArenaMemory;
  readonly residents: Residents;
  copyInto(out: View, x: View, shape: readonly number[]): void;
  /** A tensor of this backend. */
  tensor(aval: Aval, payload: Payload): Tensor;
  /** Applies a primitive by the eager kernels. */
  perform(step: Host, args: Tensor[]): Tensor[];
}

/** A large argument, which is read where it lies: the place of its address, as an index of 32-bit words. */
interface Outside {
  readonly operand: Operand;
  readonly pointer: number;
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
  readonly #inputs: readonly (Slot | Outside | Opaque | undefined)[];
  readonly #constants: readonly (readonly [Tensor, Slot | Outside | Opaque])[];
  readonly #outputs: readonly (Slot | Result)[];
  readonly #run: (base: number) => void;
  /** The arena of the call that is running, and values that are not in it. */
  #base = 0;
  #opaques: Tensor[] = [];
  #held: Resident[] = [];
  #stacks: Stacks | undefined;

  constructor(compilation: Compilation, machine: Machine, module: WasmModule) {
    this.compilation = compilation;
    this.#machine = machine;
    const { inputs, constants, outputs } = compilation.loops;
    const entry = (x: Operand | Opaque): Slot | Outside | Opaque => {
      if ("opaque" in x) return x;
      const pointer = compilation.arena.pointers.get(x.buffer);
      return pointer === undefined ? this.#slot(x) : { operand: x, pointer: pointer >> 2 };
    };
    this.#inputs = inputs.map((x) => x && entry(x));
    this.#constants = constants.map(([value, x]) => [value, entry(x)] as const);
    this.#outputs = outputs.map((x) => ("buffer" in x ? this.#slot(x) : x));
    const { math, hosts } = compilation.emitted;
    const instance = new webAssembly!.Instance(module, { env: { memory: machine.memory.memory, host: (step: number) => this.#host(hosts[step] as Host), grow: (stack: number, count: number, size: number) => this.#stacks?.grow(stack, count, size) }, math });
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
    const held = this.#held;
    const stacks = this.#stacks;
    const base = memory.reserve(this.compilation.arena.bytes);
    this.#base = base;
    this.#opaques = [];
    this.#held = [];
    this.#stacks = this.compilation.arena.stacks > 0 ? this.#newStacks() : undefined;
    try {
      for (let i = 0; i < this.#inputs.length; i++) this.#enter(args[i] as Tensor, this.#inputs[i]);
      for (const [value, to] of this.#constants) this.#enter(value, to);
      this.#run(base);
      const outs: Tensor[] = [];
      for (let i = 0; i < this.#outputs.length; i++) outs.push(this.#result(this.#outputs[i] as Slot | Result, args));
      return outs;
    } finally {
      for (const resident of this.#held) this.#machine.residents.release(resident);
      this.#stacks?.clear();
      this.#stacks = stacks;
      this.#base = outer;
      this.#opaques = opaques;
      this.#held = held;
      memory.release(base, this.compilation.arena.bytes);
    }
  }

  #enter(x: Tensor, to: Slot | Outside | Opaque | undefined): void {
    if (to === undefined) return;
    if ("opaque" in to) this.#opaques[to.opaque] = x;
    else if ("first" in to) this.#write(x, to);
    else {
      const { memory, residents } = this.#machine;
      const { buffer, shape } = to.operand;
      const resident = residents.hold(x.payload as TypedArray | View, buffer.type, shape, buffer.size);
      this.#held.push(resident);
      memory.views.int32[(this.#base >>> 2) + to.pointer] = resident.at;
    }
  }

  #newStacks(): Stacks {
    const { memory, tensor } = this.#machine;
    memory.views.bool.fill(0, this.#base, this.#base + this.compilation.arena.stacks);
    return new Stacks({ memory, tensor, write: (x, at, { type }) => this.#put(x, type, at / bytesOf[type], x.shape) });
  }

  #address(buffer: Buffer): number {
    const { offsets, pointers } = this.compilation.arena;
    const pointer = pointers.get(buffer);
    return pointer === undefined ? this.#base + (offsets.get(buffer) as number) : (this.#machine.memory.views.uint32[(this.#base + pointer) >>> 2] as number);
  }

  #write(x: Tensor, { type, first, shift, operand: { aval, buffer, shape } }: Slot): void {
    const at = (this.#base >>> shift) + first;
    if (aval.element !== undefined) this.#stacks?.write(4 * at, x, buffer.element as Layout);
    else this.#put(x, type, at, shape);
  }

  // The elements of an array, from an element of the memory on.
  #put({ payload }: Tensor, type: Type, at: number, shape: Shape): void {
    const { memory, copyInto } = this.#machine;
    const view = memory.views[type];
    if (typeof payload === "number") view[at] = payload;
    else if (payload instanceof View) copyInto(new View(view, rowMajor(shape), at), payload, shape);
    else view.set(payload as TypedArray, at);
  }

  #result(o: Slot | Result, args: readonly Tensor[]): Tensor {
    if ("first" in o) {
      const { aval, buffer } = o.operand;
      const view = this.#machine.memory.views[o.type];
      const at = (this.#base >>> o.shift) + o.first;
      if (aval.element !== undefined) return (this.#stacks as Stacks).read(4 * at, aval);
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
      if (aval.element !== undefined) return (this.#stacks as Stacks).read(this.#address(buffer), aval);
      const data = memory.at(buffer.type, this.#address(buffer), buffer.size);
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
