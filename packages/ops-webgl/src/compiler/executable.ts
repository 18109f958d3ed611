// Running a compiled program: values stay on the device, what is carried and sliced is not copied, and what is not used any more is
// freed at once.

import { allocate, type Aval, BackendMismatchError, isTensor, rowMajor, Tensor } from "@gradus/core";
import { type Branch, type Buffer, type Host, type Layout, type Move, type Nest, type Opaque, type Operand, type Repeat, type Result, type Row, type Step, type While } from "@gradus/loops";
import type { Device } from "../device.js";
import { dense } from "../elementwise.js";
import { storagesIn } from "../scope.js";
import type { Storage } from "../storage.js";
import { View } from "../view.js";
import { Collector } from "./collector.js";
import type { Compilation } from "./compile.js";
import { held, type LoopPass } from "./loop-pass.js";
import { type Elements, type Slot, Slots } from "./slots.js";

/** What running needs of the backend. */
export interface Machine {
  readonly device: Device;
  /** A tensor of this backend. */
  tensor(aval: Operand["aval"], payload: View | number): Tensor;
  /** A tensor of elements of a storage, as they lie there. */
  flat(storage: Storage): Tensor;
  /** Applies a primitive by the eager kernels. */
  perform(step: Host, args: Tensor[]): Tensor[];
  /** Arrays one after the other. */
  join(xs: Tensor[]): Tensor;
  /** A number of the device, for which the page waits. */
  number(x: Tensor): number;
  /** Whether a tensor is of this backend. */
  isOwn(x: Tensor): boolean;
}

export class Executable {
  readonly compilation: Compilation;
  readonly #machine: Machine;
  #slots: Slots;
  #opaques: Tensor[] = [];
  #escaped: Storage[] = [];

  constructor(compilation: Compilation, machine: Machine) {
    this.compilation = compilation;
    this.#machine = machine;
    this.#slots = new Slots(machine.device.memory);
  }

