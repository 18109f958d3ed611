// Lines of several operations, as compilers join them: sums over several axes whose results are spread again, products of many
// layouts, windows, places that are computed, whole numbers of both signs, loops whose length the data say.

import { switchCase, whileLoop } from "@gradus/control-flow";
import { array, cast, type Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { sizeOf } from "../host-array.js";
import { bounded } from "./elementwise.js";
import { type Choose, discrete, finer, hasAxis, int, type Instruction, isBool, isFull, isInt, isReal, list, meet, real, reshaped, type Step, type Value } from "./value.js";

const without = (shape: readonly number[], axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i));
/** Some axes of a value, at least one, in order. */
function someAxes(choose: Choose, x: Value): number[] {
  const axes = x.shape.map((_, i) => i).filter(() => choose.below(2) === 0);
  return axes.length > 0 ? axes : [choose.below(x.shape.length)];
}

const severalAxes: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const axes = someAxes(choose, x);
  const n = axes.reduce((m, i) => m * x.shape[i]!, 1);
  return bounded({ operands: [x], result: real(without(x.shape, axes), x.bound * Math.max(1, n), x.grid), text: `reduceSum(${x.name}, ${list(axes)})`, apply: (v) => ops.reduceSum(v!, axes) });
};

/** Reduced, and spread over the axes again. */
const normalised: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v) && isFull(v));
  if (x === undefined) return undefined;
  const axes = someAxes(choose, x);
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const n = sizeOf(x.shape) / sizeOf(kept);
  const spread = (v: Tensor): Tensor => ops.reshape(v, kept);
  if (choose.below(2) === 0) {
    const softmax = (v: Tensor): Tensor => {
      const e = ops.exp(ops.tanh(v));
      return ops.div(e, spread(ops.reduceSum(e, axes)));
    };
    return { operands: [x], result: real(x.shape, 1), text: `((v) => { const e = exp(tanh(v)); return div(e, reshape(reduceSum(e, ${list(axes)}), ${list(kept)})); })(${x.name})`, apply: (v) => softmax(v!) };
  }
  const centred = (v: Tensor): Tensor => ops.sub(v, spread(ops.mul(ops.reduceSum(v, axes), 1 / n)));
  return { operands: [x], result: real(x.shape, 2 * x.bound), text: `sub(${x.name}, reshape(mul(reduceSum(${x.name}, ${list(axes)}), ${1 / n}), ${list(kept)}))`, apply: (v) => centred(v!) };
};

/** Two of equal length joined in any place, the rest batches or kept. */
const batchedProduct: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && v.shape.length > 1);
  if (x === undefined) return undefined;
  const contract = choose.below(x.shape.length);
  const batch = (contract + 1 + choose.below(x.shape.length - 1)) % x.shape.length;
  const shape = [x.shape[batch]!, ...without(x.shape, [contract, batch]), ...without(x.shape, [contract, batch])];
  const options = { contract: [[contract], [contract]], batch: [[batch], [batch]] } as { contract: [number[], number[]]; batch: [number[], number[]] };
  return bounded({ operands: [x], result: real(shape, x.bound ** 2 * Math.max(1, x.shape[contract]!)), text: `dotGeneral(${x.name}, sin(${x.name}), { contract: [[${contract}], [${contract}]], batch: [[${batch}], [${batch}]] })`, apply: (v) => ops.dotGeneral(v!, ops.sin(v!), options) });
};

const windows: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v) && isFull(v));
  if (x === undefined) return undefined;
  const window = x.shape.map((d) => Math.min(d, 1 + choose.below(3)));
  const strides = x.shape.map(() => 1 + choose.below(2));
  const shape = x.shape.map((d, i) => Math.floor((d - window[i]!) / strides[i]!) + 1);
  return bounded({ operands: [x], result: real(shape, x.bound * sizeOf(window), x.grid), text: `reduceWindow(${x.name}, "sum", ${list(window)}, { strides: ${list(strides)} })`, apply: (v) => ops.reduceWindow(v!, "sum", window, { strides }) });
};

