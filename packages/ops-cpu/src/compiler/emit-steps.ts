// Fourth stage, the driver: calls of nests in order, kernels, loops and branches around them, and calls of the host by number.

import { type Branch, type Buffer, bytesOf, type Host, type Move, type Nest, type Operand, type Repeat, type Step, type While } from "@gradus/loops";
import { call, type Callee, f32, f64, type FunctionBuilder, i32, type I32, type Local, memory } from "../wasm/encoder.js";
import { emitNest } from "./emit-nest.js";
import type { Emission, KernelCode } from "./emission.js";
import type { LoopMode } from "./loop-mode.js";
import { emitTransposition } from "./transposition.js";

export class Driver {
  /** Steps of the eager kernels, by the number that the module calls them by. */
  readonly hosts: Host[] = [];
  readonly #e: Emission;
  readonly #modes: ReadonlyMap<Nest, LoopMode>;

  constructor(e: Emission, modes: ReadonlyMap<Nest, LoopMode>) {
    this.#e = e;
    this.#modes = modes;
  }

  emit(f: FunctionBuilder, base: Local<"i32">, steps: readonly Step[]): void {
    for (const step of steps) this.#step(f, base, step);
  }

  #step(f: FunctionBuilder, base: Local<"i32">, step: Step): void {
    switch (step.kind) {
      case "nest": {
        const mode = this.#modes.get(step) as LoopMode;
        const functions = emitTransposition(this.#e, step, mode) ?? [emitNest(this.#e, step, mode)];
        return functions.forEach((of) => f.do(call(of, base)));
      }
      case "kernel":
        return (step.code as KernelCode)(this.#e, f, base);
      case "host": {
        const host: Callee<readonly ["i32"], "void"> = this.#e.module.importFunction("env", "host", ["i32"], "void");
        return f.do(call(host, i32.const(this.hosts.push(step) - 1)));
      }
      case "repeat":
        return this.#repeat(f, base, step);
      case "while":
        return this.#while(f, base, step);
      case "branch":
        return this.#branch(f, base, step);
    }
  }

  #repeat(f: FunctionBuilder, base: Local<"i32">, { count, reverse, slices, steps, rows, carried }: Repeat): void {
    if (count === 0) return;
    const turn = f.local("i32");
    const index = f.local("i32");
    const rowOf = ({ buffer, offset, shape }: Operand): I32 => {
      const size = bytesOf[buffer.type];
      const bytes = (shape.slice(1).reduce((n, d) => n * d, 1)) * size;
      return i32.add(this.#e.addressOf(base, buffer, offset * size), i32.mul(index, i32.const(bytes)));
    };
    f.for(turn, i32.const(0), i32.const(count), 1, () => {
      f.set(index, reverse ? i32.sub(i32.const(count - 1), turn) : turn);
      for (const { array, row } of slices) copy(f, this.#at(base, row), rowOf(array), row);
      this.emit(f, base, steps);
      for (const { array, row } of rows) copy(f, rowOf(array), this.#at(base, row), row);
      this.#move(f, base, carried);
    });
  }

  #while(f: FunctionBuilder, base: Local<"i32">, { condition, holds, steps, carried }: While): void {
    f.block((end) => {
      f.loop((again) => {
        this.emit(f, base, condition);
        f.brIf(end, i32.eqz(i32.load8U(this.#at(base, holds))));
        this.emit(f, base, steps);
        this.#move(f, base, carried);
        f.br(again);
      });
    });
  }

  #branch(f: FunctionBuilder, base: Local<"i32">, { index, branches }: Branch): void {
    const chosen = f.local("i32", i32.load(this.#e.addressOf(base, index.buffer, index.offset * 4)));
    const last = branches.length - 1;
    // Below 0 the first, beyond the end the last.
    const arm = (k: number): void => {
      const { steps, results } = branches[k] as Branch["branches"][number];
      const body = (): void => {
        this.emit(f, base, steps);
        this.#move(f, base, results);
      };
      if (k === last) body();
      else f.if(i32.leS(chosen, i32.const(k)), body, () => arm(k + 1));
    };
    arm(0);
  }

  #move(f: FunctionBuilder, base: Local<"i32">, moves: readonly Move[]): void {
    for (const { from, to } of moves) if (from !== to) copy(f, this.#at(base, to), this.#at(base, from), to);
  }

  #at(base: Local<"i32">, buffer: Buffer): I32 {
    return this.#e.addressOf(base, buffer);
  }
}

/** Copies as many elements as a buffer has: a single one by itself. */
function copy(f: FunctionBuilder, to: I32, from: I32, { type, size }: Buffer): void {
  if (size === 0) return;
  if (size > 1) f.do(memory.copy(to, from, i32.const(size * bytesOf[type])));
  else if (type === "bool") f.do(i32.store8(to, i32.load8U(from)));
  else if (type === "float64") f.do(f64.store(to, f64.load(from)));
  else if (type === "float32") f.do(f32.store(to, f32.load(from)));
  else f.do(i32.store(to, i32.load(from)));
}