  call(args: readonly Tensor[]): Tensor[] {
    const { memory } = this.#machine.device;
    const [outer, opaques, escaped] = [this.#slots, this.#opaques, this.#escaped];
    this.#slots = new Slots(memory);
    this.#opaques = [];
    this.#escaped = [];
    try {
      const run = (): Tensor[] => {
        const { inputs, constants, steps, outputs } = this.compilation.loops;
        inputs.forEach((to, i) => this.#enter(args[i] as Tensor, to));
        for (const [value, to] of constants) this.#enter(value, to);
        this.#run(steps);
        return outputs.map((o) => this.#result(o, args));
      };
      return memory.scope(run, (outs) => [...storagesIn(outs), ...this.#escaped]);
    } finally {
      [this.#slots, this.#opaques, this.#escaped] = [outer, opaques, escaped];
    }
  }

  #enter(x: Tensor, to: Operand | Opaque | undefined): void {
    if (to === undefined) return;
    if ("opaque" in to) this.#opaques[to.opaque] = x;
    else this.#slots.set(to.buffer, this.#slotOf(x, to.buffer));
  }

  // Elements in row-major order, where they lie if they lie so. What comes on a stack is on the device.
  #slotOf(x: Tensor, { element }: Layout): Slot {
    if (element !== undefined) return { rows: ((x.payload ?? []) as readonly Tensor[]).map((r) => this.#onStack(this.#slotOf(r, element), element)) };
    if (typeof x.payload === "number") return x.payload;
    if (!this.#machine.isOwn(x)) throw new BackendMismatchError(`A program on the backend webgl has a captured ${x.aval} of ${x.backend?.name ?? "another backend"}: put it on webgl before, by toBackend(x, backend).`);
    const { storage, strides, offset } = x.payload as View;
    const isRowMajor = rowMajor(x.shape).every((s, i) => s === strides[i] || x.shape[i] === 1);
    if (isRowMajor && offset % 4 === 0 && storage.size - offset >= x.size) return { storage, offset };
    return { storage: this.#slots.own(dense(this.#machine.device, x.payload as View, x.shape, x.size).storage), offset: 0 };
  }

  #onStack = (row: Slot, element: Layout): Slot => (typeof row === "number" ? this.#slots.elements(element, row) : row);

  #result(o: Result, args: readonly Tensor[]): Tensor {
    if (isTensor(o)) return o;
    if ("argument" in o) return args[o.argument] as Tensor;
    if ("opaque" in o) return this.#opaques[o.opaque] as Tensor;
    return this.#tensor(o);
  }

  #run(steps: readonly Step[]): void {
    const dead = this.compilation.lifetimes.get(steps) as readonly (readonly Buffer[])[];
    steps.forEach((step, k) => {
      this.#step(step);
      for (const b of dead[k] as readonly Buffer[]) this.#slots.drop(b);
    });
  }

  #step(step: Step): void {
    switch (step.kind) {
      case "nest":
        return this.#nest(step);
      case "host":
        return this.#host(step);
      case "repeat":
        return this.#repeat(step);
      case "while":
        return this.#while(step);
      case "branch":
        return this.#branch(step);
      case "kernel":
        return; // there are none: every kernel here is the one that runs without jit
    }
  }

  #nest(nest: Nest): void {
    const { numbers, passes, temporaries } = this.compilation.plans.get(nest) as NonNullable<ReturnType<Compilation["plans"]["get"]>>;
    for (const { buffer, value } of numbers) this.#slots.set(buffer, value(this.#slots.number));
    for (const pass of passes) this.#pass(pass);
    for (const b of temporaries) this.#slots.drop(b);
  }

  #pass({ outs, size, inputs, ints, starts, integers, floats, source }: LoopPass): void {
    const slots = this.#slots;
    const values = inputs.map((b) => slots.get(b) as Elements);
    let given = ints;
    if (integers.length > 0 || values.some((v) => v.offset !== 0)) {
      const moved = [...ints];
      for (const { at, input } of starts) moved[at] = (moved[at] as number) + (values[input] as { offset: number }).offset;
      for (const { at, buffer } of integers) moved[at] = slots.number(buffer) | 0;
      given = moved;
    }
    const results = this.#machine.device.runSeveral({ outs: outs.map((b) => held(b.type)), size, inputs: values.map((v) => v.storage), ints: given, floats: floats.map(slots.number), source });
    outs.forEach((b, i) => slots.set(b, { storage: slots.own(results[i] as Storage), offset: 0 }));
  }

  #host(step: Host): void {
    const { memory } = this.#machine.device;
    const slots = this.#slots;
    const args = step.args.map((a) => this.#argument(a));
    if (step.effect !== undefined) for (const storage of storagesIn(args)) this.#escape(storage);
    const made = memory.open();
    try {
      const outs = this.#machine.perform(step, args);
      step.outs.forEach((to, i) => {
        const out = outs[i] as Tensor;
        if ("opaque" in to) return void (this.#opaques[to.opaque] = out);
        const slot = this.#slotOf(out, to.buffer);
        // What was not made here is somebody else's.
        for (const storage of storagesIn(out)) if (made.has(storage)) slots.own(storage);
        slots.set(to.buffer, typeof slot === "number" ? slots.elements(to.buffer, slot) : slot);
      });
    } finally {
      memory.close(made, made);
    }
  }

  // Whoever is shown a value may keep it.
  #escape(storage: Storage): void {
    this.#slots.disown(storage);
    this.#escaped.push(storage);
  }

  #argument(a: Host["args"][number]): Tensor {
    if (isTensor(a)) return a;
    return "opaque" in a ? (this.#opaques[a.opaque] as Tensor) : this.#tensor(a);
  }

  #tensor({ buffer, strides, offset, aval }: Operand): Tensor {
    const value = this.#slots.get(buffer);
    if (aval.element === undefined && (typeof value === "number" || "rows" in value) && aval.ndim === 0) return this.#machine.tensor(aval, this.#slots.number(buffer));
    return this.#tensorOf(value, aval, buffer, strides, offset);
  }

  #tensorOf(value: Slot, aval: Aval, layout: Layout, strides: readonly number[], offset: number): Tensor {
    if (typeof value === "object" && "rows" in value) {
      const [element, row] = [aval.element as Aval, layout.element as Layout];
      return new Tensor(aval, value.rows.map((r) => (typeof r === "number" && element.ndim === 0 ? this.#machine.tensor(element, r) : this.#tensorOf(r, element, row, rowMajor(element.shape), 0))), null, null);
    }
    const from = this.#slots.elements(layout, value);
    return this.#machine.tensor(aval, new View(from.storage, strides, from.offset + offset));
  }

  #repeat({ count, reverse, slices, steps, rows, carried }: Repeat): void {
    const slots = this.#slots;
    const turns = typeof count === "number" ? count : this.#machine.number(this.#tensor(count));
    const collected = rows.map((r) => this.#collecting(r, reverse));
    for (let turn = 0; turn < turns; turn++) {
      const index = reverse ? turns - 1 - turn : turn;
      for (const slice of slices) slots.set(slice.row, this.#slice(slice, index));
      this.#run(steps);
      for (const c of collected) c.add();
      this.#move(carried);
      for (const { row } of [...rows, ...slices]) slots.drop(row);
    }
    for (const c of collected) c.finish();
  }

  // Of a stack it is what is there, and zeros beyond its end.
  #slice({ array, row }: Row, index: number): Slot {
    const from = this.#slots.get(array.buffer);
    if (typeof from === "number") return from;
    if ("storage" in from) return { storage: from.storage, offset: from.offset + array.offset + index * row.size };
    return from.rows[index] ?? (row.element !== undefined ? { rows: [] } : this.compilation.numbers.has(row) ? 0 : this.#zeros(row));
  }

  #zeros({ type, size }: Buffer): Slot {
    const dtype = held(type);
    return { storage: this.#slots.own(this.#machine.device.memory.put(dtype, allocate(dtype, size))), offset: 0 };
  }

  // What becomes of a row of each turn: it is put on a stack, or joined with others.
  #collecting({ array: { buffer: to }, row }: Row, isReversed: boolean): { add(): void; finish(): void } {
    const slots = this.#slots;
    const { element } = to;
    if (element !== undefined) {
      const list: Slot[] = [];
      return {
        add: () => {
          const value = slots.get(row);
          const kept = this.compilation.onDevice.has(to) ? this.#onStack(value, element) : value;
          slots.retain(kept);
          list.push(kept);
        },
        finish: () => {
          const stack = { rows: isReversed ? list.reverse() : list };
          slots.set(to, stack);
          slots.release(stack);
        },
      };
    }
    const collector = new Collector<Tensor>((xs) => this.#joined(xs), isReversed);
    const known: number[] = [];
    return {
      add: () => {
        const value = slots.get(row);
        if (typeof value === "number") known.push(value);
        else if (row.size > 0) collector.add(this.#kept(value as Elements, row.size));
      },
      finish: () => this.#collected(to, isReversed ? known.reverse() : known, collector.finish()),
    };
  }

  #collected(to: Buffer, known: readonly number[], joined: Tensor | undefined): void {
    const { memory } = this.#machine.device;
    const slots = this.#slots;
    if (joined !== undefined) {
      const slot = { storage: (joined.payload as View).storage, offset: 0 };
      slots.set(to, slot);
      return slots.release(slot);
    }
    const dtype = held(to.type);
    const data = allocate(dtype, known.length);
    data.set(known);
    slots.set(to, { storage: slots.own(known.length === 0 ? memory.make(dtype, 0) : memory.put(dtype, data)), offset: 0 });
  }

  // A row that is kept until it is joined with others.
  #kept(value: Elements, size: number): Tensor {
    const { device, flat } = this.#machine;
    const isWhole = value.offset === 0 && value.storage.size === size;
    const storage = isWhole ? value.storage : this.#slots.own(dense(device, new View(value.storage, [1], value.offset), [size], size).storage);
    this.#slots.retain({ storage, offset: 0 });
    return flat(storage);
  }

  #joined(xs: readonly Tensor[]): Tensor {
    const result = this.#machine.join([...xs]);
    const { storage } = result.payload as View;
    this.#slots.retain({ storage: this.#slots.own(storage), offset: 0 });
    for (const x of xs) this.#slots.release({ storage: (x.payload as View).storage, offset: 0 });
    return result;
  }

  #while({ condition, holds, steps, rows, carried }: While): void {
    const collected = rows.map((r) => this.#collecting(r, false));
    for (;;) {
      this.#run(condition);
      const value = this.#number(holds);
      this.#slots.drop(holds);
      if (value === 0) break;
      this.#run(steps);
      for (const c of collected) c.add();
      this.#move(carried);
      for (const { row } of rows) this.#slots.drop(row);
    }
    for (const c of collected) c.finish();
  }

  #branch({ index, branches }: Branch): void {
    const chosen = Math.min(Math.max(this.#machine.number(this.#tensor(index)), 0), branches.length - 1);
    const { steps, results } = branches[chosen] as Branch["branches"][number];
    this.#run(steps);
    this.#move(results);
  }

  #number(buffer: Buffer): number {
    const value = this.#slots.get(buffer);
    if (typeof value === "number") return value;
    const { storage, offset } = value as Elements;
    return this.#machine.number(this.#machine.flat(dense(this.#machine.device, new View(storage, [1], offset), [1], 1).storage));
  }

  // All at once: what one gives another may take.
  #move(moves: readonly Move[]): void {
    const slots = this.#slots;
    const values = moves.map(({ from }) => slots.get(from));
    values.forEach((v) => slots.retain(v));
    moves.forEach(({ to, from }, i) => {
      const value = values[i] as Slot;
      slots.set(to, this.compilation.numbers.has(to) ? value : slots.elements(from, value));
    });
    for (const { from } of moves) slots.drop(from);
    values.forEach((v) => slots.release(v));
  }
}