/** Elements where a pattern of the indices says so. */
const masked: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const [axis, n] = [choose.below(x.shape.length), 2 + choose.below(3)];
  return { operands: [x], result: reshaped(x, x.shape), text: `select(equal(rem(iota(${list(x.shape)}, "int32", ${axis}), ${n}), 1), ${x.name}, neg(${x.name}))`, apply: (v) => ops.select(ops.equal(ops.rem(ops.iota(x.shape, "int32", axis), n), 1), v!, ops.neg(v!)) };
};

/** A part put at a place that is computed: kept inside where it would stand out. */
const update: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v) && isFull(v));
  const start = x && choose.value((v) => isInt(v) && v.shape.length === 0);
  if (x === undefined || start === undefined) return undefined;
  const sizes = x.shape.map((d) => Math.max(1, d - choose.below(3)));
  const zeros = x.shape.map(() => 0);
  const starts = (s: Tensor): Tensor[] => x.shape.map((_, i) => (i === 0 ? s : array(0, { dtype: "int32" })));
  const text = list(x.shape.map((_, i) => (i === 0 ? start.name : 'array(0, { dtype: "int32" })')));
  return { operands: [x, start], result: reshaped(x, x.shape), text: `dynamicUpdateSlice(${x.name}, slice(neg(${x.name}), ${list(zeros)}, ${list(sizes)}), ${text})`, apply: (v, s) => ops.dynamicUpdateSlice(v!, ops.slice(ops.neg(v!), zeros, sizes), starts(s!)) };
};

