// Products of arrays summed over shared axes: matrix products of any layout.

import {
  ArgumentError,
  asList,
  type Aval,
  avalOf,
  bind,
  definePrimitive,
  DTypeError,
  isLinear,
  type LinearVar,
  normalizeAxis,
  type Primitive,
  ShapeError,
  type Tensor,
  type TensorLike,
  transpose,
} from "@gradus/core";
import { shiftAxes } from "./batch-axis.js";
import { promoted } from "./promotion.js";

/** Axes of the left and of the right operand that belong together, pairwise. */
export type AxisPairs = readonly [left: readonly number[], right: readonly number[]];

export interface DotGeneralParams {
  /** Axes summed over. */
  contract: AxisPairs;
  /** Axes that both operands keep in common. */
  batch: AxisPairs;
}

/** Σ a·b over the contracted axes. The result has the batch axes, then the free axes of a, then those of b. */
export const dotGeneralP: Primitive<DotGeneralParams> = /* @__PURE__ */ definePrimitive<DotGeneralParams>("dot_general", {
  abstractEval([a, b], params) {
    const [x, y] = [a as Aval, b as Aval];
    if (x.dtype !== y.dtype || x.dtype === "bool" || x.dtype === "float0") {
      throw new DTypeError(`dot_general: ${x.toString()} and ${y.toString()} must be numbers of one dtype: use cast.`);
    }
    const { contract, batch } = params;
    checkPairs(x, y, contract, "contract");
    checkPairs(x, y, batch, "batch");
    const [freeX, freeY] = freeAxes(x.ndim, y.ndim, params);
    const sizes = (shape: readonly number[], axes: readonly number[]): number[] => axes.map((i) => shape[i] as number);
    return avalOf([...sizes(x.shape, batch[0]), ...sizes(x.shape, freeX), ...sizes(y.shape, freeY)], x.dtype, x.weak && y.weak);
  },
  multilinearIn: [0, 1],
  rules: {
    transpose(ct: Tensor, [a, b], { contract: [ca, cb], batch: [ba, bb] }) {
      if (isLinear(a)) return [transposeLeft(ct, a, b as Tensor, { contract: [ca, cb], batch: [ba, bb] }, false), null];
      return [null, transposeLeft(ct, b as LinearVar, a as Tensor, { contract: [cb, ca], batch: [bb, ba] }, true)];
    },
    batch([a, b], [axisA, axisB], { contract, batch }) {
      const [x, y] = [a as Tensor, b as Tensor];
      const shift = (pairs: AxisPairs): AxisPairs => [shift1(pairs[0], axisA), shift1(pairs[1], axisB)];
      const moved: DotGeneralParams = { contract: shift(contract), batch: shift(batch) };
      if (typeof axisA === "number" && typeof axisB === "number") {
        const both: AxisPairs = [
          [axisA, ...moved.batch[0]],
          [axisB, ...moved.batch[1]],
        ];
        return [bind(dotGeneralP, [x, y], { contract: moved.contract, batch: both }), 0];
      }
      // The batch axis of one operand alone is a free axis of it.
      const [freeX, freeY] = freeAxes(x.ndim, y.ndim, moved);
      const place = typeof axisA === "number" ? freeX.indexOf(axisA) : freeX.length + freeY.indexOf(axisB as number);
      return [bind(dotGeneralP, [x, y], moved), batch[0].length + place];
    },
  },
});

const shift1 = (axes: readonly number[], axis: number | null | undefined): readonly number[] => (typeof axis === "number" ? shiftAxes(axes, axis) : axes);

function freeAxes(nx: number, ny: number, { contract, batch }: DotGeneralParams): [number[], number[]] {
  const free = (n: number, side: 0 | 1): number[] => Array.from({ length: n }, (_, i) => i).filter((i) => !contract[side].includes(i) && !batch[side].includes(i));
  return [free(nx, 0), free(ny, 1)];
}

