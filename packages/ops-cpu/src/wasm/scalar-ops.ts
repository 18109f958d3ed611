// Instructions on numbers and memory: i32, i64, f32, f64, named as in the WebAssembly text format, in camelCase.

import { Bytes, f32Bytes, f64Bytes, leb, signed32 } from "./bytes.js";
import { type Code, code, type F32, type F64, type I32, type I64, type ValueType } from "./code.js";

export type Unary<T extends ValueType, R extends ValueType = T> = (x: Code<T>) => Code<R>;
export type Binary<T extends ValueType, R extends ValueType = T> = (x: Code<T>, y: Code<T>) => Code<R>;
/** Reads memory at an address plus a constant offset in bytes. */
export type Load<R extends ValueType> = (address: I32, offset?: number) => Code<R>;
export type Store<T extends ValueType> = (address: I32, value: Code<T>, offset?: number) => Code<"void">;

/** Consecutive opcodes. */
export const range = <N extends string, F>(first: number, names: readonly N[], make: (opcode: number) => F): Record<N, F> =>
  Object.fromEntries(names.map((name, i) => [name, make(first + i)])) as Record<N, F>;

export const unary =
  <T extends ValueType, R extends ValueType>(_from: T, to: R) =>
  (opcode: number): Unary<T, R> =>
  (x) => code(to, opcode, [x]);
export const binary =
  <T extends ValueType, R extends ValueType>(_from: T, to: R) =>
  (opcode: number): Binary<T, R> =>
  (x, y) => code(to, opcode, [x, y]);
const withoutOffset = [0, 1, 2, 3, 4].map((align) => [align, 0]);
const memoryImmediate = (align: number, offset: number): readonly number[] => (offset === 0 ? (withoutOffset[align] as readonly number[]) : leb(align, offset));

/** `log2` of the natural alignment. */
export const load =
  <R extends ValueType>(type: R, opcode: number, align: number): Load<R> =>
  (address, offset = 0) => code(type, opcode, [address], memoryImmediate(align, offset));
export const store =
  <T extends ValueType>(_type: T, opcode: number, align: number): Store<T> =>
  (address, value, offset = 0) => code("void", opcode, [address, value], memoryImmediate(align, offset));

/** Bytes that something writes. */
export function bytesOf(write: (out: Bytes) => void): readonly number[] {
  const out = new Bytes();
  write(out);
  return [...out.view()];
}

type IntUnary = "clz" | "ctz" | "popcnt";
type IntBinary = "add" | "sub" | "mul" | "divS" | "divU" | "remS" | "remU" | "and" | "or" | "xor" | "shl" | "shrS" | "shrU" | "rotl" | "rotr";
type IntCompare = "eq" | "ne" | "ltS" | "ltU" | "gtS" | "gtU" | "leS" | "leU" | "geS" | "geU";
type FloatUnary = "abs" | "neg" | "ceil" | "floor" | "trunc" | "nearest" | "sqrt";
type FloatBinary = "add" | "sub" | "mul" | "div" | "min" | "max" | "copysign";
type FloatCompare = "eq" | "ne" | "lt" | "gt" | "le" | "ge";

type IntOps<T extends "i32" | "i64"> = Record<IntUnary, Unary<T>> & Record<IntBinary, Binary<T>> & Record<IntCompare, Binary<T, "i32">> & { readonly eqz: Unary<T, "i32"> };
type FloatOps<T extends "f32" | "f64"> = Record<FloatUnary, Unary<T>> & Record<FloatBinary, Binary<T>> & Record<FloatCompare, Binary<T, "i32">>;

const intUnary: readonly IntUnary[] = ["clz", "ctz", "popcnt"];
const intBinary: readonly IntBinary[] = ["add", "sub", "mul", "divS", "divU", "remS", "remU", "and", "or", "xor", "shl", "shrS", "shrU", "rotl", "rotr"];
const intCompare: readonly IntCompare[] = ["eq", "ne", "ltS", "ltU", "gtS", "gtU", "leS", "leU", "geS", "geU"];
const floatUnary: readonly FloatUnary[] = ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"];
const floatBinary: readonly FloatBinary[] = ["add", "sub", "mul", "div", "min", "max", "copysign"];
const floatCompare: readonly FloatCompare[] = ["eq", "ne", "lt", "gt", "le", "ge"];

const ints = <T extends "i32" | "i64">(type: T, eqz: number, clz: number): IntOps<T> => ({
  eqz: unary(type, "i32")(eqz),
  ...range(eqz + 1, intCompare, binary(type, "i32")),
  ...range(clz, intUnary, unary(type, type)),
  ...range(clz + 3, intBinary, binary(type, type)),
});

const floats = <T extends "f32" | "f64">(type: T, eq: number, abs: number): FloatOps<T> => ({
  ...range(eq, floatCompare, binary(type, "i32")),
  ...range(abs, floatUnary, unary(type, type)),
  ...range(abs + 7, floatBinary, binary(type, type)),
});

const saturate = 0xfc0000;

