// The structural primitives that handlers themselves perform, first half: those about shape and dtype. Their rules apply
// primitives directly; nothing here promotes or broadcasts by itself.

import { asList } from "./arguments.js";
import { type Aval, avalOf, normalizeAxes, type Shape } from "./aval.js";
import { opaqueTensor, performBelow } from "./bind.js";
import type { DType } from "./dtype.js";
import { DTypeError, ShapeError } from "./errors.js";
import { scalarTensor, type TensorLike, toTensor } from "./host.js";
import type { LinearVar } from "./linear-var.js";
import { definePrimitive, type Primitive } from "./primitive.js";
import { add } from "./scalar.js";
import type { Tensor } from "./tensor.js";

const one = (p: Primitive<any, any>, x: Tensor, params: unknown): Tensor => performBelow(p, [x], params)[0] as Tensor;

export interface FullParams {
  shape: Shape;
  dtype: DType;
  weak: boolean;
  value: number;
}

/** An array of one value. */
export const fullP: Primitive<FullParams> = /* @__PURE__ */ definePrimitive<FullParams>("full", {
  abstractEval: (_avals, { shape, dtype, weak }) => avalOf(shape, dtype, weak),
  fill: ({ value }) => value,
});

export interface BroadcastParams {
  shape: Shape;
  /** For each axis of the operand, the axis of the result that it becomes. */
  axes: readonly number[];
}

/** Copies along new axes, and along axes of length 1. Transposes to a sum. */
export const broadcastP: Primitive<BroadcastParams> = /* @__PURE__ */ definePrimitive<BroadcastParams>("broadcast", {
  abstractEval([x], { shape, axes }) {
    const { shape: from, dtype, weak } = x as Aval;
    if (axes.length !== from.length || from.some((d, i) => d !== 1 && d !== shape[axes[i] as number]) || axes.some((a, i) => i > 0 && a <= (axes[i - 1] as number))) {
      throw new ShapeError(`broadcast: ${x} does not broadcast to [${shape}] along axes [${axes}].`);
    }
    return avalOf(shape, dtype, weak);
  },
  view: ({ shape: from, strides, offset }, { shape, axes }) => ({
    strides: shape.map((d, k) => (axes.includes(k) && from[axes.indexOf(k)] === d ? (strides[axes.indexOf(k)] as number) : 0)),
    offset,
  }),
  linearIn: [0],
  rules: {
    transpose(ct: Tensor, [x], { shape, axes }) {
      const to = (x as LinearVar).aval.shape;
      const summed = shape.flatMap((d, i) => (axes.includes(i) && (to[axes.indexOf(i)] === d) ? [] : [i]));
      return [reshape(reduceSum(ct, summed), to)];
    },
    batch([x], [axis], { shape, axes }, axisSize) {
      const moved = moveAxis(x as Tensor, axis as number, 0);
      return [one(broadcastP, moved, { shape: [axisSize, ...shape], axes: [0, ...axes.map((a) => a + 1)] }), 0];
    },
  },
});

export interface AxesParams {
  axes: readonly number[];
}

/** The sum over axes. Transposes to a broadcast. */
export const reduceSumP: Primitive<AxesParams> = /* @__PURE__ */ definePrimitive<AxesParams>("reduce_sum", {
  abstractEval([x], { axes }) {
    const { shape, dtype, weak } = x as Aval;
    if (dtype === "bool" || dtype === "float0") {
      throw new DTypeError(`reduce_sum: ${x} holds no numbers.${dtype === "bool" ? ' Count booleans as integers: cast(x, "int32").' : ""}`);
    }
    return avalOf(without(shape, axes), dtype, weak);
  },
  reduce: { combine: add, init: () => 0 },
  linearIn: [0],
  rules: {
    transpose(ct: Tensor, [x], { axes }) {
      const { shape } = (x as LinearVar).aval;
      const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i));
      return [one(broadcastP, ct, { shape, axes: kept })];
    },
    batch([x], [axis], { axes }) {
      const b = axis as number;
      const shifted = axes.map((a) => (a >= b ? a + 1 : a));
      return [one(reduceSumP, x as Tensor, { axes: shifted }), b - shifted.filter((a) => a < b).length];
    },
  },
});

export interface ShapeParams {
  shape: Shape;
}

/** The same elements in row-major order under another shape. */
export const reshapeP: Primitive<ShapeParams> = /* @__PURE__ */ definePrimitive<ShapeParams>("reshape", {
  abstractEval([x], { shape }) {
    const out = avalOf(shape, (x as Aval).dtype, (x as Aval).weak);
    if (out.size !== (x as Aval).size) {
      throw new ShapeError(`reshape: ${x} has ${(x as Aval).size} elements, which do not fill the shape [${shape}] of ${out.size}.`);
    }
    return out;
  },
  // Row-major elements stay row-major, and axes of length 1 come and go anywhere; else the elements have to move.
  view({ shape: from, strides, offset }, { shape }) {
    if (rowMajor(from).every((n, i) => n === strides[i] || from[i] === 1)) return { strides: rowMajor(shape), offset };
    const kept = strides.filter((_, i) => from[i] !== 1);
    if (from.filter((d) => d !== 1).join() !== shape.filter((d) => d !== 1).join()) return undefined;
    let next = 0;
    return { strides: shape.map((d) => (d === 1 ? 0 : (kept[next++] as number))), offset };
  },
  linearIn: [0],
  rules: {
    transpose: (ct: Tensor, [x]) => [reshape(ct, (x as LinearVar).aval.shape)],
    batch: ([x], [axis], { shape }, axisSize) => [reshape(moveAxis(x as Tensor, axis as number, 0), [axisSize, ...shape]), 0],
  },
});

