// Lines that work along axes: reductions, cumulative ones, sorting, products of arrays, and indexing.

import { array, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at, indices, sizeOf, toHost } from "../host-array.js";
import { bounded } from "./elementwise.js";
import { axisOf, bool, type Choose, discrete, hasAxis, int, type Instruction, isBool, isFull, isInt, isNumber, isReal, type Kink, largest, list, real, reshaped, type Step, type Value } from "./value.js";

const without = (shape: readonly number[], axis: number): number[] => shape.filter((_, i) => i !== axis);

/** Differences of all pairs along an axis: where two are equal, their order changes. */
const gaps = (axis: number): Kink => ({
  at: "zero",
  distances(x) {
    const host = toHost(x!);
    const n = host.shape[axis]!;
    return indices(without(host.shape, axis)).flatMap((index) => {
      const line = Array.from({ length: n }, (_, k) => at(host, [...index.slice(0, axis), k, ...index.slice(axis)]));
      return line.flatMap((a, i) => line.slice(i + 1).map((b) => a - b));
    });
  },
});
const ordered = (x: Value, axis: number): { kink?: Kink } => (x.grid === null ? { kink: gaps(axis) } : {});

const sum: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v));
  if (x === undefined) return undefined;
  if (choose.below(3) === 0) return bounded({ operands: [x], result: real([], x.bound * Math.max(1, sizeOf(x.shape)), x.grid), text: `reduceSum(${x.name})`, apply: (v) => ops.reduceSum(v!) });
  const axis = axisOf(choose, x);
  return bounded({ operands: [x], result: real(without(x.shape, axis), x.bound * Math.max(1, x.shape[axis]!), x.grid), text: `reduceSum(${x.name}, ${axis})`, apply: (v) => ops.reduceSum(v!, axis) });
};

const product: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const axis = axisOf(choose, x);
  return bounded({ operands: [x], result: real(without(x.shape, axis), Math.max(1, x.bound ** x.shape[axis]!)), text: `reduceProd(${x.name}, ${axis})`, apply: (v) => ops.reduceProd(v!, axis) });
};

const extremum: Instruction = (choose) => {
  const x = discrete(choose, (v) => isNumber(v) && hasAxis(v) && isFull(v));
  if (x === undefined) return undefined;
  const axis = axisOf(choose, x);
  const k = choose.below(4);
  const [name, f] = ([["reduceMax", ops.reduceMax], ["reduceMin", ops.reduceMin], ["argmax", ops.argmax], ["argmin", ops.argmin]] as const)[k]!;
  const shape = without(x.shape, axis);
  return { operands: [x], result: k < 2 ? reshaped(x, shape) : int(shape, x.shape[axis]!), text: `${name}(${x.name}, ${axis})`, apply: (v) => f(v!, axis), ...ordered(x, axis) };
};

const logical: Instruction = (choose) => {
  const x = choose.value((v) => isBool(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const axis = axisOf(choose, x);
  const [name, f] = choose.below(2) === 0 ? (["reduceAnd", ops.reduceAnd] as const) : (["reduceOr", ops.reduceOr] as const);
  return { operands: [x], result: bool(without(x.shape, axis)), text: `${name}(${x.name}, ${axis})`, apply: (v) => f(v!, axis) };
};

const cumulative: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const axis = axisOf(choose, x);
  const n = x.shape[axis]!;
  const k = choose.below(4);
  const [name, f] = ([["cumsum", ops.cumsum], ["cumprod", ops.cumprod], ["cummax", ops.cummax], ["cummin", ops.cummin]] as const)[k]!;
  const result = k === 0 ? real(x.shape, x.bound * Math.max(n, 1), x.grid) : k === 1 ? real(x.shape, Math.max(x.bound, x.bound ** n)) : reshaped(x, x.shape);
  return bounded({ operands: [x], result, text: `${name}(${x.name}, ${axis})`, apply: (v) => f(v!, axis), ...(k > 1 ? ordered(x, axis) : {}) });
};

const sorting: Instruction = (choose) => {
  const x = discrete(choose, (v) => isNumber(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const last = x.shape.length - 1;
  const k = choose.below(3);
  const axis = k === 2 ? last : axisOf(choose, x);
  if (k === 0) return { operands: [x], result: reshaped(x, x.shape), text: `sort(${x.name}, ${axis})`, apply: (v) => ops.sort(v!, axis), ...ordered(x, axis) };
  if (k === 1) return { operands: [x], result: int(x.shape, x.shape[axis]!), text: `argsort(${x.name}, ${axis})`, apply: (v) => ops.argsort(v!, axis), ...ordered(x, axis) };
  const n = Math.min(2, x.shape[axis]!);
  return { operands: [x], result: reshaped(x, [...x.shape.slice(0, -1), n]), text: `topK(${x.name}, ${n})[0]`, apply: (v) => ops.topK(v!, n)[0], ...ordered(x, axis) };
};

const dot: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v));
  const y = x && choose.value((v) => isReal(v) && v.shape.some((d) => x.shape.includes(d)));
  if (x === undefined || y === undefined) return undefined;
  const matches = x.shape.flatMap((d, i) => y.shape.flatMap((e, j) => (d === e ? [[i, j] as const] : [])));
  const [i, j] = matches[choose.below(matches.length)]!;
  const shape = [...without(x.shape, i), ...without(y.shape, j)];
  if (sizeOf(shape) > largest) return undefined;
  const options = { contract: [[i], [j]] as [number[], number[]] };
  return bounded({ operands: [x, y], result: real(shape, x.bound * y.bound * Math.max(1, x.shape[i]!)), text: `dotGeneral(${x.name}, ${y.name}, { contract: [[${i}], [${j}]] })`, apply: (a, b) => ops.dotGeneral(a!, b!, options) });
};

