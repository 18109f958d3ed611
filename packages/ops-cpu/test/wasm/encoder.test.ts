import { expect, test } from "vitest";
import { call, type Code, Constants, f32, f32x4, f64, f64x2, i16x8, i32, i32x4, i64, i64x2, i8x16, memory, ModuleBuilder, select, v128, type ValueType } from "../../src/wasm/encoder.js";
import { features, isRecent } from "../../src/wasm/features.js";

const instantiate = (m: ModuleBuilder, imports: WebAssembly.Imports = {}): Record<string, any> => {
  const bytes = m.assemble();
  expect(WebAssembly.validate(bytes)).toBe(true);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
};

/** The value of an expression of arguments. */
const evaluate = (code: Code<"i32" | "f32" | "f64" | "i64">): unknown => {
  const m = new ModuleBuilder();
  m.function([], code.type as "i32", () => code as Code<"i32">, "f");
  return instantiate(m)["f"]();
};

/** Bytes of memory after a function that stores. */
const lanes = <A extends ArrayLike<number>>(kind: new (b: ArrayBuffer, at: number, n: number) => A, x: Code<"v128">): number[] => {
  const m = new ModuleBuilder();
  m.memory(1, "memory");
  m.function([], "void", (f) => f.do(v128.store(i32.const(16), x)), "f");
  const { f, memory: mem } = instantiate(m);
  f();
  const size = (kind as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  return Array.from(new kind(mem.buffer, 16, 16 / size));
};

const bytes = (data: ArrayBufferView): number[] => Array.from(new Uint8Array(data.buffer));
const floats = (...x: number[]): Code<"v128"> => v128.const(bytes(new Float32Array(x)));
const doubles = (...x: number[]): Code<"v128"> => v128.const(bytes(new Float64Array(x)));
const ints = (...x: number[]): Code<"v128"> => v128.const(bytes(new Int32Array(x)));

const mask = (bit: boolean): number => (bit ? -1 : 0);

test("integers mean what JavaScript's operators do", () => {
  const [a, b] = [-1234567, 100];
  const x = i32.const(a);
  const y = i32.const(b);
  const expected: [Code<"i32">, number][] = [
    [i32.add(x, y), a + b], [i32.sub(x, y), a - b], [i32.mul(x, y), Math.imul(a, b)], [i32.divS(x, y), Math.trunc(a / b)], [i32.divU(x, y), Math.trunc((a >>> 0) / b)],
    [i32.remS(x, y), a % b], [i32.remU(x, y), (a >>> 0) % b], [i32.and(x, y), a & b], [i32.or(x, y), a | b], [i32.xor(x, y), a ^ b],
    [i32.shl(x, i32.const(3)), a << 3], [i32.shrS(x, i32.const(3)), a >> 3], [i32.shrU(x, i32.const(3)), a >>> 3],
    [i32.rotl(x, i32.const(3)), (a << 3) | (a >>> 29)], [i32.rotr(x, i32.const(3)), (a >>> 3) | (a << 29)],
    [i32.clz(y), Math.clz32(b)], [i32.ctz(y), 2], [i32.popcnt(y), 3], [i32.eqz(y), 0], [i32.eq(x, y), 0], [i32.ne(x, y), 1],
    [i32.ltS(x, y), 1], [i32.ltU(x, y), 0], [i32.gtS(x, y), 0], [i32.gtU(x, y), 1], [i32.leS(x, y), 1], [i32.leU(x, y), 0], [i32.geS(x, y), 0], [i32.geU(x, y), 1],
    [i32.truncSatF32S(f32.const(-2.7)), -2], [i32.truncSatF32U(f32.const(-2.7)), 0], [i32.truncSatF64S(f64.const(1e20)), 2 ** 31 - 1], [i32.truncSatF64U(f64.const(1e20)), -1],
    [i32.reinterpretF32(f32.const(1)), 0x3f800000], [i32.wrapI64(i64.const(0x1_0000_0007n)), 7],
    [select(i32.const(1), x, y), a],
  ];
  for (const [code, value] of expected) expect(evaluate(code)).toBe(value | 0);
  for (const v of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)]) expect(evaluate(i32.const(v))).toBe(v);
});

