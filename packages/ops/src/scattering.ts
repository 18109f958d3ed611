// Writing at computed positions, other than by adding: set, multiply, and the extrema. Params and shapes are those of gather.

import {
  add,
  avalOf,
  bind,
  definePrimitive,
  instantiate,
  isLinear,
  missingRule,
  mul,
  type Primitive,
  reshape,
  select,
  type Tensor,
  type TensorLike,
  Zero,
  zerosOf,
  zeroTangent,
} from "@gradus/core";
import { iota } from "./arrangement.js";
import { equal } from "./comparison.js";
import { indicator } from "./indicator.js";
import { batchedScatter, firstAxes, type IndexingOptions, type IndexingParams, indexTensor, scatteredAval } from "./index-vectors.js";
import { gatherP, scatterAddP } from "./indexing.js";
import { promoted } from "./promotion.js";
import { div } from "./quotient.js";

/** scatter(x, indices, updates): x with the updates in place of its elements; of several at one position the last one stays. */
export const scatterP: Primitive<IndexingParams> = /* @__PURE__ */ definePrimitive<IndexingParams>("scatter", {
  abstractEval: (avals, params) => scatteredAval(avals, params, "scatter", "any"),
  // Which update stays depends on the indices alone.
  linearIn: [0, 2],
  rules: {
    transpose(ct: Tensor, [x, indices, updates], params) {
      const i = indices as Tensor;
      return [
        isLinear(x) ? bind(scatterP, [ct, i, zerosOf((updates as Tensor).aval)], params) : null,
        null,
        isLinear(updates) ? select(stays(ct, i, updates.aval.shape, params), bind(gatherP, [ct, i], params), 0) : null,
      ];
    },
    batch: (args, axes, params, axisSize) => batchedScatter(scatterP, args, axes, params, axisSize),
  },
});

// Whether an update is the one that stays: numbers are scattered in its place, and read back.
function stays(x: Tensor, indices: Tensor, shape: readonly number[], params: IndexingParams): Tensor {
  const count = shape.reduce((n, d) => n * d, 1);
  const numbers = add(reshape(iota(count), shape), 1); // 0 is read where an update was dropped
  const written = bind(scatterP, [zerosOf(avalOf(x.shape, "int32")), indices, numbers], params);
  return equal(bind(gatherP, [written, indices], params), numbers);
}

export interface ScatterMulParams extends IndexingParams {
  /** No position is written twice: what derivatives by the updates need. */
  unique: boolean;
}

/** scatter_mul(x, indices, updates): x with its elements multiplied by the updates. */
export const scatterMulP: Primitive<ScatterMulParams> = /* @__PURE__ */ definePrimitive<ScatterMulParams>("scatter_mul", {
  abstractEval: (avals, params) => scatteredAval(avals, params, "scatter_mul", "number"),
  linearIn: [0],
  rules: {
    // d(x·u) = u dx + x du at the positions written to; at others dx
    jvp([x, indices, updates], [dx, , du], params) {
      const [t, i, u] = [x as Tensor, indices as Tensor, updates as Tensor];
      const out = bind(scatterMulP, [t, i, u], params);
      const first = dx instanceof Zero ? dx : bind(scatterMulP, [dx as Tensor, i, u], params);
      if (du instanceof Zero) return [out, first];
      if (!params.unique) throw missingRule(scatterMulP, "differentiation by the updates where positions may repeat (unique: true says that none does)", "jvp", [t, i, u]);
      const second = mul(t, bind(scatterAddP, [zerosOf(t.aval), i, du as Tensor], params));
      return [out, first instanceof Zero ? second : add(first, second)];
    },
    transpose: (ct: Tensor, [, indices, updates], params) => [bind(scatterMulP, [ct, indices as Tensor, updates as Tensor], params), null, null],
    batch: (args, axes, params, axisSize) => batchedScatter(scatterMulP, args, axes, params, axisSize),
  },
});

/** scatter_max(x, indices, updates): the greater of elements of x and the updates there. */
export const scatterMaxP: Primitive<IndexingParams> = /* @__PURE__ */ definePrimitive<IndexingParams>("scatter_max", {
  abstractEval: (avals, params) => scatteredAval(avals, params, "scatter_max", "number"),
  rules: {
    jvp: (args, tangents, params) => extremumJvp(scatterMaxP, args, tangents, params),
    batch: (args, axes, params, axisSize) => batchedScatter(scatterMaxP, args, axes, params, axisSize),
  },
});

