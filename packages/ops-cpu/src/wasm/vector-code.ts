// Computing with four elements at a time.

import { type DType, isInteger } from "@gradus/core";
import type { Intrinsic } from "@gradus/core/scalar";
import type { I32, Local, V128 } from "./code.js";
import type { LaneCode, LaneContext, Value } from "./lane-code.js";
import { i32 } from "./scalar-ops.js";
import { clampOp, float32Ops, wrapFloat32 } from "./vector-float32.js";
import { float64Ops, wrapFloat64 } from "./vector-float64.js";
import { boolOps, fromInt, int32Ops, uint32Ops } from "./vector-integers.js";
import { choose, evens, lows, promoteHigh, VectorKit, type VectorOp } from "./vector-kit.js";
import { f32x4, f64x2, i16x8, i32x4, i64x2, i8x16, v128 } from "./vector-ops.js";

const operations: Readonly<Record<string, Readonly<Record<string, VectorOp>>>> = { float32: float32Ops, int32: int32Ops, uint32: uint32Ops, bool: boolOps };

export class VectorCode implements LaneCode {
  readonly lanes = 4;
  readonly #k: VectorKit;

  constructor(context: LaneContext) {
    this.#k = new VectorKit(context);
  }

  /** Writes `body` with the short ways of functions; `unusual` is not 0 where one is wrong. */
  usually<R>(body: () => R): { readonly result: R; readonly unusual: I32 | undefined } {
    return this.#k.usually(body);
  }

  constant(dtype: DType, value: number): Value {
    const k = this.#k;
    const part = dtype === "float32" ? k.f32(value) : dtype === "float64" ? k.f64(value) : dtype === "bool" ? k.i32(value !== 0 ? -1 : 0) : k.i32(value | 0);
    return { parts: dtype === "float64" ? [part, part] : [part], constant: value };
  }

  load(dtype: DType, address: I32, offset = 0): Value {
    if (dtype === "bool") return this.#mask(v128.load32Zero(address, offset));
    if (dtype !== "float64") return this.#value(v128.load(address, offset));
    const at = this.#k.f.local("i32", address);
    return this.#value(v128.load(at, offset), v128.load(at, offset + 16));
  }

  splat(dtype: DType, address: I32, offset = 0): Value {
    if (dtype === "bool") return this.#value(i32x4.ne(i32x4.splat(i32.load8U(address, offset)), this.#k.i32(0)));
    if (dtype !== "float64") return this.#value(v128.load32Splat(address, offset));
    const x = this.#k.let(v128.load64Splat(address, offset));
    return { parts: [x, x] };
  }

  gather(dtype: DType, address: I32, stride: I32): Value {
    const { f } = this.#k;
    const at = f.local("i32", address);
    const by = f.local("i32", stride);
    const next = (): I32 => (f.increment(at, by), at);
    if (dtype === "float64") {
      const pair = (): Local<"v128"> => {
        const x = this.#k.let(v128.load64Zero(at));
        f.set(x, v128.load64Lane(next(), x, 1));
        f.increment(at, by);
        return x;
      };
      return { parts: [pair(), pair()] };
    }
    if (dtype === "bool") {
      const x = this.#k.let(i32x4.splat(i32.load8U(at)));
      for (let i = 1; i < 4; i++) f.set(x, i32x4.replace(x, i, i32.load8U(next())));
      return this.#value(i32x4.ne(x, this.#k.i32(0)));
    }
    const x = this.#k.let(v128.load32Zero(at));
    for (let i = 1; i < 4; i++) f.set(x, v128.load32Lane(next(), x, i));
    return { parts: [x] };
  }

