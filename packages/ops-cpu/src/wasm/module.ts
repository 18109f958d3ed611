// A module while it is written: imports, functions, globals, data; `assemble` gives its bytes.

import { Bytes, leb } from "./bytes.js";
import { type Callee, type Code, code, type Global, type Locals, typeByte, type ValueType } from "./code.js";
import { FunctionBuilder, parameters } from "./function.js";
import { bytesOf } from "./scalar-ops.js";

interface ImportedFunction extends Callee {
  readonly from: readonly [module: string, name: string];
}

interface Memory {
  readonly from?: readonly [module: string, name: string];
  readonly exported?: string;
  readonly minimum: number;
  readonly maximum?: number;
  readonly isShared?: boolean;
}

interface OwnFunction extends Callee {
  exported?: string;
  builder?: FunctionBuilder;
}

const initial: { readonly [T in ValueType]: (out: Bytes, value: number) => void } = {
  i32: (out, v) => { out.byte(0x41); out.signed(v); },
  i64: (out, v) => { out.byte(0x42); out.signed(BigInt(v)); },
  f32: (out, v) => { out.byte(0x43); out.f32(v); },
  f64: (out, v) => { out.byte(0x44); out.f64(v); },
  v128: (out, v) => { out.byte(0xfd); out.byte(0x0c); for (let i = 0; i < 4; i++) out.f32(v); },
};

export class ModuleBuilder {
  readonly #imports: ImportedFunction[] = [];
  readonly #functions: OwnFunction[] = [];
  readonly #globals: Global[] = [];
  readonly #data: { at: number; bytes: ArrayLike<number> }[] = [];
  #memory: Memory | undefined;
  readonly #constants = new Map<string, Global>();

  /** A memory given from outside; sizes in pages of 64 KiB. */
  importMemory(module: string, name: string, { minimum = 0, maximum, isShared = false }: { minimum?: number; maximum?: number; isShared?: boolean } = {}): void {
    this.#memory = { from: [module, name], minimum, isShared, ...(maximum === undefined ? {} : { maximum }) };
  }

  /** A memory of its own. */
  memory(minimum: number, exported?: string): void {
    this.#memory = { minimum, ...(exported === undefined ? {} : { exported }) };
  }

  /** A function given from outside, to be called with `call`. The same one is imported once. */
  importFunction<const P extends readonly ValueType[], R extends ValueType | "void">(module: string, name: string, params: P, result: R): Callee<P, R> {
    const known = this.#imports.find(({ from }) => from[0] === module && from[1] === name);
    if (known !== undefined) return known as unknown as Callee<P, R>;
    const callee = { from: [module, name] as const, params, result };
    this.#imports.push(callee);
    return callee;
  }

  /** A function whose body is written later, by `define`. */
  declare<const P extends readonly ValueType[], R extends ValueType | "void">(params: P, result: R, exported?: string): Callee<P, R> {
    const callee: OwnFunction & Callee<P, R> = { params, result, ...(exported === undefined ? {} : { exported }) };
    this.#functions.push(callee);
    return callee;
  }

  /** Writes a body: locals in, the result out. */
  define<const P extends readonly ValueType[], R extends ValueType | "void">(callee: Callee<P, R>, body: (f: FunctionBuilder, ...params: Locals<P>) => R extends ValueType ? Code<R> : void): void {
    const builder = new FunctionBuilder(callee.params);
    const result = body(builder, ...parameters(callee.params));
    if (result !== undefined) builder.return(result as Code<ValueType>);
    (callee as OwnFunction).builder = builder;
  }

  /** `declare` and `define` at once. */
  function<const P extends readonly ValueType[], R extends ValueType | "void">(params: P, result: R, body: (f: FunctionBuilder, ...params: Locals<P>) => R extends ValueType ? Code<R> : void, exported?: string): Callee<P, R> {
    const callee = this.declare(params, result, exported);
    this.define(callee, body);
    return callee;
  }

  /** A variable of the module. All are mutable, so that engines do not write their values into loops. */
  global<T extends ValueType>(type: T, value = 0, exported?: string): Global<T> {
    return this.#global(type, bytesOf((out) => initial[type](out, value)), exported);
  }

