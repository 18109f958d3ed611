// Fifth stage: running a compiled program. Arguments are copied into the arena and results out of it; large ones lie beside it, and
// may stay there from call to call.

import { allocate, type Aval, isTensor, rowMajor, type Shape, type Tensor, type TypedArray } from "@gradus/core";
import { type Buffer, bytesOf, type Host, type Layout, type Opaque, type Operand, type Result, type Type } from "@gradus/loops";
import type { Payload } from "../kernel.js";
import { Resident } from "../resident.js";
import type { Part, Pool, Shared } from "../threads/pool.js";
import { View } from "../view.js";
import { webAssembly, type WasmModule } from "../wasm/webassembly.js";
import type { Compilation } from "./compile.js";
import type { ArenaMemory } from "./memory.js";
import type { Place, Residents } from "./residents.js";
import { Stacks } from "./stacks.js";

/** What running needs of the backend. */
export interface Machine {
  readonly memory: ArenaMemory;
  readonly residents: Residents;
  /** The threads, if there are to be several. */
  readonly pool: Pool | undefined;
  copyInto(out: View, x: View, shape: readonly number[]): void;
  /** A tensor of this backend. */
  tensor(aval: Aval, payload: Payload): Tensor;
  /** Applies a primitive by the eager kernels. */
  perform(step: Host, args: Tensor[]): Tensor[];
}

/** A program that is run. */
export interface Caller {
  /** The results of calls before, while they stay in memory. */
  former: Place[];
}

/** A large argument or result, which lies beside the arena: where in it its address is, as an index of 32-bit words. */
interface Outside {
  readonly operand: Operand;
  readonly pointer: number;
}

/** A large result, as an index of those that a call makes. */
interface Made {
  readonly made: number;
}