const vector = (choose: Choose, n: number, low: number, high: number): number[] => Array.from({ length: n }, () => low + choose.below(high - low + 1));

const picking: Instruction = (choose) => {
  const x = choose.value((v) => hasAxis(v) && isFull(v));
  if (x === undefined) return undefined;
  const axis = axisOf(choose, x);
  const computed = choose.below(2) === 0 ? choose.value((v) => isInt(v) && v.shape.length < 2) : undefined;
  // Places outside are those at the edges.
  if (computed !== undefined) {
    const shape = [...x.shape.slice(0, axis), ...computed.shape, ...x.shape.slice(axis + 1)];
    return sizeOf(shape) > largest ? undefined : { operands: [x, computed], result: reshaped(x, shape), text: `take(${x.name}, ${computed.name}, ${axis})`, apply: (v, i) => ops.take(v!, i!, axis) };
  }
  const places = vector(choose, 1 + choose.below(3), 0, x.shape[axis]! - 1);
  const shape = x.shape.map((d, i) => (i === axis ? places.length : d));
  return sizeOf(shape) > largest ? undefined : { operands: [x], result: reshaped(x, shape), text: `take(${x.name}, ${list(places)}, ${axis})`, apply: (v) => ops.take(v!, places, axis) };
};

const window: Instruction = (choose) => {
  const x = choose.value((v) => hasAxis(v) && isFull(v));
  const start = x && choose.value((v) => isInt(v) && v.shape.length === 0);
  if (x === undefined || start === undefined) return undefined;
  const sizes = x.shape.map((d) => Math.max(1, d - choose.below(2)));
  const starts = (s: Tensor): Tensor[] => x.shape.map((_, i) => (i === 0 ? s : array(0, { dtype: "int32" })));
  const text = list(x.shape.map((_, i) => (i === 0 ? start.name : 'array(0, { dtype: "int32" })')));
  return { operands: [x, start], result: reshaped(x, sizes), text: `dynamicSlice(${x.name}, ${text}, ${list(sizes)})`, apply: (v, s) => ops.dynamicSlice(v!, starts(s!), sizes) };
};

const scattering: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && v.shape.length === 1 && isFull(v));
  const u = x && choose.value((v) => isReal(v) && v.shape.length === 1);
  if (x === undefined || u === undefined) return undefined;
  // One index more than there are places: what is outside is dropped.
  const places = vector(choose, u.shape[0]!, 0, x.shape[0]!);
  const at = (): Tensor => array(Int32Array.from(places), { dtype: "int32", shape: [places.length, 1] });
  return bounded({ operands: [x, u], result: real(x.shape, x.bound + u.bound * places.length), text: `scatterAdd(${x.name}, array([${places}], { dtype: "int32", shape: [${places.length}, 1] }), ${u.name})`, apply: (v, w) => ops.scatterAdd(v!, at(), w!) }) as Step;
};

export const reducing: readonly (readonly [name: string, Instruction])[] = [
  ["sum", sum],
  ["product", product],
  ["extremum", extremum],
  ["all or any", logical],
  ["cumulative", cumulative],
  ["sort", sorting],
  ["dot", dot],
  ["take", picking],
  ["dynamicSlice", window],
  ["scatterAdd", scattering],
];