  store(dtype: DType, address: I32, { parts }: Value, offset = 0): void {
    const { f } = this.#k;
    if (dtype === "bool") {
      f.do(v128.store32Lane(address, this.#bytes(parts[0] as V128), 0, offset));
      return;
    }
    if (parts.length === 1) {
      f.do(v128.store(address, parts[0] as V128, offset));
      return;
    }
    const at = f.local("i32", address);
    parts.forEach((p, i) => f.do(v128.store(at, p as V128, offset + 16 * i)));
  }

  scatter(dtype: DType, address: I32, stride: I32, { parts }: Value): void {
    const { f } = this.#k;
    const at = f.local("i32", address);
    const by = f.local("i32", stride);
    const bytes = dtype === "bool" ? this.#k.let(this.#bytes(parts[0] as V128)) : undefined;
    for (let i = 0; i < 4; i++) {
      if (i > 0) f.increment(at, by);
      if (bytes !== undefined) f.do(v128.store8Lane(at, bytes, i));
      else if (parts.length === 1) f.do(v128.store32Lane(at, parts[0] as V128, i));
      else f.do(v128.store64Lane(at, parts[i >> 1] as V128, i & 1));
    }
  }

  apply(op: Intrinsic, dtype: DType, args: readonly Value[]): Value {
    const k = this.#k;
    const [x, y] = args as [Value, Value];
    if (op.name === "select") return this.#select(dtype, args as [Value, Value, Value]);
    if (dtype === "float64") {
      const compute = float64Ops[op.name] ?? ((_k, ...xs) => k.host64(op, ...xs.slice(0, op.arity)));
      const halves = [0, 1].map((i) => k.let(compute(k, ...(args.map(({ parts }) => parts[i] as V128) as [V128, V128, V128]))));
      return op.result === "bool" ? this.#value(evens(halves[0] as V128, halves[1] as V128)) : { parts: halves };
    }
    if (dtype === "float32" && (op.name === "max" || op.name === "min")) {
      const [a, c] = x.constant === undefined ? [x, y.constant] : [y, x.constant];
      if (c !== undefined && !Number.isNaN(c)) return this.#value(clampOp(op.name, a.parts[0] as V128, c, k));
    }
    if (isInteger(dtype) && op.name.startsWith("shift") && y.constant !== undefined) return this.#shift(op.name, x, y.constant);
    const compute = operations[dtype]?.[op.name];
    const operands = args.map(({ parts }) => parts[0] as V128) as [V128, V128, V128];
    if (compute !== undefined) return this.#value(compute(k, ...operands));
    if (dtype === "float32") return this.#value(k.host(op, ...operands.slice(0, op.arity)));
    // Integers and booleans by way of doubles, as the host does it; bits of booleans by way of integers.
    const between = dtype === "bool" && op.name.startsWith("shift") ? "int32" : "float64";
    const value = this.apply(op, between, args.map((a) => this.cast(dtype, between, a)));
    return op.result === "bool" ? value : this.cast(between, dtype, value);
  }

  cast(from: DType, to: DType, x: Value): Value {
    const k = this.#k;
    if (x.constant !== undefined && to !== "float64") return this.constant(to, from === "float32" ? Math.fround(x.constant) : x.constant);
    const [a, b] = x.parts as [V128, V128];
    if (from === to || (isInteger(from) && isInteger(to))) return { parts: x.parts };
    if (from === "float64") {
      if (to === "float32") return this.#value(lows(f32x4.demoteF64x2Zero(a), f32x4.demoteF64x2Zero(b)));
      if (to === "bool") return this.#value(evens(f64x2.ne(a, k.f64(0)), f64x2.ne(b, k.f64(0))));
      return this.#value(wrapFloat64(k, a, b));
    }
    if (to === "float64") {
      if (from === "float32") return this.#value(f64x2.promoteLowF32x4(a), promoteHigh(a));
      if (isInteger(from)) return this.#value(...fromInt(k, a, from === "int32"));
      return this.#value(...this.#wide(a).map((mask) => v128.and(mask, k.f64(1))));
    }
    if (to === "bool") return this.#value(from === "float32" ? f32x4.ne(a, k.f32(0)) : i32x4.ne(a, k.i32(0)));
    if (to === "float32") return this.#value(from === "bool" ? v128.and(a, k.f32(1)) : from === "int32" ? f32x4.convertI32x4S(a) : f32x4.convertI32x4U(a));
    return this.#value(from === "bool" ? i32x4.neg(a) : wrapFloat32(k, a));
  }

  #value(...parts: readonly V128[]): Value {
    return { parts: parts.map((p) => this.#k.let(p)) };
  }

  /** Bytes in the lowest four places as masks. */
  #mask(bytes: V128): Value {
    return this.#value(i32x4.ne(i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(bytes)), this.#k.i32(0)));
  }

  /** Masks as bytes 0 or 1 in the lowest four places. */
  #bytes(mask: V128): V128 {
    return i8x16.shuffle(v128.and(mask, this.#k.i32(1)), mask, [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12]);
  }

  #wide(mask: V128): readonly [V128, V128] {
    return [i64x2.extendLowI32x4S(mask), i64x2.extendHighI32x4S(mask)];
  }

  #select(dtype: DType, [p, x, y]: [Value, Value, Value]): Value {
    const mask = p.parts[0] as V128;
    const masks = dtype === "float64" ? this.#wide(mask) : [mask];
    return this.#value(...masks.map((m, i) => choose(m, x.parts[i] as V128, y.parts[i] as V128)));
  }

  #shift(name: string, x: Value, by: number): Value {
    const count = by >>> 0;
    const a = x.parts[0] as V128;
    if (name === "shiftRightArithmetic") return this.#value(i32x4.shrS(a, i32.const(Math.min(count, 31))));
    if (count > 31) return this.constant("int32", 0);
    return this.#value((name === "shiftLeft" ? i32x4.shl : i32x4.shrU)(a, i32.const(count)));
  }
}