/** Where a small argument or result is: the view of its type, and the first element relative to the arena. */
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
  readonly #outputs: readonly (Slot | Made | Outside | Result)[];
  readonly #results: readonly Outside[];
  readonly #run: (base: number) => void;
  readonly #shared: Shared;
  /** Whether a call holds values that are not in its arena. */
  readonly #keeps: boolean;
  /** The arena of the call that is running, and values that are not in it. */
  #base = 0;
  #opaques: Tensor[] = [];
  #held: Place[] = [];
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
    const large = new Map<Buffer, Outside>();
    this.#outputs = outputs.map((x) => {
      if (!("buffer" in x)) return x;
      const to = entry(x) as Slot | Outside;
      if ("first" in to || large.has(x.buffer)) return to; // a result that is there twice is copied: each is its owner's alone
      return { made: large.set(x.buffer, to).size - 1 };
    });
    this.#results = [...large.values()];
    const { math, hosts, chunks, bytes } = compilation.emitted;
    this.#keeps = hosts.length > 0 || [...this.#inputs, ...this.#constants.map((c) => c[1]), ...this.#outputs].some((x) => x !== undefined && !("first" in x));
    this.#shared = { bytes, slot: 0, offer: 0, watches: [] };
    const fork = (part: number, base: number): unknown => machine.pool?.run(this.#shared, part, base, chunks[part] as number, parts[part] as Part);
    const instance = new webAssembly!.Instance(module, { env: { memory: machine.memory.memory, host: (step: number) => this.#host(hosts[step] as Host), grow: (stack: number, count: number, size: number) => this.#stacks?.grow(stack, count, size), fork }, math });
    this.#run = instance.exports["run"] as (base: number) => void;
    const parts = chunks.map((_, i) => instance.exports[`part${i}`] as Part);
  }

  #slot(operand: Operand, bytes = this.compilation.arena.offsets.get(operand.buffer) as number): Slot {
    const { buffer, offset } = operand;
    const size = bytesOf[buffer.type];
    return { operand, type: buffer.type, shift: Math.log2(size), first: bytes / size + offset };
  }

  /** How many of its jobs are withheld from threads for now. */
  get withheld(): number {
    return this.#shared.watches.filter((w) => w.isWithheld).length;
  }

  /** Runs it for `caller`, which remembers where the results are. */
  call(args: readonly Tensor[], caller: Caller): Tensor[] {
    const { memory } = this.#machine;
    const outer = this.#base;
    const opaques = this.#opaques;
    const held = this.#held;
    const stacks = this.#stacks;
    const { bytes, stacks: bytesOfStacks } = this.compilation.arena;
    const base = memory.reserve(bytes);
    this.#base = base;
    // Stores of what is new into what is old, and arrays that grow, take longer than the rest of a small call.
    if (this.#keeps) {
      this.#opaques = [];
      this.#held = [];
    }
    this.#stacks = bytesOfStacks > 0 ? this.#newStacks() : undefined;
    try {
      for (let i = 0; i < this.#inputs.length; i++) this.#enter(args[i] as Tensor, this.#inputs[i]);
      if (this.#constants.length > 0) for (const [value, to] of this.#constants) this.#enter(value, to);
      const made = this.#held.length;
      if (this.#results.length > 0) this.#makeRoom(caller);
      this.#run(base);
      const outs: Tensor[] = new Array(this.#outputs.length);
      for (let i = 0; i < outs.length; i++) outs[i] = this.#result(this.#outputs[i] as Slot | Made | Outside | Result, args, made);
      return outs;
    } finally {
      for (let i = 0; i < this.#held.length; i++) this.#machine.residents.release(this.#held[i] as Place);
      this.#stacks?.clear();
      this.#stacks = stacks;
      this.#base = outer;
      if (this.#keeps) {
        this.#opaques = opaques;
        this.#held = held;
      }
      memory.release(base, bytes);
    }
  }

  #enter(x: Tensor, to: Slot | Outside | Opaque | undefined): void {
    if (to === undefined) return;
    if ("opaque" in to) this.#opaques[to.opaque] = x;
    else if ("first" in to) this.#write(x, to);
    else {
      const { buffer, shape } = to.operand;
      this.#holds(to, this.#machine.residents.hold(x.payload as TypedArray | View | Resident, buffer.type, shape, buffer.size));
    }
  }

  #newStacks(): Stacks {
    const { memory, tensor } = this.#machine;
    memory.views.bool.fill(0, this.#base, this.#base + this.compilation.arena.stacks);
    return new Stacks({ memory, tensor, write: (x, at, { type }) => this.#put(x, type, at / bytesOf[type], x.shape) });
  }

  // Results stay until the next call: if nobody needs them any more, their places are still in the cache.
  #makeRoom(caller: Caller): void {
    const { residents } = this.#machine;
    caller.former = residents.retire(caller.former);
    for (const to of this.#results) {
      const place = residents.make(to.operand.buffer);
      this.#holds(to, place);
      caller.former.push(place);
    }
  }

  #holds({ pointer }: Outside, place: Place): void {
    this.#held.push(place);
    this.#machine.memory.views.int32[(this.#base >>> 2) + pointer] = place.at;
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
    else view.set(payload instanceof Resident ? payload.data : (payload as TypedArray), at);
  }

  #result(o: Slot | Made | Outside | Result, args: readonly Tensor[], firstMade: number): Tensor {
    const { memory, residents } = this.#machine;
    if ("first" in o) {
      const { aval, buffer } = o.operand;
      const view = memory.views[o.type];
      const at = (this.#base >>> o.shift) + o.first;
      if (aval.element !== undefined) return (this.#stacks as Stacks).read(4 * at, aval);
      return this.#machine.tensor(aval, aval.ndim === 0 ? (view[at] as number) : view.slice(at, at + buffer.size));
    }
    if ("made" in o) {
      const { aval, shape } = (this.#results[o.made] as Outside).operand;
      return this.#machine.tensor(aval, residents.settle(this.#held[firstMade + o.made] as Place, shape));
    }
    if ("pointer" in o) return this.#machine.tensor(o.operand.aval, memory.at(o.operand.buffer.type, this.#address(o.operand.buffer), o.operand.buffer.size).slice());
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
      else this.#write(out, this.#slot(to, this.#address(to.buffer) - this.#base));
    });
  }
}
