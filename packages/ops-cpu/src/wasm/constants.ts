// Constants of loops. Engines write a constant that they know into the loop at every use; one that comes from a (mutable)
// global is loaded once, before the loop, and stays in a register or on the stack.

import { f32Bytes, f64Bytes, signed32 } from "./bytes.js";
import type { Local, ValueType } from "./code.js";
import type { FunctionBuilder, Mark } from "./function.js";
import type { ModuleBuilder } from "./module.js";

type Kind = "f32" | "f64" | "i32" | "f32x4" | "f64x2" | "i32x4";

/** The instruction that gives a number, by kind. */
const instruction: { readonly [K in Kind]: (value: number) => readonly number[] } = {
  f32: (value) => [0x43, ...f32Bytes(value)],
  f64: (value) => [0x44, ...f64Bytes(value)],
  i32: (value) => [0x41, ...signed32(value)],
  f32x4: (value) => lanes(4, f32Bytes(value)),
  f64x2: (value) => lanes(2, f64Bytes(value)),
  i32x4: (value) => lanes(4, [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24]),
};

const lanes = (count: 2 | 4, one: readonly number[]): readonly number[] => [0xfd, 0x0c, ...(count === 2 ? [...one, ...one] : [...one, ...one, ...one, ...one])];

/** Hands out locals that hold constants, loaded at a mark. One for each value and function. */
export class Constants {
  readonly #module: ModuleBuilder;
  readonly #function: FunctionBuilder;
  readonly #mark: Mark;
  readonly #locals = new Map<number, Local>();
  /** Found without asking for bits, by kind and number. */
  readonly #known: Readonly<Record<Kind, Map<number | string, Local>>> = { f32: new Map(), f64: new Map(), i32: new Map(), f32x4: new Map(), f64x2: new Map(), i32x4: new Map() };

  /** Loads what is asked for at `mark`, a place of the function before its loops. */
  constructor(module: ModuleBuilder, f: FunctionBuilder, mark: Mark = f.mark()) {
    this.#module = module;
    this.#function = f;
    this.#mark = mark;
  }

  f32(value: number): Local<"f32"> {
    return this.#get("f32", "f32", value);
  }

  f64(value: number): Local<"f64"> {
    return this.#get("f64", "f64", value);
  }

  i32(value: number): Local<"i32"> {
    return this.#get("i32", "i32", value);
  }

  /** The same number in all lanes. */
  f32x4(value: number): Local<"v128"> {
    return this.#get("v128", "f32x4", value);
  }

  f64x2(value: number): Local<"v128"> {
    return this.#get("v128", "f64x2", value);
  }

  i32x4(value: number): Local<"v128"> {
    return this.#get("v128", "i32x4", value);
  }

  #get<T extends ValueType>(type: T, kind: Kind, value: number): Local<T> {
    const key = Object.is(value, -0) ? "-0" : value;
    const known = this.#known[kind];
    let found = known.get(key);
    if (found === undefined) known.set(key, (found = this.#make(type, instruction[kind](value))));
    return found as Local<T>;
  }

  #make(type: ValueType, bytes: readonly number[]): Local {
    const global = this.#module.constant(type, bytes);
    const known = this.#locals.get(global.global);
    if (known !== undefined) return known;
    const made = this.#function.at(this.#mark, () => this.#function.local(type, global));
    this.#locals.set(global.global, made);
    return made;
  }
}