test("64-bit integers", () => {
  const x = i64.const(-(2n ** 40n));
  const y = i64.const(1000);
  const expected: [Code<"i64">, bigint][] = [
    [i64.add(x, y), -(2n ** 40n) + 1000n], [i64.mul(x, y), -(2n ** 40n) * 1000n], [i64.divS(x, y), -(2n ** 40n) / 1000n], [i64.remS(x, y), -(2n ** 40n) % 1000n], [i64.shrU(x, i64.const(60)), 15n],
    [i64.rotl(x, i64.const(24)), 0xffffffn], [i64.extendI32S(i32.const(-5)), -5n], [i64.extendI32U(i32.const(-5)), 2n ** 32n - 5n],
    [i64.truncSatF64S(f64.const(-1e15)), -(10n ** 15n)], [i64.truncSatF64U(f64.const(-1e15)), 0n], [i64.truncSatF32S(f32.const(1e6)), 1000000n], [i64.reinterpretF64(f64.const(1)), 0x3ff0000000000000n],
    [i64.clz(y), 54n],
  ];
  for (const [code, value] of expected) expect(evaluate(code)).toBe(value);
  for (const v of [0n, -1n, 64n, -65n, 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) expect(evaluate(i64.const(v))).toBe(v);
  expect(evaluate(i64.gtS(x, y))).toBe(0);
  expect(evaluate(i64.gtU(x, y))).toBe(1);
});

test("floats mean what JavaScript's operators do", () => {
  const both = (o: typeof f32 | typeof f64, round: (x: number) => number) => {
    const ops = o as typeof f64;
    const [a, b] = [-2.5, 0.75];
    const x = ops.const(a);
    const y = ops.const(b);
    const expected: [Code<"f64" | "i32">, number][] = [
      [ops.add(x, y), a + b], [ops.sub(x, y), a - b], [ops.mul(x, y), a * b], [ops.div(x, y), a / b], [ops.min(x, y), a], [ops.max(x, y), b], [ops.copysign(y, x), -b],
      [ops.abs(x), 2.5], [ops.neg(x), 2.5], [ops.ceil(x), -2], [ops.floor(x), -3], [ops.trunc(x), -2], [ops.nearest(x), -2], [ops.sqrt(y), Math.sqrt(b)],
      [ops.eq(x, y), 0], [ops.ne(x, y), 1], [ops.lt(x, y), 1], [ops.gt(x, y), 0], [ops.le(x, y), 1], [ops.ge(x, y), 0],
      [ops.convertI32S(i32.const(-7)), -7], [ops.convertI32U(i32.const(-7)), 2 ** 32 - 7],
    ];
    for (const [code, value] of expected) expect(evaluate(code)).toBe(round(value));
  };
  both(f32, Math.fround);
  both(f64, (x) => x);
  expect(evaluate(f32.demoteF64(f64.const(0.1)))).toBe(Math.fround(0.1));
  expect(evaluate(f64.promoteF32(f32.const(0.1)))).toBe(Math.fround(0.1));
  expect(evaluate(f32.reinterpretI32(i32.const(0x40490fdb)))).toBe(Math.fround(Math.PI));
  expect(evaluate(f64.reinterpretI64(i64.const(0x400921fb54442d18n)))).toBe(Math.PI);
  expect(evaluate(f64.convertI64S(i64.const(-(2n ** 53n))))).toBe(-(2 ** 53));
  expect(evaluate(f64.convertI64U(i64.const(-1)))).toBe(2 ** 64);
});

test("vectors of floats", () => {
  const a = [1.5, -2.25, NaN, 4];
  const b = [0.5, 3, 1, -0];
  const [x, y] = [floats(...a), floats(...b)];
  const each = (f: (p: number, q: number) => number): number[] => a.map((p, i) => f(p, b[i] as number));
  expect(lanes(Float32Array, f32x4.add(x, y))).toEqual(each((p, q) => p + q));
  expect(lanes(Float32Array, f32x4.sub(x, y))).toEqual(each((p, q) => p - q));
  expect(lanes(Float32Array, f32x4.mul(x, y))).toEqual(each((p, q) => p * q));
  expect(lanes(Float32Array, f32x4.div(x, y))).toEqual(each((p, q) => p / q));
  expect(lanes(Float32Array, f32x4.min(x, y))).toEqual(each(Math.min));
  expect(lanes(Float32Array, f32x4.max(x, y))).toEqual(each(Math.max));
  expect(lanes(Float32Array, f32x4.pmin(x, y))).toEqual(each((p, q) => (q < p ? q : p)));
  expect(lanes(Float32Array, f32x4.pmax(x, y))).toEqual(each((p, q) => (p < q ? q : p)));
  for (const [name, f] of [["abs", Math.abs], ["ceil", Math.ceil], ["floor", Math.floor], ["trunc", Math.trunc], ["sqrt", Math.sqrt], ["neg", (v: number) => -v]] as const) {
    expect(lanes(Float32Array, f32x4[name](x))).toEqual(a.map((v) => Math.fround(f(v))));
    expect(lanes(Float64Array, f64x2[name](doubles(1.5, -2.25)))).toEqual([f(1.5), f(-2.25)]);
  }
  expect(lanes(Float32Array, f32x4.nearest(floats(0.5, 1.5, -2.5, 2.51)))).toEqual([0, 2, -2, 3]);
  expect(lanes(Float64Array, f64x2.nearest(doubles(0.5, 1.5)))).toEqual([0, 2]);
  for (const [name, f] of [["eq", (p, q) => p === q], ["ne", (p, q) => p !== q], ["lt", (p, q) => p < q], ["gt", (p, q) => p > q], ["le", (p, q) => p <= q], ["ge", (p, q) => p >= q]] as [
    "eq", (p: number, q: number) => boolean][]) {
    expect(lanes(Int32Array, f32x4[name](x, y))).toEqual(each((p, q) => (f(p, q) ? -1 : 0)));
    expect(lanes(Int32Array, f64x2[name](doubles(1, 2), doubles(1, 3)))).toEqual([f(1, 1) ? -1 : 0, f(1, 1) ? -1 : 0, f(2, 3) ? -1 : 0, f(2, 3) ? -1 : 0]);
  }
  for (const [name, f] of [["add", (p, q) => p + q], ["sub", (p, q) => p - q], ["mul", (p, q) => p * q], ["div", (p, q) => p / q], ["min", Math.min], ["max", Math.max], ["pmin", Math.min], ["pmax", Math.max]] as [
    "add", (p: number, q: number) => number][]) expect(lanes(Float64Array, f64x2[name](doubles(1.5, 2), doubles(-1, 3)))).toEqual([f(1.5, -1), f(2, 3)]);
  expect(lanes(Float32Array, f32x4.splat(f32.const(2)))).toEqual([2, 2, 2, 2]);
  expect(lanes(Float32Array, f32x4.const(3))).toEqual([3, 3, 3, 3]);
  expect(lanes(Float64Array, f64x2.const(3))).toEqual([3, 3]);
  expect(lanes(Float32Array, f32x4.replace(y, 1, f32.const(9)))).toEqual([0.5, 9, 1, -0]);
  expect(evaluate(f32x4.extract(y, 1) as Code<"f32">)).toBe(3);
  expect(evaluate(f64x2.extract(doubles(1, 2), 1))).toBe(2);
  expect(lanes(Float64Array, f64x2.promoteLowF32x4(x))).toEqual([1.5, -2.25]);
  expect(lanes(Float32Array, f32x4.demoteF64x2Zero(doubles(1.5, -2)))).toEqual([1.5, -2, 0, 0]);
  expect(lanes(Float32Array, f32x4.convertI32x4S(ints(1, -2, 3, 4)))).toEqual([1, -2, 3, 4]);
  expect(lanes(Float32Array, f32x4.convertI32x4U(ints(1, -1, 3, 4)))).toEqual([1, 2 ** 32, 3, 4]);
  expect(lanes(Float64Array, f64x2.convertLowI32x4S(ints(1, -2, 3, 4)))).toEqual([1, -2]);
  expect(lanes(Float64Array, f64x2.convertLowI32x4U(ints(1, -2, 3, 4)))).toEqual([1, 2 ** 32 - 2]);
});

test("vectors of integers", () => {
  const a = [7, -8, 2 ** 31 - 1, 0];
  const b = [-3, 4, 1, 0];
  const [x, y] = [ints(...a), ints(...b)];
  const each = (f: (p: number, q: number) => number): number[] => a.map((p, i) => f(p, b[i] as number) | 0);
  const u = (f: (p: number, q: number) => number | boolean) => (p: number, q: number): number => Number(f(p >>> 0, q >>> 0));
  const cases: [Code<"v128">, (p: number, q: number) => number][] = [
    [i32x4.add(x, y), (p, q) => p + q], [i32x4.sub(x, y), (p, q) => p - q], [i32x4.mul(x, y), Math.imul], [i32x4.minS(x, y), Math.min], [i32x4.maxS(x, y), Math.max],
    [i32x4.minU(x, y), u(Math.min)], [i32x4.maxU(x, y), u(Math.max)], [i32x4.abs(x), Math.abs], [i32x4.neg(x), (p) => -p],
    [i32x4.shl(x, i32.const(4)), (p) => p << 4], [i32x4.shrS(x, i32.const(4)), (p) => p >> 4], [i32x4.shrU(x, i32.const(4)), (p) => p >>> 4],
    [i32x4.eq(x, y), (p, q) => mask(p === q)], [i32x4.ne(x, y), (p, q) => mask(p !== q)], [i32x4.ltS(x, y), (p, q) => mask(p < q)], [i32x4.ltU(x, y), (p, q) => mask(u((r, s) => r < s)(p, q) === 1)],
    [i32x4.gtS(x, y), (p, q) => mask(p > q)], [i32x4.gtU(x, y), (p, q) => mask(u((r, s) => r > s)(p, q) === 1)], [i32x4.leS(x, y), (p, q) => mask(p <= q)], [i32x4.leU(x, y), (p, q) => mask(u((r, s) => r <= s)(p, q) === 1)],
    [i32x4.geS(x, y), (p, q) => mask(p >= q)], [i32x4.geU(x, y), (p, q) => mask(u((r, s) => r >= s)(p, q) === 1)],
    [v128.and(x, y), (p, q) => p & q], [v128.or(x, y), (p, q) => p | q], [v128.xor(x, y), (p, q) => p ^ q], [v128.andnot(x, y), (p, q) => p & ~q], [v128.not(x), (p) => ~p],
    [v128.bitselect(x, y, ints(-1, -1, 0, 0)), (p, q) => (p === 7 || p === -8 ? p : q)],
  ];
  for (const [code, f] of cases) expect(lanes(Int32Array, code)).toEqual(each(f));
  expect(lanes(Int32Array, i32x4.truncSatF32x4S(floats(-1.5, 1e20, NaN, 3)))).toEqual([-1, 2 ** 31 - 1, 0, 3]);
  expect(lanes(Int32Array, i32x4.truncSatF32x4U(floats(-1.5, 1e20, NaN, 3)))).toEqual([0, -1, 0, 3]);
  expect(lanes(Int32Array, i32x4.truncSatF64x2SZero(doubles(-1.5, 1e20)))).toEqual([-1, 2 ** 31 - 1, 0, 0]);
  expect(lanes(Int32Array, i32x4.truncSatF64x2UZero(doubles(-1.5, 1e20)))).toEqual([0, -1, 0, 0]);
  expect(lanes(Uint8Array, i8x16.shuffle(x, y, [16, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 31]))).toEqual([253, 0, 0, 0, 248, 255, 255, 255, 7, 7, 7, 7, 7, 7, 7, 0]);
  expect(lanes(Int32Array, i32x4.extendLowI16x8S(ints(0x8000fffe | 0, 3, 0, 0)))).toEqual([-2, -32768, 3, 0]);
  expect(lanes(Int32Array, i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(ints(0x01020304, 0, 0, 0))))).toEqual([4, 3, 2, 1]);
  expect(lanes(Int32Array, i32x4.extendHighI16x8U(i16x8.extendLowI8x16U(ints(0, 0x01020304, 0, 0))))).toEqual([4, 3, 2, 1]);
  expect(lanes(Int32Array, i16x8.extendHighI8x16U(ints(0, 0, 0x0102, 0)))).toEqual([0x00010002, 0, 0, 0]);
  expect(lanes(Int32Array, i16x8.extendLowI8x16S(ints(0xfe, 0, 0, 0)))).toEqual([0xfffe, 0, 0, 0]);
  expect(lanes(Uint8Array, i8x16.narrowI16x8S(i16x8.narrowI32x4S(x, y), x)).slice(0, 8)).toEqual([7, 248, 127, 0, 253, 4, 1, 0]);
  expect(lanes(Uint8Array, i8x16.narrowI16x8U(i16x8.narrowI32x4U(x, y), x)).slice(0, 8)).toEqual([7, 0, 0, 0, 0, 4, 1, 0]);
  expect(lanes(Int32Array, i64x2.add(i64x2.extendLowI32x4S(x), i64x2.splat(i64.const(1n << 32n))))).toEqual([7, 1, -8, 0]);
  expect(lanes(Int32Array, i64x2.extendLowI32x4U(x))).toEqual([7, 0, -8, 0]);
  expect(lanes(Int32Array, i64x2.extendHighI32x4U(x))).toEqual([2 ** 31 - 1, 0, 0, 0]);
  expect(lanes(Int32Array, i64x2.mul(i64x2.extendLowI32x4S(x), i64x2.extendLowI32x4S(y)))).toEqual([-21, -1, -32, -1]);
  expect(lanes(Int32Array, i64x2.shrU(ints(0, 1, 0, 2), i32.const(32)))).toEqual([1, 0, 2, 0]);
  for (const [name, expected] of [["eq", [0, 0, -1, -1]], ["ne", [-1, -1, 0, 0]], ["ltS", [-1, -1, 0, 0]], ["gtS", [0, 0, 0, 0]]] as const) expect(lanes(Int32Array, i64x2[name](ints(0, 1, 0, 2), ints(1, 1, 0, 2)))).toEqual(expected);
  expect(evaluate(v128.anyTrue(x))).toBe(1);
  expect(evaluate(i32x4.allTrue(x))).toBe(0);
  expect(evaluate(i32x4.bitmask(x))).toBe(2);
  expect(evaluate(i8x16.bitmask(ints(0x80, 0, 0, 0)))).toBe(1);
  expect(evaluate(i64x2.bitmask(ints(0, -1, 0, 0)))).toBe(1);
  expect(evaluate(i64x2.extract(ints(0, 1, 0, 0), 0))).toBe(2n ** 32n);
  expect(evaluate(i32x4.extract(i32x4.replace(i32x4.splat(i32.const(4)), 2, i32.const(-5)), 2))).toBe(-5);
  expect(lanes(Uint8Array, i8x16.swizzle(ints(0x04030201, 0, 0, 0), ints(0x00010203, 0, 0, 0))).slice(0, 4)).toEqual([4, 3, 2, 1]);
});

