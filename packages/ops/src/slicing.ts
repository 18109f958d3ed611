// Slices and padding with static bounds: each is the transpose of the other.

import {
  asList,
  type Aval,
  avalOf,
  bind,
  broadcastInDim,
  definePrimitive,
  full,
  fullOf,
  isLinear,
  type LinearVar,
  type Primitive,
  reduceSum,
  select,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
} from "@gradus/core";
import { insertAt } from "./batch-axis.js";
import { promoted } from "./promotion.js";
import { sub } from "./quotient.js";

export interface SliceParams {
  /** The first index taken, per axis. */
  start: readonly number[];
  /** The index before which to stop, per axis. */
  limit: readonly number[];
  /** The step, per axis, at least 1. */
  strides: readonly number[];
}

/** Elements start, start + stride, … below limit along each axis. */
export const sliceP: Primitive<SliceParams> = /* @__PURE__ */ definePrimitive<SliceParams>("slice", {
  abstractEval([x], { start, limit, strides }) {
    const { shape, dtype, weak } = x as Aval;
    if (start.length !== shape.length || limit.length !== shape.length || strides.length !== shape.length) {
      throw new ShapeError(`slice: ${String(x)} needs ${shape.length} entries in each of start [${start}], limit [${limit}] and strides [${strides}].`);
    }
    shape.forEach((d, i) => {
      const [lo, hi, step] = [start[i] as number, limit[i] as number, strides[i] as number];
      if (!(Number.isInteger(lo) && Number.isInteger(hi) && 0 <= lo && lo <= hi && hi <= d && Number.isInteger(step) && step >= 1)) {
        throw new ShapeError(`slice: axis ${i} of ${String(x)} has no slice ${lo}:${hi}:${step}. It needs 0 ≤ start ≤ limit ≤ ${d} and a stride of 1 or more.`);
      }
    });
    return avalOf(shape.map((_, i) => Math.ceil(((limit[i] as number) - (start[i] as number)) / (strides[i] as number))), dtype, weak);
  },
  view: ({ strides: steps, offset }, { start, strides }) => ({
    strides: steps.map((s, i) => s * (strides[i] as number)),
    offset: steps.reduce((at, s, i) => at + s * (start[i] as number), offset),
  }),
  linearIn: [0],
  rules: {
    // The cotangent goes back to where the elements came from, zeros elsewhere.
    transpose(ct: Tensor, [x], { start, strides }) {
      const config = (x as LinearVar).aval.shape.map((d, i): PadEntry => {
        const [n, lo, step] = [ct.shape[i] as number, start[i] as number, strides[i] as number];
        return [lo, d - lo - (n === 0 ? 0 : (n - 1) * step + 1), step - 1];
      });
      return [pad(ct, 0, config)];
    },
    batch([x], [axis], { start, limit, strides }, axisSize) {
      const b = axis as number;
      return [bind(sliceP, [x as Tensor], { start: insertAt(start, b, 0), limit: insertAt(limit, b, axisSize), strides: insertAt(strides, b, 1) }), b];
    },
  },
});

/** Elements added before, after and between those of one axis; negative ones are taken away instead. */
export type PadEntry = readonly [low: number, high: number, interior: number];

export interface PadParams {
  config: readonly PadEntry[];
}

