// Writing at computed positions, other than by adding: set, multiply, and the extrema. Params and shapes are those of gather.

import {
  add,
  type Aval,
  avalOf,
  bind,
  broadcastTo,
  definePrimitive,
  isLinear,
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
import { equal, notEqual } from "./comparison.js";
import { indicator } from "./indicator.js";
import { batchedScatter, type IndexingParams, indexTensor, scatteredAval, type ScatterOptions, scatterParams } from "./index-vectors.js";
import { gatherP, scatterAddP } from "./indexing.js";
import { and } from "./logic.js";
import { promoted } from "./promotion.js";
import { div } from "./quotient.js";
import { reduceProd } from "./reductions.js";

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
        isLinear(updates) ? select(stays(ct, i, updates.aval.shape, params), bind(gatherP, [ct, i], { ...params, fillValue: 0 }), 0) : null,
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
  return equal(bind(gatherP, [written, indices], { ...params, fillValue: 0 }), numbers);
}

export interface ScatterMulParams extends IndexingParams {
  /** No position is written twice: what the transpose in the updates needs. */
  unique: boolean;
}

/** scatter_mul(x, indices, updates): x with its elements multiplied by the updates. */
export const scatterMulP: Primitive<ScatterMulParams> = /* @__PURE__ */ definePrimitive<ScatterMulParams>("scatter_mul", {
  abstractEval: (avals, params) => scatteredAval(avals, params, "scatter_mul", "number"),
  linearIn: [0],
  rules: {
    // d(x·Πu) = Πu dx + Σⱼ (x·Π of the others) duⱼ at the positions written to; at others dx
    jvp([x, indices, updates], [dx, , du], params) {
      const [t, i, u] = [x as Tensor, indices as Tensor, updates as Tensor];
      const out = bind(scatterMulP, [t, i, u], params);
      const first = dx instanceof Zero ? dx : bind(scatterMulP, [dx as Tensor, i, u], params);
      if (du instanceof Zero) return [out, first];
      const { dimensionNumbers, sliceSizes, mode } = params;
      const second = params.unique
        ? mul(t, bind(scatterAddP, [zerosOf(t.aval), i, du as Tensor], { dimensionNumbers, sliceSizes, mode }))
        : bind(scatterMulTangentP, [t, i, u, du as Tensor], { dimensionNumbers, sliceSizes, mode });
      return [out, first instanceof Zero ? second : add(first, second)];
    },
    transpose: (ct: Tensor, [, indices, updates], params) => [bind(scatterMulP, [ct, indices as Tensor, updates as Tensor], params), null, null],
    batch: (args, axes, params, axisSize) => batchedScatter(scatterMulP, args, axes, params, axisSize),
  },
});

/** scatter_mul_tangent(x, indices, updates, du): Σⱼ duⱼ·(x·Π of the other updates at the position). Its transpose is missing, as in JAX. */
export const scatterMulTangentP: Primitive<IndexingParams> = /* @__PURE__ */ definePrimitive<IndexingParams>("scatter_mul_tangent", {
  abstractEval([x, indices, updates, tangents], params) {
    const out = scatteredAval([x as Aval, indices as Aval, updates as Aval], params, "scatter_mul_tangent", "number");
    scatteredAval([x as Aval, indices as Aval, tangents as Aval], params, "scatter_mul_tangent", "number");
    return out;
  },
  linearIn: [3],
  rules: {
    jvp(args, tangents, params, run) {
      const [, douts] = run(([t, i, u, du]) => [productTangent(t as Tensor, i as Tensor, u as Tensor, du as Tensor, params)], args, tangents);
      return [bind(scatterMulTangentP, args, params), douts[0] as Tensor | Zero];
    },
    batch: (args, axes, params, axisSize) => batchedScatter(scatterMulTangentP, args, axes, params, axisSize),
  },
});

