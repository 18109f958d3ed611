// Counting bits, the bits of numbers as other numbers, and random bits. None of them carries a gradient.

import {
  add,
  applyUnary,
  type Aval,
  avalOf,
  bind,
  broadcastTo,
  type DType,
  definePrimitive,
  DTypeError,
  full,
  isInteger,
  moveAxis,
  type Primitive,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
} from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { iota } from "./arrangement.js";
import { alignBatch } from "./batch-axis.js";
import { or, shiftLeft, shiftRightLogical, xor } from "./logic.js";
import { sliceAlong } from "./slicing.js";

/** How many bits of x are set. */
export const populationCountP: Primitive = /* @__PURE__ */ definePrimitive("population_count", {
  elementwise: { accepts: "integer", body: ones },
  zeroGradient: "integers carry no gradient",
});

/** How many bits of x, from the highest on, are zero. */
export const clzP: Primitive = /* @__PURE__ */ definePrimitive("clz", {
  elementwise: {
    accepts: "integer",
    body(x: s.Expr) {
      // All bits below the highest one that is set are set too; those that remain are counted.
      let below = x;
      for (const n of [1, 2, 4, 8, 16]) below = s.or(below, s.shiftRightLogical(below, n));
      return ones(s.not(below));
    },
  },
  zeroGradient: "integers carry no gradient",
});

// Sums over ever wider fields of bits: Warren, "Hacker's Delight", 2nd edition, section 5-1.
function ones(x: s.Expr): s.Expr {
  const pairs = s.sub(x, s.and(s.shiftRightLogical(x, 1), 0x55555555));
  const fours = s.add(s.and(pairs, 0x33333333), s.and(s.shiftRightLogical(pairs, 2), 0x33333333));
  const bytes = s.and(s.add(fours, s.shiftRightLogical(fours, 4)), 0x0f0f0f0f);
  return s.shiftRightLogical(s.mul(bytes, 0x01010101), 24);
}

export interface BitcastParams {
  dtype: DType;
}

/** The same bits, read as another dtype. Of half the width there are two on a new last axis, the lower one first. */
export const bitcastP: Primitive<BitcastParams> = /* @__PURE__ */ definePrimitive<BitcastParams>("bitcast", {
  abstractEval([x], { dtype }) {
    const { shape, dtype: from } = x as Aval;
    if (widthOf(from) === 0 || widthOf(dtype) === 0) throw new DTypeError(`bitcast: ${String(x)} cannot be read as ${String(dtype)}: both must be numbers, of 32 or 64 bits.`);
    const ratio = widthOf(from) / widthOf(dtype);
    if (ratio === 1) return avalOf(shape, dtype);
    if (ratio > 1) return avalOf([...shape, ratio], dtype);
    if (shape[shape.length - 1] !== 1 / ratio) throw new ShapeError(`bitcast: the last axis of ${String(x)} is read as one ${dtype}, and has to have length ${1 / ratio}.`);
    return avalOf(shape.slice(0, -1), dtype);
  },
  zeroGradient: "the bits of a number are integers",
  rules: {
    batch([x], [axis], params) {
      const t = x as Tensor;
      // The last axis has to stay the last.
      const b = widthOf(t.dtype) < widthOf(params.dtype) ? 0 : (axis as number);
      return [bind(bitcastP, [moveAxis(t, axis as number, b)], params), b];
    },
  },
});

const widthOf = (d: DType): number => (d === "float64" ? 64 : d === "float32" || d === "int32" || d === "uint32" ? 32 : 0);

/** threefry2x32(k0, k1, x0, x1): the block cipher of 20 rounds, on counters (x0, x1) under keys (k0, k1), all of one shape. */
export const threefry2x32P: Primitive<void, "many"> = /* @__PURE__ */ definePrimitive<void, "many">("threefry2x32", {
  multipleResults: true,
  abstractEval(avals) {
    const first = avals[0] as Aval;
    for (const a of avals) {
      if (a.dtype !== "uint32") throw new DTypeError(`threefry2x32: ${a.toString()} is not accepted here, expected uint32: cast(x, "uint32").`);
      if (a.shape !== first.shape) throw new ShapeError(`threefry2x32: operands must have equal shapes, and these are ${avals.join(", ")}: broadcast one with broadcastTo.`);
    }
    return [avalOf(first.shape, "uint32"), avalOf(first.shape, "uint32")];
  },
  zeroGradient: "random bits do not depend on their key in a differentiable way",
  decompose: ([k0, k1, x0, x1]) => rounds(k0 as Tensor, k1 as Tensor, x0 as Tensor, x1 as Tensor),
  rules: {
    batch(args, axes, _params, axisSize) {
      const b = axes.find((a) => a !== null) as number;
      return [bind(threefry2x32P, args.map((x, i) => alignBatch(x, axes[i] ?? null, b, axisSize))), [b, b]];
    },
  },
});