test("memory", () => {
  const m = new ModuleBuilder();
  m.memory(1, "memory");
  m.data(8, [1, 2, 3, 4, 5, 6, 7, 8]);
  const at = i32.const;
  m.function([], "void", (f) => {
    f.do(memory.copy(at(16), at(8), at(8)));
    f.do(memory.fill(at(24), at(9), at(4)));
    f.do(v128.store(at(32), v128.load32Splat(at(8))));
    f.do(v128.store(at(48), v128.load64Zero(at(8))));
    f.do(v128.store(at(64), v128.load64Splat(at(8))));
    f.do(v128.store(at(80), v128.load32Lane(at(12), v128.load32Zero(at(8)), 3)));
    f.do(v128.store(at(96), v128.load64Lane(at(8), v128.load8Splat(at(8)), 1)));
    f.do(v128.store32Lane(at(112), v128.load(at(8)), 1));
    f.do(v128.store64Lane(at(120), v128.load(at(8)), 0));
    f.do(v128.store8Lane(at(116), v128.load(at(8)), 4));
    f.do(v128.store(at(128), v128.load8x8U(at(8))));
    f.do(i32.store8(at(144), i32.load8U(at(11))));
    f.do(i64.store(at(145), i64.load(at(8))));
    f.do(f64.store(at(160), f64.load(at(8))));
    f.do(f32.store(at(168), f32.load(at(4), 4)));
    f.do(i32.store(at(170), i32.load8S(at(8)), 2));
  }, "f");
  m.function([], "i32", () => i32.sub(memory.grow(at(2)), memory.size()), "grow");
  const { f, memory: mem, grow } = instantiate(m);
  f();
  const seen = (from: number, n: number): number[] => Array.from(new Uint8Array(mem.buffer, from, n));
  expect(seen(16, 12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9]);
  expect(seen(32, 16)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
  expect(seen(48, 16)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(seen(64, 16)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(seen(80, 16)).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8]);
  expect(seen(96, 16)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(seen(112, 16)).toEqual([5, 6, 7, 8, 5, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(seen(128, 16)).toEqual([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0]);
  expect(seen(144, 9)).toEqual([4, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(seen(160, 16)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 1, 0, 0, 0]);
  expect(grow()).toBe(1 - 3);
});

test("control flow, calls, globals, and imports made after functions", () => {
  const m = new ModuleBuilder();
  const calls = m.global("i32", 5, "calls");
  const sumTo = m.declare(["i32"], "i32", "sumTo");
  m.function(["i32"], "i32", (f, n) => {
    const r = f.local("i32");
    f.block((other) => {
      f.block((two) => {
        f.block((one) => {
          f.block((zero) => f.brTable(n, [zero, one, two], other));
          f.return(i32.const(100));
        });
        f.set(r, call(sumTo, i32.const(10)));
        f.br(other);
      });
      f.set(r, i32.const(300));
    });
    return r;
  }, "pick");
  m.define(sumTo, (f, n) => {
    const total = f.local("i32");
    const i = f.local("i32");
    f.do(m.setGlobal(calls, i32.add(calls, i32.const(1))));
    f.for(i, i32.const(0), n, 1, () => f.if(i32.and(i, i32.const(1)), () => f.set(total, i32.add(total, i)), () => f.increment(total, 100)));
    f.while(i32.gtS(total, i32.const(1000)), () => f.increment(total, -1000));
    return total;
  });
  const sine = m.importFunction("host", "sin", ["f64"], "f64");
  expect(m.importFunction("host", "sin", ["f64"], "f64")).toBe(sine);
  m.function(["f64"], "f64", (f, x) => f.local("f64", call(sine, x)), "sin");
  const { pick, calls: counted, sin } = instantiate(m, { host: { sin: Math.sin } });
  expect([0, 1, 2, 3, 9].map((n) => pick(n))).toEqual([100, 525, 300, 0, 0]);
  expect(counted.value).toBe(6);
  expect(sin(1)).toBe(Math.sin(1));
});

test("a mark takes code from later, and does not reuse a local that is in use in between", () => {
  const m = new ModuleBuilder();
  m.function(["i32"], "f32", (f, n) => {
    const total = f.local("f32");
    const i = f.local("i32");
    const constants = new Constants(m, f);
    f.for(i, i32.const(0), n, 1, () => {
      f.scope(() => f.set(total, f32.add(total, f.local("f32", f32.const(1)))));
      f.set(total, f32.add(f32.mul(total, constants.f32(0.5)), constants.f32(2)));
      f.set(total, f32.sub(total, constants.f32(0.5)));
    });
    return total;
  }, "f");
  expect(instantiate(m)["f"](3)).toBe(((2 + 1) / 2 + 1.5 + 1) / 2 + 1.5);
});

test("constants are told apart by their bits and keep them", () => {
  const m = new ModuleBuilder();
  m.memory(1, "memory");
  m.function([], "void", (f) => {
    const k = new Constants(m, f);
    f.do(v128.store(i32.const(0), k.f32x4(-0)));
    f.do(v128.store(i32.const(16), k.f32x4(0)));
    f.do(v128.store(i32.const(32), k.i32x4(-2)));
    f.do(v128.store(i32.const(48), k.f64x2(0.1)));
    f.do(i32.store(i32.const(64), k.i32(-70000)));
    f.do(f64.store(i32.const(72), k.f64(0.1)));
  }, "f");
  const { f, memory: mem } = instantiate(m);
  f();
  expect(Array.from(new Float32Array(mem.buffer, 0, 8))).toEqual([-0, -0, -0, -0, 0, 0, 0, 0]);
  expect(Array.from(new Int32Array(mem.buffer, 32, 4))).toEqual([-2, -2, -2, -2]);
  expect(Array.from(new Float64Array(mem.buffer, 48, 2))).toEqual([0.1, 0.1]);
  expect(new Int32Array(mem.buffer, 64, 1)[0]).toBe(-70000);
  expect(new Float64Array(mem.buffer, 72, 1)[0]).toBe(0.1);
});

test("a memory is imported with its limits", () => {
  const mem = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  const m = new ModuleBuilder();
  m.importMemory("env", "memory", { minimum: 1, maximum: 4 });
  m.function([], "i32", () => i32.load(i32.const(4)), "read");
  new Int32Array(mem.buffer)[1] = 42;
  expect(instantiate(m, { env: { memory: mem } })["read"]()).toBe(42);
});

test("features are those that the engine validates", () => {
  expect(features().simd).toBe(true);
  const m = new ModuleBuilder();
  m.function([], "f32", () => f32x4.extract(f32x4.relaxedNmadd(f32x4.const(2), f32x4.const(3), f32x4.const(10)), 0), "f");
  const d = new ModuleBuilder();
  d.function([], "f64", () => f64x2.extract(f64x2.relaxedMadd(f64x2.const(2), f64x2.const(3), f64x2.const(10)), 0), "f");
  expect(WebAssembly.validate(m.assemble())).toBe(features().fma);
  expect(isRecent()).toBe(Number.parseFloat(process.versions.v8) >= 13.5);
  if (features().fma) expect([instantiate(m)["f"](), instantiate(d)["f"]()]).toEqual([4, 16]);
});

test("long functions and names of types", () => {
  const m = new ModuleBuilder();
  const types: ValueType[] = ["i32", "i64", "f32", "f64", "v128"];
  m.function([], "i32", (f) => {
    for (let i = 0; i < 300; i++) f.local(types[i % 5] as ValueType);
    const total = f.local("i32");
    for (let i = 0; i < 3000; i++) f.increment(total, i);
    return total;
  }, "f");
  expect(instantiate(m)["f"]()).toBe((3000 * 2999) / 2);
});