/** scatter_min(x, indices, updates): the lesser of elements of x and the updates there. */
export const scatterMinP: Primitive<IndexingParams> = /* @__PURE__ */ definePrimitive<IndexingParams>("scatter_min", {
  abstractEval: (avals, params) => scatteredAval(avals, params, "scatter_min", "number"),
  rules: {
    jvp: (args, tangents, params) => extremumJvp(scatterMinP, args, tangents, params),
    batch: (args, axes, params, axisSize) => batchedScatter(scatterMinP, args, axes, params, axisSize),
  },
});

// d max = Σ of the tangents of the k elements, of x and of the updates at a position, that equal it, divided by k
function extremumJvp(p: Primitive<IndexingParams>, args: Tensor[], [dx, , du]: (Tensor | Zero)[], params: IndexingParams): [Tensor, Tensor | Zero] {
  const [x, i, u] = args as [Tensor, Tensor, Tensor];
  const out = bind(p, args, params);
  if (dx instanceof Zero && du instanceof Zero) return [out, zeroTangent(out.aval)];
  const own = indicator(equal(x, out), x);
  const theirs = indicator(equal(u, bind(gatherP, [out, i], params)), u);
  const sum = (from: Tensor, updates: Tensor): Tensor => bind(scatterAddP, [from, i, updates], params);
  const tangent = sum(mul(own, instantiate(dx as Tensor | Zero)), mul(theirs, instantiate(du as Tensor | Zero)));
  return [out, div(tangent, sum(own, theirs))];
}

function scattered(p: Primitive<any>, x: TensorLike, indices: TensorLike, updates: TensorLike, { axes, batchDims = 0, mode = "drop" }: IndexingOptions, more: object = {}): Tensor {
  const [t, u] = promoted([x, updates], p.name) as [Tensor, Tensor];
  const i = indexTensor(indices, p.name);
  return bind(p, [t, i, u], { axes: axes ?? firstAxes(i, batchDims), batchDims, mode, ...more }) as Tensor;
}

/**
 * `x` with updates in place of its elements at index vectors; out of range they are dropped. Of several updates at one position
 * the last one stays, and the gradient goes to it alone. The updates have the shape that gather gives.
 * @throws ShapeError @throws DTypeError
 * @example scatter(array([1, 2, 3]), array([[1]], { dtype: "int32" }), array([9])) // [1, 9, 3]
 */
export function scatter(x: TensorLike, indices: TensorLike, updates: TensorLike, options: IndexingOptions = {}): Tensor {
  return scattered(scatterP, x, indices, updates, options);
}

export interface ScatterMulOptions extends IndexingOptions {
  /** Says that no position is written twice. Derivatives by the updates exist only then. */
  readonly unique?: boolean;
}

/**
 * `x` with its elements at index vectors multiplied by updates, by all of them where positions repeat; out of range they are
 * dropped. The derivative by the updates needs `unique: true`, and is a MissingRuleError otherwise. @throws ShapeError @throws DTypeError
 */
export function scatterMul(x: TensorLike, indices: TensorLike, updates: TensorLike, { unique = false, ...options }: ScatterMulOptions = {}): Tensor {
  return scattered(scatterMulP, x, indices, updates, options, { unique });
}

/**
 * The greater of the elements of `x` and the updates at index vectors; out of range they are dropped. At a tie the derivative is
 * shared equally. @throws ShapeError @throws DTypeError
 */
export function scatterMax(x: TensorLike, indices: TensorLike, updates: TensorLike, options: IndexingOptions = {}): Tensor {
  return scattered(scatterMaxP, x, indices, updates, options);
}

/**
 * The lesser of the elements of `x` and the updates at index vectors; out of range they are dropped. At a tie the derivative is
 * shared equally. @throws ShapeError @throws DTypeError
 */
export function scatterMin(x: TensorLike, indices: TensorLike, updates: TensorLike, options: IndexingOptions = {}): Tensor {
  return scattered(scatterMinP, x, indices, updates, options);
}