/** pad(x, value): x with copies of a 0-d value around and between its elements. */
export const padP: Primitive<PadParams> = /* @__PURE__ */ definePrimitive<PadParams>("pad", {
  abstractEval([x, value], { config }) {
    const { shape, dtype, weak } = x as Aval;
    if ((value as Aval).ndim !== 0) throw new ShapeError(`pad: the padding value is ${String(value)}, and has to be 0-d.`);
    if (config.length !== shape.length) throw new ShapeError(`pad: ${String(x)} needs ${shape.length} entries [low, high, interior], and got ${config.length}.`);
    const padded = shape.map((d, i) => {
      const [low, high, interior] = config[i] as PadEntry;
      const n = low + high + spread(d, interior);
      if (!Number.isInteger(n) || !(interior >= 0) || n < 0) {
        throw new ShapeError(`pad: axis ${i} of ${String(x)} cannot be padded by [${low}, ${high}, ${interior}]: ${n < 0 ? "nothing would be left" : "expected integers, interior at least 0"}.`);
      }
      return n;
    });
    return avalOf(padded, dtype, weak && (value as Aval).weak);
  },
  linearIn: [0, 1],
  rules: {
    // To x the elements that it gave; to the value the sum of all others.
    transpose(ct: Tensor, [x, value], { config }) {
      const back = unpad(ct, (x as LinearVar | Tensor).aval.shape, config);
      return [isLinear(x) ? back : null, isLinear(value) ? sub(reduceSum(ct), reduceSum(back)) : null];
    },
    batch([x, value], [axis, valueAxis], { config }, axisSize) {
      const [operand, fill] = [x as Tensor, value as Tensor];
      if (valueAxis === null || valueAxis === undefined) {
        const b = axis as number;
        return [bind(padP, [operand, fill], { config: insertAt(config, b, [0, 0, 0]) }), b];
      }
      // Every example has its own value: pad with zeros and with a mask of where to put it.
      const b = axis ?? 0;
      const shape = axis === null || axis === undefined ? insertAt(operand.shape, 0, axisSize) : operand.shape;
      const batched = broadcastInDim(operand, shape, operand.shape.map((_, i) => i + shape.length - operand.ndim));
      const entries = insertAt(config, b, [0, 0, 0] as PadEntry);
      const padded = bind(padP, [batched, fullOf(avalOf([], fill.dtype, fill.aval.weak), 0)], { config: entries });
      const inside = pad(full(shape, true), false, entries);
      return [select(inside, padded, broadcastInDim(fill, padded.shape, [b])), b];
    },
  },
});

// The length of an axis of d elements with `interior` ones between any two.
const spread = (d: number, interior: number): number => (d === 0 ? 0 : d + (d - 1) * interior);

// The elements that padding a `shape` put into y; zeros for those that it took away.
function unpad(y: Tensor, shape: readonly number[], config: readonly PadEntry[]): Tensor {
  const restored = pad(y, 0, config.map(([low, high]): PadEntry => [Math.max(-low, 0), Math.max(-high, 0), 0]));
  const start = config.map(([low]) => Math.max(low, 0));
  const limit = shape.map((d, i) => (start[i] as number) + spread(d, (config[i] as PadEntry)[2]));
  return slice(restored, start, limit, config.map(([, , interior]) => interior + 1));
}

/**
 * The elements from `start` up to, not including, `limit` along each axis, every one unless `strides` are given.
 * Indices count from 0; use take for negative ones. @throws ShapeError
 * @example slice(array([0, 1, 2, 3, 4]), [1], [5], [2]) // [1, 3]
 */
export function slice(x: TensorLike, start: readonly number[], limit: readonly number[], strides?: readonly number[]): Tensor {
  const t = toTensor(x, "slice");
  const [from, to] = [asList(start, "slice: start"), asList(limit, "slice: limit")];
  const steps = strides === undefined ? t.shape.map(() => 1) : asList(strides, "slice: strides");
  const whole = from.length === t.ndim && to.length === t.ndim && steps.length === t.ndim && t.shape.every((d, i) => from[i] === 0 && to[i] === d && steps[i] === 1);
  return whole ? t : bind(sliceP, [t], { start, limit, strides: steps });
}

/** `slice` along one axis alone. @throws ShapeError */
export function sliceAlong(x: Tensor, axis: number, start: number, limit: number, stride = 1): Tensor {
  const along = (of: (d: number) => number, at: number): number[] => x.shape.map((d, i) => (i === axis ? at : of(d)));
  return slice(x, along(() => 0, start), along((d) => d, limit), along(() => 1, stride));
}

/**
 * Adds `low` copies of a 0-d value before each axis, `high` after it and `interior` between its elements, by one entry
 * [low, high, interior?] per axis; negative low and high take elements away. x and value are promoted.
 * @throws ShapeError
 * @example pad(array([1, 2]), 0, [[1, 0, 1]]) // [0, 1, 0, 2]
 */
export function pad(x: TensorLike, value: TensorLike, config: readonly (readonly [number, number] | PadEntry)[]): Tensor {
  const [t, fill] = promoted([x, value], "pad") as [Tensor, Tensor];
  const entries = asList(config, "pad: the config").map((entry): PadEntry => {
    const [low, high, interior] = asList(entry, "pad: an entry of the config") as readonly [number, number, number?];
    return [low, high, interior ?? 0];
  });
  const same = entries.length === t.ndim && entries.every((e) => e.every((n) => n === 0));
  return same ? t : bind(padP, [t, fill], { config: entries });
}
