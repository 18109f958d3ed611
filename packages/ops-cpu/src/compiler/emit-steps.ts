// Fourth stage, the driver: calls of nests in order, kernels, loops and branches around them, and calls of the host by number.

import { type Branch, type Buffer, bytesOf, type Host, type Layout, type Move, type Nest, type Operand, type Repeat, type Row, type Step, type While } from "@gradus/loops";
import { call, type Callee, type FunctionBuilder, i32, type I32, type Local } from "../wasm/encoder.js";
import { emitShared } from "./emit-shared.js";
import { copy, readElement, resize, stackLength, words, writeElement } from "./emit-stacks.js";
import type { Emission, KernelCode } from "./emission.js";
import type { LoopMode } from "./loop-mode.js";
import { emitNest } from "./nest-functions.js";
import { shareTotals } from "./share-totals.js";
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
        return emitTransposition(this.#e, f, base, step) || shareTotals(this.#e, f, base, step, mode) || emitShared(this.#e, f, base, step, mode) ? undefined : f.do(call(emitNest(this.#e, step, mode), base));
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
    const length = f.local("i32", typeof count === "number" ? i32.const(count) : i32.load(this.#e.addressOf(base, count.buffer, count.offset * 4)));
    if (typeof count !== "number") f.if(i32.ltS(length, i32.const(0)), () => f.set(length, i32.const(0)));
    for (const { array } of rows) if (array.buffer.element !== undefined) resize(this.#e, f, this.#at(base, array.buffer), length, array.buffer.element);
    if (count === 0) return;
    const turn = f.local("i32");
    const index = f.local("i32");
    f.for(turn, i32.const(0), length, 1, () => {
      f.set(index, reverse ? i32.sub(i32.sub(length, i32.const(1)), turn) : turn);
      for (const { array, row } of slices) {
        if (array.buffer.element !== undefined) readElement(this.#e, f, this.#at(base, row), this.#at(base, array.buffer), index, array.buffer.element);
        else copy(this.#e, f, this.#at(base, row), this.#rowAt(base, array, index), row);
      }
      this.emit(f, base, steps);
      for (const { array, row } of rows) this.#collect(f, base, array, index, row);
      this.#move(f, base, carried);
    });
  }

  #while(f: FunctionBuilder, base: Local<"i32">, { condition, holds, steps, rows, carried }: While): void {
    const stackOf = ({ array }: Row): I32 => this.#at(base, array.buffer);
    for (const row of rows) f.do(i32.store(stackOf(row), i32.const(0), words.length));
    const index = f.local("i32");
    f.block((end) => {
      f.loop((again) => {
        this.emit(f, base, condition);
        f.brIf(end, i32.eqz(i32.load8U(this.#at(base, holds))));
        this.emit(f, base, steps);
        for (const row of rows) {
          const { array } = row;
          f.set(index, stackLength(stackOf(row)));
          resize(this.#e, f, stackOf(row), i32.add(index, i32.const(1)), array.buffer.element as Layout);
          this.#collect(f, base, array, index, row.row);
        }
        this.#move(f, base, carried);
        f.br(again);
      });
    });
  }

  // A row becomes that of an array, or an element of a stack.
  #collect(f: FunctionBuilder, base: Local<"i32">, array: Operand, index: I32, row: Buffer): void {
    const { element } = array.buffer;
    if (element === undefined) copy(this.#e, f, this.#rowAt(base, array, index), this.#at(base, row), row);
    else writeElement(this.#e, f, this.#at(base, array.buffer), index, this.#at(base, row), element);
  }

  #rowAt(base: Local<"i32">, { buffer, offset, shape }: Operand, index: I32): I32 {
    const size = bytesOf[buffer.type];
    const bytes = shape.slice(1).reduce((n, d) => n * d, 1) * size;
    return i32.add(this.#e.addressOf(base, buffer, offset * size), i32.mul(index, i32.const(bytes)));
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
    for (const { from, to } of moves) if (from !== to) copy(this.#e, f, this.#at(base, to), this.#at(base, from), to);
  }

  #at(base: Local<"i32">, buffer: Buffer): I32 {
    return this.#e.addressOf(base, buffer);
  }
}
