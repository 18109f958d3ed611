// What vector operations are written with: locals for what is used twice, constants, products with addition.

import type { Code, F64, I32, Local, V128 } from "./code.js";
import type { Constants } from "./constants.js";
import type { FunctionBuilder } from "./function.js";
import type { HostFunction, HostFunctions, LaneContext } from "./lane-code.js";
import { f32, f64 } from "./scalar-ops.js";
import { f32x4, f64x2, i32x4, i8x16, v128 } from "./vector-ops.js";

const bitsView = new DataView(new ArrayBuffer(8));

/** Computes one vector from others. Operands are locals. */
export type VectorOp = (k: VectorKit, x: V128, y: V128, z: V128) => V128;

export class VectorKit {
  readonly f: FunctionBuilder;
  readonly constants: Constants;
  readonly hasFma: boolean;
  readonly #host: HostFunctions;
  /** Within `usually`: by limit, the largest of what has to be at most that. */
  #limited: Map<number, V128> | undefined;

  constructor({ f, constants, features, host }: LaneContext) {
    this.f = f;
    this.constants = constants;
    this.hasFma = features.fma;
    this.#host = host;
  }

  /** A name for a value. */
  let(x: V128): Local<"v128"> {
    return this.f.local("v128", x);
  }

  /** Constants in all lanes. */
  f32(value: number): V128 {
    return this.constants.f32x4(value);
  }

  f64(value: number): V128 {
    return this.constants.f64x2(value);
  }

  i32(value: number): V128 {
    return this.constants.i32x4(value);
  }

  /** x·y + z of float32, rounded once where the engine can. */
  madd(x: V128, y: V128, z: V128): V128 {
    return this.hasFma ? f32x4.relaxedMadd(x, y, z) : f32x4.add(f32x4.mul(x, y), z);
  }

  /** z − x·y of float32. */
  nmadd(x: V128, y: V128, z: V128): V128 {
    return this.hasFma ? f32x4.relaxedNmadd(x, y, z) : f32x4.sub(z, f32x4.mul(x, y));
  }

  /** x·y + z of float64. */
  madd64(x: V128, y: V128, z: V128): V128 {
    return this.hasFma ? f64x2.relaxedMadd(x, y, z) : f64x2.add(f64x2.mul(x, y), z);
  }

  /** A 64-bit integer in all lanes, by its bits. */
  bits64(value: bigint): V128 {
    bitsView.setBigInt64(0, value, true);
    return this.constants.f64x2(bitsView.getFloat64(0, true));
  }

  /** A polynomial of float32 by Horner's rule, coefficients from the highest power on. */
  polynomial(x: V128, coefficients: readonly number[]): V128 {
    return coefficients.slice(1).reduce((p, c) => this.madd(p, x, this.f32(c)), this.f32(coefficients[0] as number));
  }

  polynomial64(x: V128, coefficients: readonly number[]): V128 {
    return coefficients.slice(1).reduce((p, c) => this.madd64(p, x, this.f64(c)), this.f64(coefficients[0] as number));
  }

  /** The host's function in each lane of float32. */
  host(op: HostFunction, ...xs: readonly V128[]): V128 {
    const lane = (i: number): Code<"f32"> => f32.demoteF64(this.#host.call(op, xs.map((x): F64 => f64.promoteF32(f32x4.extract(x, i)))));
    const first = this.let(f32x4.splat(lane(0)));
    for (let i = 1; i < 4; i++) this.f.set(first, f32x4.replace(first, i, lane(i)));
    return first;
  }

  /** The host's function in each lane of float64. */
  host64(op: HostFunction, ...xs: readonly V128[]): V128 {
    const lane = (i: number): F64 => this.#host.call(op, xs.map((x) => f64x2.extract(x, i)));
    const first = this.let(f64x2.splat(lane(0)));
    return f64x2.replace(first, 1, lane(1));
  }

  /** `usual`, and where a test says so (`unusual` ≠ 0) what `otherwise` computes instead. */
  unless(unusual: I32, usual: V128, otherwise: () => V128): Local<"v128"> {
    const result = this.let(usual);
    this.f.if(unusual, () => this.f.set(result, otherwise()));
    return result;
  }

  /** `usual`, and where some lane of `measure`, as signed integers, is above a limit, what `otherwise` computes instead. */
  unlessAbove(limit: number, measure: V128, usual: V128, otherwise: () => V128): Local<"v128"> {
    const limited = this.#limited;
    if (limited === undefined) return this.unless(i32x4.bitmask(this.#above(limit, measure)), usual, otherwise);
    const others = limited.get(limit);
    limited.set(limit, this.let(others === undefined ? measure : i32x4.maxS(others, measure)));
    return this.let(usual);
  }

  /** Writes `body` with all that `unlessAbove` does as if its limits were kept; `unusual` is not 0 where one is not. */
  usually<R>(body: () => R): { readonly result: R; readonly unusual: I32 | undefined } {
    const limited = (this.#limited = new Map<number, V128>());
    const result = body();
    this.#limited = undefined;
    const tests = [...limited].map(([limit, measure]) => this.#above(limit, measure));
    return { result, unusual: tests.length === 0 ? undefined : i32x4.bitmask(tests.reduce((a, b) => v128.or(a, b))) };
  }

  #above(limit: number, measure: V128): V128 {
    return i32x4.gtS(measure, this.i32(limit));
  }
}

/** The bits of |x|, as integers: in the order of numbers, with NaN above. */
export const sizeBits = (k: VectorKit, x: V128): V128 => v128.and(x, k.i32(0x7fffffff));
/** Those of a float32. */
export const bitsOf = (value: number): number => (bitsView.setFloat32(0, value), bitsView.getInt32(0));

/** A function of float32 by one of float64, of the lower and the upper two elements. */
export function inDoubles(k: VectorKit, compute: (...xs: V128[]) => V128, ...xs: readonly V128[]): V128 {
  const low = k.let(compute(...xs.map((x) => k.let(f64x2.promoteLowF32x4(x)))));
  const upper = compute(...xs.map((x) => k.let(promoteHigh(x))));
  return lows(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(upper));
}

/** The sign of one vector with the size of another. */
export const copySign = (k: VectorKit, size: V128, sign: V128): V128 => choose(k.f32(-0), sign, size);
export const copySign64 = (k: VectorKit, size: V128, sign: V128): V128 => choose(k.f64(-0), sign, size);

/** The upper two float64 of four float32. */
export const promoteHigh = (x: V128): V128 => f64x2.promoteLowF32x4(high(x));
/** The upper half of a vector, in the lower. */
export const high = (x: V128): V128 => i8x16.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
/** The lower halves of two vectors. */
export const lows = (x: V128, y: V128): V128 => i8x16.shuffle(x, y, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
/** Every other 32-bit lane of two vectors: 64-bit masks as 32-bit ones. */
export const evens = (x: V128, y: V128): V128 => i8x16.shuffle(x, y, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
/** x where the mask has ones, y elsewhere. */
export const choose = (mask: V128, x: V128, y: V128): V128 => v128.bitselect(x, y, mask);
