// Instructions on 128-bit vectors: SIMD128, and the products with addition of relaxed SIMD (see features.ts).

import { leb } from "./bytes.js";
import { type Code, code, type ValueType, type V128 } from "./code.js";
import { binary, bytesOf, type Load, load, range, type Store, store, unary } from "./scalar-ops.js";

const simd = 0xfd0000;

type Unary = (x: V128) => V128;
type Binary = (x: V128, y: V128) => V128;
type Ternary = (x: V128, y: V128, z: V128) => V128;
type Shift = (x: V128, by: Code<"i32">) => V128;
type Test = (x: V128) => Code<"i32">;
type LoadLane = (address: Code<"i32">, vector: V128, lane: number, offset?: number) => V128;
type StoreLane = (address: Code<"i32">, vector: V128, lane: number, offset?: number) => Code<"void">;
interface Lanes<T extends ValueType> {
  splat(x: Code<T>): V128;
  extract(x: V128, lane: number): Code<T>;
  replace(x: V128, lane: number, value: Code<T>): V128;
}

const u1 = (opcode: number): Unary => unary("v128", "v128")(simd + opcode);
const u2 = (opcode: number): Binary => binary("v128", "v128")(simd + opcode);
const u3 = (opcode: number): Ternary => (x, y, z) => code("v128", simd + opcode, [x, y, z]);
const shift = (opcode: number): Shift => (x, by) => code("v128", simd + opcode, [x, by]);
const test = (opcode: number): Test => unary("v128", "i32")(simd + opcode);
const loadLane = (opcode: number, align: number): LoadLane => (address, vector, lane, offset = 0) => code("v128", simd + opcode, [address, vector], [...leb(align, offset), lane]);
const storeLane = (opcode: number, align: number): StoreLane => (address, vector, lane, offset = 0) => code("void", simd + opcode, [address, vector], [...leb(align, offset), lane]);
const vload = (opcode: number, align: number): Load<"v128"> => load("v128", simd + opcode, align);

const lanes = <T extends ValueType>(type: T, splat: number, extract: number, replace: number): Lanes<T> => ({
  splat: unary(type, "v128")(simd + splat),
  extract: (x, lane) => code(type, simd + extract, [x], [lane]),
  replace: (x, lane, value) => code("v128", simd + replace, [x, value], [lane]),
});

type Bitwise = "and" | "andnot" | "or" | "xor";
interface V128Ops extends Record<Bitwise, Binary> {
  load: Load<"v128">;
  store: Store<"v128">;
  /** One number in every lane. */
  load8Splat: Load<"v128">;
  load32Splat: Load<"v128">;
  load64Splat: Load<"v128">;
  /** One number in the first lane, zeros in the others. */
  load32Zero: Load<"v128">;
  load64Zero: Load<"v128">;
  load8x8U: Load<"v128">;
  load32Lane: LoadLane;
  load64Lane: LoadLane;
  store8Lane: StoreLane;
  store32Lane: StoreLane;
  store64Lane: StoreLane;
  not: Unary;
  /** Bits of x where the mask has ones, of y elsewhere. */
  bitselect: Ternary;
  anyTrue: Test;
  const(bytes: ArrayLike<number>): V128;
}

/** Of sixteen bytes, four 32-bit or two 64-bit numbers, whichever the instruction that takes them reads. */
export const v128: V128Ops = {
  load: vload(0x00, 4),
  store: store("v128", simd + 0x0b, 4),
  load8Splat: vload(0x07, 0),
  load32Splat: vload(0x09, 2),
  load64Splat: vload(0x0a, 3),
  load32Zero: vload(0x5c, 2),
  load64Zero: vload(0x5d, 3),
  load8x8U: vload(0x02, 3),
  load32Lane: loadLane(0x56, 2),
  load64Lane: loadLane(0x57, 3),
  store8Lane: storeLane(0x58, 0),
  store32Lane: storeLane(0x5a, 2),
  store64Lane: storeLane(0x5b, 3),
  not: u1(0x4d),
  and: u2(0x4e),
  andnot: u2(0x4f),
  or: u2(0x50),
  xor: u2(0x51),
  bitselect: u3(0x52),
  anyTrue: test(0x53),
  const: (bytes) => code("v128", simd + 0x0c, [], bytes),
};

