// Expressions of WebAssembly as trees of typed nodes. A node that is used twice is computed twice: share through a local.

import { type Bytes, leb } from "./bytes.js";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

/** An instruction with its operands. `void` leaves nothing on the stack. */
export interface Code<T extends ValueType | "void" = ValueType | "void"> {
  readonly type: T;
  /** A byte, or a prefix byte · 65536 + number. */
  readonly opcode: number;
  readonly args: readonly Code[];
  /** Bytes behind the opcode. */
  readonly immediate: ArrayLike<number>;
  /** The function whose index follows the opcode, which is known when the module is assembled. */
  readonly callee?: Callee;
}

export type I32 = Code<"i32">;
export type I64 = Code<"i64">;
export type F32 = Code<"f32">;
export type F64 = Code<"f64">;
export type V128 = Code<"v128">;

/** A local variable; as an expression it reads it. */
export interface Local<T extends ValueType = ValueType> extends Code<T> {
  readonly local: number;
}

/** A global variable; as an expression it reads it. */
export interface Global<T extends ValueType = ValueType> extends Code<T> {
  readonly global: number;
  readonly initial: readonly number[];
  readonly exported?: string;
}

/** What can be called: an import, or a function of this module. */
export interface Callee<P extends readonly ValueType[] = readonly ValueType[], R extends ValueType | "void" = ValueType | "void"> {
  readonly params: P;
  readonly result: R;
}

/** Codes of given types, as arguments. */
export type Codes<P extends readonly ValueType[]> = { readonly [K in keyof P]: Code<P[K]> };
/** Locals of given types, as parameters. */
export type Locals<P extends readonly ValueType[]> = { readonly [K in keyof P]: Local<P[K]> };

export const typeByte: Record<ValueType | "void", number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, void: 0x40 };

const none: readonly number[] = [];

export const code = <T extends ValueType | "void">(type: T, opcode: number, args: readonly Code[], immediate: ArrayLike<number> = none): Code<T> => ({ type, opcode, args, immediate });

export const local = <T extends ValueType>(type: T, index: number): Local<T> => ({ type, opcode: 0x20, args: none as readonly [], immediate: leb(index), local: index });

/** A call of a function; its arguments are checked by their types. */
export const call = <const P extends readonly ValueType[], R extends ValueType | "void">(callee: Callee<P, R>, ...args: Codes<P>): Code<R> => ({
  type: callee.result,
  opcode: 0x10,
  args: args as unknown as readonly Code[],
  immediate: none,
  callee,
});

/** `condition ? x : y` for values that are both computed; any type but vectors, which have `bitselect`. */
export const select = <T extends Exclude<ValueType, "v128">>(condition: I32, x: Code<T>, y: Code<T>): Code<T> => code(x.type, 0x1b, [x, y, condition]);

/** A place in the bytes of a function that needs the index of another. */
export interface Call {
  readonly at: number;
  readonly callee: Callee;
}

/** Writes an expression, and adds to `calls`. */
export function write(out: Bytes, { opcode, args, immediate, callee }: Code, calls: Call[]): void {
  for (let i = 0; i < args.length; i++) write(out, args[i] as Code, calls);
  out.code(opcode, immediate);
  if (callee !== undefined) calls.push({ at: out.placeholder(), callee });
}
