// Constants of loops. Engines write a constant that they know into the loop at every use; one that comes from a (mutable)
// global is loaded once, before the loop, and stays in a register or on the stack.

import type { Local, ValueType } from "./code.js";
import type { FunctionBuilder, Mark } from "./function.js";
import type { ModuleBuilder } from "./module.js";
import { bytesOf } from "./scalar-ops.js";
import type { Bytes } from "./bytes.js";

/** Hands out locals that hold constants, loaded at a mark. One for each value and function. */
export class Constants {
  readonly #module: ModuleBuilder;
  readonly #function: FunctionBuilder;
  readonly #mark: Mark;
  readonly #locals = new Map<number, Local>();

  /** Loads what is asked for at `mark`, a place of the function before its loops. */
  constructor(module: ModuleBuilder, f: FunctionBuilder, mark: Mark = f.mark()) {
    this.#module = module;
    this.#function = f;
    this.#mark = mark;
  }

  f32(value: number): Local<"f32"> {
    return this.#get("f32", [0x43], (out) => out.f32(value));
  }

  f64(value: number): Local<"f64"> {
    return this.#get("f64", [0x44], (out) => out.f64(value));
  }

  i32(value: number): Local<"i32"> {
    return this.#get("i32", [0x41], (out) => out.signed(value));
  }

  /** The same number in all lanes. */
  f32x4(value: number): Local<"v128"> {
    return this.#get("v128", [0xfd, 0x0c], (out) => { for (let i = 0; i < 4; i++) out.f32(value); });
  }

  f64x2(value: number): Local<"v128"> {
    return this.#get("v128", [0xfd, 0x0c], (out) => { for (let i = 0; i < 2; i++) out.f64(value); });
  }

  i32x4(value: number): Local<"v128"> {
    return this.#get("v128", [0xfd, 0x0c], (out) => { for (let i = 0; i < 4; i++) out.raw([value, value >> 8, value >> 16, value >> 24]); });
  }

  #get<T extends ValueType>(type: T, opcode: readonly number[], write: (out: Bytes) => void): Local<T> {
    const global = this.#module.constant(type, [...opcode, ...bytesOf(write)]);
    const known = this.#locals.get(global.global) as Local<T> | undefined;
    if (known !== undefined) return known;
    const made = this.#function.at(this.#mark, () => this.#function.local(type, global));
    this.#locals.set(global.global, made);
    return made;
  }
}