/** int32 as uint32 and back: what goes beyond the ends comes in at the other one. */
const unsigned: Instruction = (choose) => {
  const x = choose.value(isInt);
  const y = x && choose.value((v) => isInt(v) && meet(x.shape, v.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const [name, f] = ([["add", ops.add], ["mul", ops.mul], ["sub", ops.sub], ["max", ops.max], ["div", ops.div], ["rem", ops.rem], ["xor", ops.xor], ["shiftLeft", ops.shiftLeft]] as const)[choose.below(8)]!;
  const divisor = name === "div" || name === "rem" || name === "shiftLeft";
  const of = (v: Tensor): Tensor => cast(v, "uint32");
  const right = (v: Tensor): Tensor => (divisor ? ops.or(ops.and(of(v), 7), 1) : of(v));
  const rightText = divisor ? `or(and(cast(${y.name}, "uint32"), 7), 1)` : `cast(${y.name}, "uint32")`;
  // Back among the small numbers: two bits of it.
  return { operands: [x, y], result: int(meet(x.shape, y.shape)!, 4), text: `cast(and(${name}(cast(${x.name}, "uint32"), ${rightText}), 3), "int32")`, apply: (a, b) => cast(ops.and(f(of(a!), right(b!)), 3), "int32") };
};

const division: Instruction = (choose) => {
  const x = choose.value(isInt);
  if (x === undefined) return undefined;
  const [n, isRest] = [[3, -3, 2, 7][choose.below(4)]!, choose.below(2) === 0];
  const [name, f] = isRest ? (["rem", ops.rem] as const) : (["div", ops.div] as const);
  return { operands: [x], result: int(x.shape, isRest ? 6 : x.bound), text: `${name}(${x.name}, ${n})`, apply: (v) => f(v!, n) };
};

const counted: Instruction = (choose) => {
  const x = choose.value((v) => isBool(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const axes = someAxes(choose, x);
  const n = axes.reduce((m, i) => m * x.shape[i]!, 1);
  return { operands: [x], result: int(without(x.shape, axes), n), text: `reduceSum(cast(${x.name}, "int32"), ${list(axes)})`, apply: (v) => ops.reduceSum(cast(v!, "int32"), axes) };
};

const switched: Instruction = (choose) => {
  const k = choose.value(isInt);
  const x = k && choose.value(isReal);
  if (k === undefined || x === undefined) return undefined;
  return {
    operands: [k, x],
    result: real(x.shape, Math.max(1, x.bound)),
    text: `switchCase(reduceSum(${k.name}), [(a) => sin(a), (a) => a, (a) => neg(a)], ${x.name})`,
    apply: (i, v) => switchCase(ops.reduceSum(i!), [(a: Tensor) => ops.sin(a), (a: Tensor) => a, (a: Tensor) => ops.neg(a)], v!) as Tensor,
  };
};

/** As many turns as an integer says, four at most. */
const whiles: Instruction = (choose) => {
  const n = choose.value(isInt);
  const x = n && choose.value(isReal);
  if (n === undefined || x === undefined) return undefined;
  const step = (v: Tensor): Tensor => ops.sub(ops.mul(v, 0.5), ops.sin(v));
  const loop = (m: Tensor, v: Tensor): Tensor => whileLoop(([i]: Tensor[]) => ops.less(i!, ops.min(ops.reduceSum(m), 4)), ([i, a]: Tensor[]) => [ops.add(i!, 1), step(a!)], [array(0, { dtype: "int32" }), v])[1] as Tensor;
  return {
    operands: [n, x],
    result: real(x.shape, Math.max(x.bound, 2) + 2),
    text: `whileLoop(([i]) => less(i, min(reduceSum(${n.name}), 4)), ([i, a]) => [add(i, 1), sub(mul(a, 0.5), sin(a))], [array(0, { dtype: "int32" }), ${x.name}])[1]`,
    apply: (m, v) => loop(m!, v!),
  };
};

/** Rows and columns at places of two axes. */
const table: Instruction = (choose) => {
  const x = choose.value((v) => hasAxis(v) && isFull(v));
  if (x === undefined) return undefined;
  const axis = choose.below(x.shape.length);
  const d = x.shape[axis]!;
  const places = [[choose.below(d), choose.below(d), choose.below(d)], [choose.below(d), choose.below(d), d]] as const;
  const shape = [...x.shape.slice(0, axis), 2, 3, ...x.shape.slice(axis + 1)];
  return { operands: [x], result: reshaped(x, shape), text: `take(${x.name}, array([${places.flat()}], { dtype: "int32", shape: [2, 3] }), ${axis})`, apply: (v) => ops.take(v!, array(Int32Array.from(places.flat()), { dtype: "int32", shape: [2, 3] }), axis) };
};

const scattered: Instruction = (choose) => {
  const x = discrete(choose, (v) => isReal(v) && hasAxis(v) && isFull(v));
  const u = x && discrete(choose, (v) => isReal(v) && v.shape.length === x.shape.length && isFull(v) && v.shape.slice(1).join() === x.shape.slice(1).join());
  if (x === undefined || u === undefined) return undefined;
  const [d, n] = [x.shape[0]!, u.shape[0]!];
  const kind = choose.below(2);
  const [name, f] = ([["scatterMax", ops.scatterMax], ["scatterMin", ops.scatterMin]] as const)[kind]!;
  const [from, by] = [choose.below(d), choose.below(d)];
  const places = Array.from({ length: n }, (_, i) => (from + by * i) % (d + 1));
  const at = (): Tensor => array(Int32Array.from(places), { dtype: "int32", shape: [n, 1] });
  const isExact = x.grid !== null && u.grid !== null;
  if (!isExact) return undefined;
  return { operands: [x, u], result: real(x.shape, Math.max(x.bound, u.bound), finer(x, u)), text: `${name}(${x.name}, array([${places}], { dtype: "int32", shape: [${n}, 1] }), ${u.name})`, apply: (v, w) => f(v!, at(), w!) } satisfies Step;
};

export const fusing: readonly (readonly [name: string, Instruction])[] = [
  ["sum over axes", severalAxes],
  ["normalised", normalised],
  ["batched product", batchedProduct],
  ["windows", windows],
  ["masked", masked],
  ["update", update],
  ["unsigned", unsigned],
  ["division", division],
  ["count", counted],
  ["switchCase", switched],
  ["whileLoop", whiles],
  ["table", table],
  ["scatterMax", scattered],
];
