// Slices whose start is computed, with static sizes. A start is clamped so that the slice fits, as in lax: the slice then
// comes from, and its gradient goes to, where it was really taken.

import {
  asList,
  add,
  array,
  type Aval,
  avalOf,
  bind,
  definePrimitive,
  DTypeError,
  isLinear,
  type LinearVar,
  type Primitive,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  toTensor,
  zerosOf,
} from "@gradus/core";
import { concatenate, iota, stack } from "./arrangement.js";
import { alignBatch } from "./batch-axis.js";
import { clamp } from "./extrema.js";
import { indexTensor } from "./index-vectors.js";
import { gather } from "./indexing.js";
import { promoted } from "./promotion.js";
import { scatter } from "./scattering.js";

export interface DynamicSliceParams {
  sizes: Shape;
}

/** dynamic_slice(x, start): the elements from `start`, int32 of one entry per axis, on. */
export const dynamicSliceP: Primitive<DynamicSliceParams> = /* @__PURE__ */ definePrimitive<DynamicSliceParams>("dynamic_slice", {
  abstractEval([x, start], { sizes }) {
    const { dtype, weak } = x as Aval;
    checkStart(x as Aval, start as Aval, sizes, "dynamic_slice");
    return avalOf(sizes, dtype, weak);
  },
  linearIn: [0],
  decompose: ([x, start], { sizes }) => gather(x as Tensor, places(x as Tensor, start as Tensor, sizes)),
  rules: {
    // The cotangent goes back to where the slice was taken, zeros elsewhere.
    transpose: (ct: Tensor, [x, start]) => [bind(dynamicUpdateSliceP, [zerosOf((x as LinearVar).aval), ct, start as Tensor]), null],
    batch(args, [axisX, axisStart], { sizes }, axisSize, run) {
      if (axisStart === null) {
        const x = alignBatch(args[0] as Tensor, axisX as number, 0, axisSize);
        return [bind(dynamicSliceP, [x, withZero(args[1] as Tensor)], { sizes: [axisSize, ...sizes] }), 0];
      }
      const [outs, axes] = run(([x, start]) => [gather(x as Tensor, places(x as Tensor, start as Tensor, sizes))], args, [axisX ?? null, axisStart ?? null], axisSize);
      return [outs[0] as Tensor, axes[0] ?? null];
    },
  },
});

/** dynamic_update_slice(x, update, start): x with the update in place of its elements from `start` on. */
export const dynamicUpdateSliceP: Primitive = /* @__PURE__ */ definePrimitive("dynamic_update_slice", {
  abstractEval([x, update, start]) {
    const [t, u] = [x as Aval, update as Aval];
    checkStart(t, start as Aval, u.shape, "dynamic_update_slice");
    if (t.dtype !== u.dtype) throw new DTypeError(`dynamic_update_slice: ${t.toString()} and the update ${u.toString()} must have one dtype: use cast.`);
    return avalOf(t.shape, t.dtype, t.weak && u.weak);
  },
  linearIn: [0, 1],
  decompose: ([x, update, start]) => scatter(x as Tensor, places(x as Tensor, start as Tensor, (update as Tensor).shape), update as Tensor),
  rules: {
    // To x what was not replaced, to the update what replaced it.
    transpose(ct: Tensor, [x, update, start]) {
      const { aval } = update as Tensor | LinearVar;
      return [
        isLinear(x) ? bind(dynamicUpdateSliceP, [ct, zerosOf(aval), start as Tensor]) : null,
        isLinear(update) ? bind(dynamicSliceP, [ct, start as Tensor], { sizes: aval.shape }) : null,
        null,
      ];
    },
    batch(args, [axisX, axisU, axisStart], _params, axisSize, run) {
      const [x, update, start] = args as [Tensor, Tensor, Tensor];
      if (axisStart === null) {
        return [bind(dynamicUpdateSliceP, [alignBatch(x, axisX ?? null, 0, axisSize), alignBatch(update, axisU ?? null, 0, axisSize), withZero(start)]), 0];
      }
      const [outs, axes] = run(([t, u, i]) => [scatter(t as Tensor, places(t as Tensor, i as Tensor, (u as Tensor).shape), u as Tensor)], args, [axisX ?? null, axisU ?? null, axisStart ?? null], axisSize);
      return [outs[0] as Tensor, axes[0] ?? null];
    },
  },
});

function checkStart(x: Aval, start: Aval, sizes: Shape, name: string): void {
  if (start.dtype !== "int32" || start.ndim !== 1 || start.shape[0] !== x.ndim) {
    throw new ShapeError(`${name}: the start is ${start.toString()}, expected i32[${x.ndim}], one entry for each axis of ${x.toString()}.`);
  }
  if (sizes.length !== x.ndim || sizes.some((n, i) => !(Number.isInteger(n) && n >= 0 && n <= (x.shape[i] as number)))) {
    throw new ShapeError(`${name}: a slice of shape [${sizes}] does not fit into ${x.toString()}.`);
  }
}

// The start for a batch axis in front, which is taken whole.
const withZero = (start: Tensor): Tensor => concatenate([zerosOf(avalOf([1], "int32")), start]);

// The index vectors of all elements of a slice whose start is clamped.
function places(x: Tensor, start: Tensor, sizes: Shape): Tensor {
  if (x.ndim === 0) return zerosOf(avalOf([0], "int32"));
  const last = array(x.shape.map((d, i) => d - (sizes[i] as number)), { dtype: "int32" });
  return add(stack(sizes.map((_, axis) => iota(sizes, "int32", axis)), sizes.length), clamp(0, start, last));
}

/** Where a slice starts: an int32 tensor with an entry per axis, or a list of numbers and 0-d integers. */
export type Start = Tensor | readonly TensorLike[];

function startTensor(start: Start, what: string): Tensor {
  if (!Array.isArray(start)) return indexTensor(start as Tensor, what);
  return start.length === 0 ? zerosOf(avalOf([0], "int32")) : stack((start as readonly TensorLike[]).map((i) => indexTensor(i, what)));
}

/**
 * The slice of static `sizes` that begins at a computed start; the start is clamped to where the slice fits. Its entries count
 * from 0, negative ones too are clamped. @throws ShapeError @throws DTypeError unless the start is of integers
 * @example dynamicSlice(array([1, 2, 3, 4]), [9], [2]) // [3, 4]
 */
export function dynamicSlice(x: TensorLike, start: Start, sizes: Shape): Tensor {
  return bind(dynamicSliceP, [toTensor(x, "dynamicSlice"), startTensor(start, "dynamicSlice")], { sizes: asList(sizes, "dynamicSlice: the sizes") });
}

/**
 * `x` with `update` in place of the slice that begins at a computed start, clamped to where it fits; x and update are promoted.
 * @throws ShapeError @throws DTypeError unless the start is of integers
 * @example dynamicUpdateSlice(array([1, 2, 3, 4]), array([8, 9]), [1]) // [1, 8, 9, 4]
 */
export function dynamicUpdateSlice(x: TensorLike, update: TensorLike, start: Start): Tensor {
  const [t, u] = promoted([x, update], "dynamicUpdateSlice") as [Tensor, Tensor];
  return bind(dynamicUpdateSliceP, [t, u, startTensor(start, "dynamicUpdateSlice")]);
}