type Compare = "eq" | "ne" | "ltS" | "ltU" | "gtS" | "gtU" | "leS" | "leU" | "geS" | "geU";
const compare: readonly Compare[] = ["eq", "ne", "ltS", "ltU", "gtS", "gtU", "leS", "leU", "geS", "geU"];
interface Integers<T extends ValueType> extends Lanes<T> {
  readonly neg: Unary;
  readonly add: Binary;
  readonly sub: Binary;
  readonly shl: Shift;
  readonly shrS: Shift;
  readonly shrU: Shift;
  readonly allTrue: Test;
  /** The sign bits of the lanes. */
  readonly bitmask: Test;
}
const integers = <T extends ValueType>(of: Lanes<T>, first: number): Integers<T> => ({
  ...of,
  neg: u1(first + 1),
  allTrue: test(first + 3),
  bitmask: test(first + 4),
  shl: shift(first + 11),
  shrS: shift(first + 12),
  shrU: shift(first + 13),
  add: u2(first + 14),
  sub: u2(first + 17),
});

interface I8x16Ops extends Integers<"i32">, Record<Compare, Binary> {
  /** Sixteen bytes chosen out of the thirty-two of x and y. */
  shuffle(x: V128, y: V128, bytes: readonly number[]): V128;
  swizzle: Binary;
  narrowI16x8S: Binary;
  narrowI16x8U: Binary;
}

export const i8x16: I8x16Ops = {
  ...integers(lanes("i32", 0x0f, 0x16, 0x17), 0x60),
  ...range(0x23, compare, u2),
  shuffle: (x, y, bytes) => code("v128", simd + 0x0d, [x, y], bytes),
  swizzle: u2(0x0e),
  narrowI16x8S: u2(0x65),
  narrowI16x8U: u2(0x66),
};

interface I16x8Ops extends Integers<"i32"> {
  narrowI32x4S: Binary;
  narrowI32x4U: Binary;
  extendLowI8x16U: Unary;
  extendHighI8x16U: Unary;
  extendLowI8x16S: Unary;
}

export const i16x8: I16x8Ops = {
  ...integers(lanes("i32", 0x10, 0x18, 0x1a), 0x80),
  narrowI32x4S: u2(0x85),
  narrowI32x4U: u2(0x86),
  extendLowI8x16S: u1(0x87),
  extendLowI8x16U: u1(0x89),
  extendHighI8x16U: u1(0x8a),
};

interface I32x4Ops extends Integers<"i32">, Record<Compare, Binary> {
  abs: Unary;
  mul: Binary;
  minS: Binary;
  minU: Binary;
  maxS: Binary;
  maxU: Binary;
  extendLowI16x8U: Unary;
  extendHighI16x8U: Unary;
  extendLowI16x8S: Unary;
  truncSatF32x4S: Unary;
  truncSatF32x4U: Unary;
  truncSatF64x2SZero: Unary;
  truncSatF64x2UZero: Unary;
}

export const i32x4: I32x4Ops = {
  ...integers(lanes("i32", 0x11, 0x1b, 0x1c), 0xa0),
  ...range(0x37, compare, u2),
  abs: u1(0xa0),
  mul: u2(0xb5),
  minS: u2(0xb6),
  minU: u2(0xb7),
  maxS: u2(0xb8),
  maxU: u2(0xb9),
  extendLowI16x8S: u1(0xa7),
  extendLowI16x8U: u1(0xa9),
  extendHighI16x8U: u1(0xaa),
  truncSatF32x4S: u1(0xf8),
  truncSatF32x4U: u1(0xf9),
  truncSatF64x2SZero: u1(0xfc),
  truncSatF64x2UZero: u1(0xfd),
};