export interface TransposeParams {
  /** Axis i of the result is axis perm[i] of the operand. */
  perm: readonly number[];
}

/** A permutation of the axes. */
export const transposeP: Primitive<TransposeParams> = /* @__PURE__ */ definePrimitive<TransposeParams>("transpose", {
  abstractEval([x], { perm }) {
    const { shape, dtype, weak } = x as Aval;
    if (perm.length !== shape.length || !shape.every((_, i) => perm.includes(i))) {
      throw new ShapeError(`transpose: [${perm}] is not a permutation of the ${shape.length} axes of ${x}.`);
    }
    return avalOf(perm.map((i) => shape[i] as number), dtype, weak);
  },
  view: ({ strides, offset }, { perm }) => ({ strides: perm.map((i) => strides[i] as number), offset }),
  linearIn: [0],
  rules: {
    transpose: (ct: Tensor, _args, { perm }) => [transpose(ct, perm.map((_, i) => perm.indexOf(i)))],
    batch: ([x], [axis], { perm }) => [
      transpose(x as Tensor, [axis as number, ...perm.map((i) => (i >= (axis as number) ? i + 1 : i))]),
      0,
    ],
  },
});

/** The strides of an array in row-major order, in elements. */
export function rowMajor(shape: Shape): number[] {
  const strides: number[] = [];
  for (let i = shape.length - 1, n = 1; i >= 0; n *= shape[i--] as number) strides[i] = n;
  return strides;
}

const without = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i));

/** An array of one value: float32 unless a dtype is given. */
export function full(shape: Shape, value: number | boolean, dtype?: DType): Tensor {
  const type = dtype ?? (typeof value === "boolean" ? "bool" : "float32");
  return fullOf(avalOf(shape, type), Number(value));
}

/** An array of one value with a given aval. */
export const fullOf = (aval: Aval, value: number): Tensor =>
  aval.dtype === "float0"
    ? opaqueTensor(aval)
    : aval.ndim === 0
    ? scalarTensor(value, aval)
    : (performBelow(fullP, [], { shape: aval.shape, dtype: aval.dtype, weak: aval.weak, value })[0] as Tensor);

/** Repeats `x` along new leading axes and axes of length 1, by NumPy's rule. @throws ShapeError */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const t = toTensor(x, "broadcastTo");
  if (sameShape(t.shape, asList(shape, "broadcastTo: the shape"))) return t;
  const offset = shape.length - t.ndim;
  if (offset < 0) throw new ShapeError(`broadcastTo: ${t.aval} has more axes than the shape [${shape}].`);
  return one(broadcastP, t, { shape, axes: t.shape.map((_, i) => i + offset) });
}

/** Repeats `x` so that its axis i becomes axis `axes[i]` of the result. @throws ShapeError */
export const broadcastInDim = (x: Tensor, shape: Shape, axes: readonly number[]): Tensor =>
  sameShape(x.shape, shape) ? x : one(broadcastP, x, { shape, axes });

/** The sum over `axes`, all of them unless given. @throws ShapeError @throws DTypeError for booleans */
export function reduceSum(x: TensorLike, axes?: number | readonly number[] | null): Tensor {
  const t = toTensor(x, "reduceSum");
  const list = normalizeAxes(axes, t.ndim, "reduceSum");
  return list.length === 0 && t.dtype !== "bool" ? t : one(reduceSumP, t, { axes: list });
}

/** The same elements under another shape; one dimension may be −1, for what remains. @throws ShapeError */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const t = toTensor(x, "reshape");
  const known = asList(shape, "reshape: the shape").reduce((n, d) => (d === -1 ? n : n * d), 1);
  const to = shape.includes(-1) ? shape.map((d) => (d === -1 ? t.size / known : d)) : shape;
  return sameShape(t.shape, to) ? t : one(reshapeP, t, { shape: to });
}

/** The axes in another order, reversed unless `perm` is given: axis i of the result is axis perm[i] of x. @throws ShapeError */
export function transpose(x: TensorLike, perm?: readonly number[] | null): Tensor {
  const t = toTensor(x, "transpose");
  const p = perm === undefined || perm === null ? t.shape.map((_, i) => t.ndim - 1 - i) : asList(perm, "transpose: the permutation").map((a) => (a < 0 ? a + t.ndim : a));
  return p.length === t.ndim && p.every((a, i) => a === i) ? t : one(transposeP, t, { perm: p });
}

/** Moves one axis to another place, the others keeping their order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x;
  const perm = x.shape.map((_, i) => i).filter((i) => i !== from);
  perm.splice(to, 0, from);
  return one(transposeP, x, { perm });
}

const sameShape = (a: Shape, b: Shape): boolean => a === b || (a.length === b.length && a.every((d, i) => d === b[i]));