// With c = a·b: ct·b over the free axes of b gives the batch, free and contracted axes of a, in that order. `swapped` says
// that the linear operand is the right one, so that its free axes come last in ct.
function transposeLeft(ct: Tensor, x: LinearVar, y: Tensor, params: DotGeneralParams, swapped: boolean): Tensor {
  const { contract, batch } = params;
  const [freeX, freeY] = freeAxes(x.aval.ndim, y.ndim, params);
  const nb = batch[0].length;
  const range = (start: number, n: number): number[] => Array.from({ length: n }, (_, i) => start + i);
  const inCt = swapped ? range(nb, freeY.length) : range(nb + freeX.length, freeY.length);
  const product = bind(dotGeneralP, [ct, y], { contract: [inCt, freeY], batch: [range(0, nb), batch[1]] });
  // The product's last axes are the contracted ones of y, in the order of y.
  const byY = contract[1].map((_, i) => i).sort((i, j) => (contract[1][i] as number) - (contract[1][j] as number));
  const order = [...batch[0], ...freeX, ...byY.map((i) => contract[0][i] as number)];
  return transpose(product, order.map((_, i) => order.indexOf(i)));
}

function checkPairs(x: Aval, y: Aval, [left, right]: AxisPairs, name: string): void {
  if (left.length !== right.length) {
    throw new ShapeError(`dot_general: ${name} pairs the axes [${left}] with [${right}], and needs as many of either.`);
  }
  left.forEach((i, k) => {
    const j = right[k] as number;
    const [m, n] = [x.shape[normalizeAxis(i, x.ndim, "dot_general")], y.shape[normalizeAxis(j, y.ndim, "dot_general")]];
    if (m !== n) {
      throw new ShapeError(`dot_general: axis ${i} of ${x.toString()} has length ${m}, and axis ${j} of ${y.toString()}, its ${name} partner, ${n}.`);
    }
  });
}

export interface DotGeneralOptions {
  /** Axes of a and of b to sum over, pairwise. */
  readonly contract: AxisPairs;
  /** Axes of a and of b to keep in common, pairwise. */
  readonly batch?: AxisPairs;
}

/**
 * Σ a·b over the contracted axes, promoted to one dtype. The result has the batch axes, then the free axes of a, then those
 * of b. Source: XLA, DotGeneral, https://openxla.org/xla/operation_semantics#dotgeneral
 * @throws ShapeError where paired axes differ in length @throws DTypeError for booleans
 * @example dotGeneral(a, b, { contract: [[1], [0]] }) // the matrix product of f32[2,3] and f32[3,4]: f32[2,4]
 */
export function dotGeneral(a: TensorLike, b: TensorLike, options: DotGeneralOptions): Tensor {
  const [x, y] = promoted([a, b], "dotGeneral") as [Tensor, Tensor];
  const { contract, batch = [[], []] } = options ?? {};
  const normalized = (pairs: AxisPairs, name: string): AxisPairs => {
    if (!Array.isArray(pairs) || pairs.length !== 2) throw new ArgumentError(`dotGeneral: ${name} has to be two lists of axes, [[of a], [of b]], as contract: [[1], [0]] for the matrix product.`);
    const axes = (side: 0 | 1, ndim: number): number[] => asList(pairs[side] as readonly number[], `dotGeneral: a side of ${name}`).map((i) => normalizeAxis(i, ndim, "dotGeneral"));
    return [axes(0, x.ndim), axes(1, y.ndim)];
  };
  const params = { contract: normalized(contract as AxisPairs, "contract"), batch: normalized(batch, "batch") };
  for (const side of [0, 1] as const) {
    const used = [...params.contract[side], ...params.batch[side]];
    if (new Set(used).size !== used.length) throw new ShapeError(`dotGeneral: contract and batch name one axis of the ${side === 0 ? "left" : "right"} operand twice.`);
  }
  return bind(dotGeneralP, [x, y], params);
}