interface I64x2Ops extends Integers<"i64"> {
  mul: Binary;
  eq: Binary;
  ne: Binary;
  ltS: Binary;
  gtS: Binary;
  extendLowI32x4S: Unary;
  extendHighI32x4S: Unary;
  extendLowI32x4U: Unary;
  extendHighI32x4U: Unary;
}

export const i64x2: I64x2Ops = {
  ...integers(lanes("i64", 0x12, 0x1d, 0x1e), 0xc0),
  mul: u2(0xd5),
  eq: u2(0xd6),
  ne: u2(0xd7),
  ltS: u2(0xd8),
  gtS: u2(0xd9),
  extendLowI32x4S: u1(0xc7),
  extendHighI32x4S: u1(0xc8),
  extendLowI32x4U: u1(0xc9),
  extendHighI32x4U: u1(0xca),
};

type FloatUnary = "abs" | "neg" | "sqrt" | "ceil" | "floor" | "trunc" | "nearest";
type FloatBinary = "add" | "sub" | "mul" | "div" | "min" | "max" | "pmin" | "pmax" | "eq" | "ne" | "lt" | "gt" | "le" | "ge";
interface FloatLanes<T extends "f32" | "f64"> extends Lanes<T>, Record<FloatUnary, Unary>, Record<FloatBinary, Binary> {
  /** x·y + z, rounded once or twice, as the machine likes. Relaxed SIMD. */
  readonly relaxedMadd: Ternary;
  /** z − x·y. */
  readonly relaxedNmadd: Ternary;
}
const arithmetic: readonly FloatBinary[] = ["add", "sub", "mul", "div", "min", "max", "pmin", "pmax"];
const order: readonly FloatBinary[] = ["eq", "ne", "lt", "gt", "le", "ge"];
const floats = <T extends "f32" | "f64">(of: Lanes<T>, eq: number, abs: number, rounding: readonly [ceil: number, floor: number, trunc: number, nearest: number], madd: number): FloatLanes<T> => ({
  ...of,
  ...range(eq, order, u2),
  abs: u1(abs),
  neg: u1(abs + 1),
  sqrt: u1(abs + 3),
  ...range(abs + 4, arithmetic, u2),
  ceil: u1(rounding[0]),
  floor: u1(rounding[1]),
  trunc: u1(rounding[2]),
  nearest: u1(rounding[3]),
  relaxedMadd: u3(madd),
  relaxedNmadd: u3(madd + 1),
} as FloatLanes<T>);

interface F32x4Ops extends FloatLanes<"f32"> {
  /** The same number in all lanes. */
  const(value: number): V128;
  convertI32x4S: Unary;
  convertI32x4U: Unary;
  demoteF64x2Zero: Unary;
}

export const f32x4: F32x4Ops = {
  ...floats(lanes("f32", 0x13, 0x1f, 0x20), 0x41, 0xe0, [0x67, 0x68, 0x69, 0x6a], 0x105),
  const: (value) => v128.const(bytesOf((out) => { for (let i = 0; i < 4; i++) out.f32(value); })),
  convertI32x4S: u1(0xfa),
  convertI32x4U: u1(0xfb),
  demoteF64x2Zero: u1(0x5e),
};

interface F64x2Ops extends FloatLanes<"f64"> {
  const(value: number): V128;
  convertLowI32x4S: Unary;
  convertLowI32x4U: Unary;
  promoteLowF32x4: Unary;
}

export const f64x2: F64x2Ops = {
  ...floats(lanes("f64", 0x14, 0x21, 0x22), 0x47, 0xec, [0x74, 0x75, 0x7a, 0x94], 0x107),
  const: (value) => v128.const(bytesOf((out) => { for (let i = 0; i < 2; i++) out.f64(value); })),
  convertLowI32x4S: u1(0xfe),
  convertLowI32x4U: u1(0xff),
  promoteLowF32x4: u1(0x5f),
};