  setGlobal<T extends ValueType>(variable: Global<T>, value: Code<T>): Code<"void"> {
    return code("void", 0x24, [value], variable.immediate);
  }

  /** Bytes that a new instance writes into memory. */
  data(at: number, bytes: ArrayLike<number>): void {
    this.#data.push({ at, bytes });
  }

  /** @internal A global that holds a constant, one for each bit pattern. */
  constant<T extends ValueType>(type: T, bytes: readonly number[]): Global<T> {
    const key = `${type} ${bytes.join()}`;
    const known = this.#constants.get(key) as Global<T> | undefined;
    if (known !== undefined) return known;
    const made = this.#global(type, bytes);
    this.#constants.set(key, made);
    return made;
  }

  #global<T extends ValueType>(type: T, value: readonly number[], exported?: string): Global<T> {
    const index = this.#globals.length;
    const made: Global<T> = { type, opcode: 0x23, args: [], immediate: leb(index), global: index, initial: value, ...(exported === undefined ? {} : { exported }) };
    this.#globals.push(made);
    return made;
  }

  assemble(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, entries: readonly ((s: Bytes) => void)[]): void => {
      if (entries.length === 0) return;
      const s = new Bytes();
      s.u32(entries.length);
      for (const entry of entries) entry(s);
      out.byte(id);
      out.u32(s.length);
      out.raw(s.view());
    };
    const callees: readonly Callee[] = [...this.#imports, ...this.#functions];
    const indices = new Map(callees.map((c, i) => [c, i]));
    const indexOf = (c: Callee): number => indices.get(c) as number;
    const keys = callees.map(({ params, result }) => `${params.join()}:${result}`);
    const types = [...new Set(keys)];
    const memory = this.#memory;

    section(1, types.map((key) => (s) => {
      const { params, result } = callees[keys.indexOf(key)] as Callee;
      s.byte(0x60);
      s.u32(params.length);
      for (const p of params) s.byte(typeByte[p]);
      s.raw(result === "void" ? [0] : [1, typeByte[result]]);
    }));
    section(2, [
      ...(memory?.from === undefined ? [] : [(s: Bytes) => { names(s, memory.from as [string, string]); s.byte(2); limits(s, memory); }]),
      ...this.#imports.map((f, i) => (s: Bytes) => { names(s, f.from); s.byte(0); s.u32(types.indexOf(keys[i] as string)); }),
    ]);
    section(3, this.#functions.map((f) => (s) => s.u32(types.indexOf(keys[indexOf(f)] as string))));
    section(5, memory === undefined || memory.from !== undefined ? [] : [(s) => limits(s, memory)]);
    section(6, this.#globals.map(({ type, initial: value }) => (s) => { s.raw([typeByte[type], 1]); s.raw(value); s.byte(0x0b); }));
    section(7, [
      ...(memory?.exported === undefined ? [] : [(s: Bytes) => { s.name(memory.exported as string); s.raw([2, 0]); }]),
      ...this.#globals.filter((g) => g.exported !== undefined).map((g) => (s: Bytes) => { s.name(g.exported as string); s.byte(3); s.u32(g.global); }),
      ...this.#functions.filter((f) => f.exported !== undefined).map((f) => (s: Bytes) => { s.name(f.exported as string); s.byte(0); s.u32(indexOf(f)); }),
    ]);
    section(10, this.#functions.map((f) => (s) => (f.builder as FunctionBuilder).assemble(s, indexOf)));
    section(11, this.#data.map(({ at, bytes }) => (s) => { s.byte(0); initial.i32(s, at); s.byte(0x0b); s.u32(bytes.length); s.raw(bytes); }));
    return out.view().slice();
  }
}

function names(s: Bytes, [module, name]: readonly [string, string]): void {
  s.name(module);
  s.name(name);
}

function limits(s: Bytes, { minimum, maximum, isShared = false }: Memory): void {
  s.byte((maximum === undefined ? 0 : 1) | (isShared ? 2 : 0));
  s.u32(minimum);
  if (maximum !== undefined) s.u32(maximum);
}