// By comparing every position with every other one: n² comparisons of n updates, which derivatives of higher order alone need.
function productTangent(x: Tensor, i: Tensor, u: Tensor, du: Tensor, params: IndexingParams): Tensor {
  const n = u.size;
  const at = reshape(bind(gatherP, [reshape(iota(x.size), x.shape), i], { ...params, fillValue: -1 }), [n]);
  const row = (v: Tensor): Tensor => broadcastTo(reshape(v, [1, n]), [n, n]);
  const isOther = and(equal(row(at), reshape(at, [n, 1])), notEqual(iota([n, n], "int32", 0), iota([n, n], "int32", 1)));
  const others = reduceProd(select(isOther, row(reshape(u, [n])), 1), [1]);
  const factors = mul(reshape(others, u.shape), bind(gatherP, [x, i], { ...params, fillValue: 0 }));
  return bind(scatterAddP, [zerosOf(x.aval), i, mul(factors, du)], params);
}

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
  const theirs = indicator(equal(u, bind(gatherP, [out, i], { ...params, fillValue: 0 })), u);
  const sum = (from: Tensor, updates: Tensor): Tensor => bind(scatterAddP, [from, i, updates], params);
  const first = dx instanceof Zero ? zerosOf(x.aval) : mul(own, dx as Tensor);
  const tangent = du instanceof Zero ? first : sum(first, mul(theirs, du as Tensor));
  return [out, div(tangent, sum(own, theirs))];
}

function scattered(p: Primitive<any>, x: TensorLike, indices: TensorLike, updates: TensorLike, options: ScatterOptions, more: object = {}): Tensor {
  const [t, u] = promoted([x, updates], p.name) as [Tensor, Tensor];
  const i = indexTensor(indices, p.name);
  return bind(p, [t, i, u], { ...scatterParams(t, i, u, options, p.name), ...more }) as Tensor;
}

/**
 * `x` with updates in place of its elements at index vectors; out of range they are dropped. Of several updates at one position
 * the last one stays, and the gradient goes to it alone. The updates have the shape that gather gives.
 * @throws ShapeError @throws DTypeError
 * @example scatter(array([1, 2, 3]), array([[1]], { dtype: "int32" }), array([9])) // [1, 9, 3]
 */
export function scatter(x: TensorLike, indices: TensorLike, updates: TensorLike, options: ScatterOptions = {}): Tensor {
  return scattered(scatterP, x, indices, updates, options);
}

export interface ScatterMulOptions extends ScatterOptions {
  /** The same as `uniqueIndices`: no position is written twice. */
  readonly unique?: boolean;
}

/**
 * `x` with its elements at index vectors multiplied by updates, by all of them where positions repeat; out of range they are
 * dropped. Reverse mode by the updates needs `uniqueIndices: true`, and is a MissingRuleError otherwise; forward mode does not.
 * @throws ShapeError @throws DTypeError
 */
export function scatterMul(x: TensorLike, indices: TensorLike, updates: TensorLike, { unique = false, uniqueIndices = unique, ...options }: ScatterMulOptions = {}): Tensor {
  return scattered(scatterMulP, x, indices, updates, options, { unique: uniqueIndices });
}

/**
 * The greater of the elements of `x` and the updates at index vectors; out of range they are dropped. At a tie the derivative is
 * shared equally. @throws ShapeError @throws DTypeError
 */
export function scatterMax(x: TensorLike, indices: TensorLike, updates: TensorLike, options: ScatterOptions = {}): Tensor {
  return scattered(scatterMaxP, x, indices, updates, options);
}

/**
 * The lesser of the elements of `x` and the updates at index vectors; out of range they are dropped. At a tie the derivative is
 * shared equally. @throws ShapeError @throws DTypeError
 */
export function scatterMin(x: TensorLike, indices: TensorLike, updates: TensorLike, options: ScatterOptions = {}): Tensor {
  return scattered(scatterMinP, x, indices, updates, options);
}