interface I32Ops extends IntOps<"i32"> {
  const(value: number): I32;
  load: Load<"i32">;
  load8U: Load<"i32">;
  load8S: Load<"i32">;
  store: Store<"i32">;
  store8: Store<"i32">;
  wrapI64: Unary<"i64", "i32">;
  truncSatF32S: Unary<"f32", "i32">;
  truncSatF32U: Unary<"f32", "i32">;
  truncSatF64S: Unary<"f64", "i32">;
  truncSatF64U: Unary<"f64", "i32">;
  reinterpretF32: Unary<"f32", "i32">;
}

export const i32: I32Ops = {
  ...ints("i32", 0x45, 0x67),
  const: (value) => code("i32", 0x41, [], signed32(value)),
  load: load("i32", 0x28, 2),
  load8S: load("i32", 0x2c, 0),
  load8U: load("i32", 0x2d, 0),
  store: store("i32", 0x36, 2),
  store8: store("i32", 0x3a, 0),
  wrapI64: unary("i64", "i32")(0xa7),
  truncSatF32S: unary("f32", "i32")(saturate),
  truncSatF32U: unary("f32", "i32")(saturate + 1),
  truncSatF64S: unary("f64", "i32")(saturate + 2),
  truncSatF64U: unary("f64", "i32")(saturate + 3),
  reinterpretF32: unary("f32", "i32")(0xbc),
};

interface I64Ops extends IntOps<"i64"> {
  const(value: number | bigint): I64;
  load: Load<"i64">;
  store: Store<"i64">;
  extendI32S: Unary<"i32", "i64">;
  extendI32U: Unary<"i32", "i64">;
  truncSatF32S: Unary<"f32", "i64">;
  truncSatF64S: Unary<"f64", "i64">;
  truncSatF64U: Unary<"f64", "i64">;
  reinterpretF64: Unary<"f64", "i64">;
}

export const i64: I64Ops = {
  ...ints("i64", 0x50, 0x79),
  const: (value) => code("i64", 0x42, [], bytesOf((out) => out.signed(BigInt(value)))),
  load: load("i64", 0x29, 3),
  store: store("i64", 0x37, 3),
  extendI32S: unary("i32", "i64")(0xac),
  extendI32U: unary("i32", "i64")(0xad),
  truncSatF32S: unary("f32", "i64")(saturate + 4),
  truncSatF64S: unary("f64", "i64")(saturate + 6),
  truncSatF64U: unary("f64", "i64")(saturate + 7),
  reinterpretF64: unary("f64", "i64")(0xbd),
};

interface F32Ops extends FloatOps<"f32"> {
  const(value: number): F32;
  load: Load<"f32">;
  store: Store<"f32">;
  convertI32S: Unary<"i32", "f32">;
  convertI32U: Unary<"i32", "f32">;
  demoteF64: Unary<"f64", "f32">;
  reinterpretI32: Unary<"i32", "f32">;
}

export const f32: F32Ops = {
  ...floats("f32", 0x5b, 0x8b),
  const: (value) => code("f32", 0x43, [], f32Bytes(value)),
  load: load("f32", 0x2a, 2),
  store: store("f32", 0x38, 2),
  convertI32S: unary("i32", "f32")(0xb2),
  convertI32U: unary("i32", "f32")(0xb3),
  demoteF64: unary("f64", "f32")(0xb6),
  reinterpretI32: unary("i32", "f32")(0xbe),
};

interface F64Ops extends FloatOps<"f64"> {
  const(value: number): F64;
  load: Load<"f64">;
  store: Store<"f64">;
  convertI32S: Unary<"i32", "f64">;
  convertI32U: Unary<"i32", "f64">;
  convertI64S: Unary<"i64", "f64">;
  convertI64U: Unary<"i64", "f64">;
  promoteF32: Unary<"f32", "f64">;
  reinterpretI64: Unary<"i64", "f64">;
}

export const f64: F64Ops = {
  ...floats("f64", 0x61, 0x99),
  const: (value) => code("f64", 0x44, [], f64Bytes(value)),
  load: load("f64", 0x2b, 3),
  store: store("f64", 0x39, 3),
  convertI32S: unary("i32", "f64")(0xb7),
  convertI32U: unary("i32", "f64")(0xb8),
  convertI64S: unary("i64", "f64")(0xb9),
  convertI64U: unary("i64", "f64")(0xba),
  promoteF32: unary("f32", "f64")(0xbb),
  reinterpretI64: unary("i64", "f64")(0xbf),
};

/** Copies and fills of memory, and its size in pages of 64 KiB. */
export const memory: {
  copy(to: I32, from: I32, bytes: I32): Code<"void">;
  fill(at: I32, byte: I32, bytes: I32): Code<"void">;
  size(): I32;
  grow(pages: I32): I32;
} = {
  copy: (to, from, bytes) => code("void", 0xfc000a, [to, from, bytes], [0, 0]),
  fill: (at, byte, bytes) => code("void", 0xfc000b, [at, byte, bytes], [0]),
  size: () => code("i32", 0x3f, [], [0]),
  grow: (pages) => code("i32", 0x40, [pages], [0]),
};