/** By how much each of the eight kinds of round rotates. */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, https://doi.org/10.1145/2063384.2063405
function rounds(k0: Tensor, k1: Tensor, x0: Tensor, x1: Tensor): [Tensor, Tensor] {
  const keys = [k0, k1, xor(xor(k0, k1), 0x1bd11bda)];
  let [a, b] = [add(x0, k0), add(x1, k1)];
  for (let i = 0; i < 20; i++) {
    const r = rotations[i % 8] as number;
    a = add(a, b);
    b = xor(or(shiftLeft(b, r), shiftRightLogical(b, 32 - r)), a);
    if (i % 4 < 3) continue;
    const n = (i + 1) / 4;
    a = add(a, keys[n % 3] as Tensor);
    b = add(add(b, keys[(n + 1) % 3] as Tensor), n);
  }
  return [a, b];
}

/** How many bits of an integer are set. @throws DTypeError for floats and booleans */
export function populationCount(x: TensorLike): Tensor {
  return applyUnary(populationCountP, integer(x, "populationCount"));
}

/** How many bits of an integer, from the highest on, are zero: 32 for 0. @throws DTypeError for floats and booleans */
export function clz(x: TensorLike): Tensor {
  return applyUnary(clzP, integer(x, "clz"));
}

function integer(x: TensorLike, what: string): Tensor {
  const t = toTensor(x, what);
  if (!isInteger(t.dtype)) throw new DTypeError(`${what}: ${t.aval.toString()} is not accepted here, expected int32 or uint32: cast(x, "int32").`);
  return t;
}

/**
 * The same bits read as another dtype: float32, int32 and uint32 have 32, float64 has 64. `f64[…]` gives `u32[…,2]`, the lower
 * half first, and `u32[…,2]` gives `f64[…]`, as lax.bitcast_convert_type has it. @throws DTypeError for booleans
 * @throws ShapeError where two halves are wanted and the last axis has another length
 * @example bitcast(array(1, { dtype: "float64" }), "uint32") // [0, 1072693248]
 */
export function bitcast(x: TensorLike, dtype: DType): Tensor {
  return bind(bitcastP, [toTensor(x, "bitcast")], { dtype });
}

/**
 * The two words of Threefry-2x32-20 for counters (x0, x1) under a key `u32[2]`; counters of one shape. @throws ShapeError @throws DTypeError
 */
export function threefry2x32(key: Tensor, x0: Tensor, x1: Tensor): [Tensor, Tensor] {
  const k = toTensor(key, "threefry2x32");
  if (k.ndim !== 1 || k.shape[0] !== 2) throw new ShapeError(`threefry2x32: the key is ${k.aval.toString()}, expected u32[2].`);
  const [c0, c1] = [toTensor(x0, "threefry2x32"), toTensor(x1, "threefry2x32")];
  const word = (i: number): Tensor => broadcastTo(reshape(sliceAlong(k, 0, i, i + 1), []), c0.shape);
  return bind(threefry2x32P, [word(0), word(1), c0, c1]) as [Tensor, Tensor];
}

/**
 * Random bits of a shape from a key `u32[2]`, as `u32[shape]`: the bits of jax.random.bits for the same key, where element i
 * joins both words of the counter (0, i) by xor. @throws ShapeError @throws DTypeError
 * @example randomBits(array([0, 42], { dtype: "uint32" }), [3])
 */
export function randomBits(key: Tensor, shape: Shape): Tensor {
  const { size } = avalOf(shape, "uint32");
  const [a, b] = threefry2x32(key, full([size], 0, "uint32"), iota(size, "uint32"));
  return reshape(xor(a, b), shape);
}
