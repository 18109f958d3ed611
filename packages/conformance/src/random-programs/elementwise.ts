// Lines that compute element by element: smooth, with kinks, and discrete ones.

import type { Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { toHost } from "../host-array.js";
import { bool, discrete, finer, int, type Instruction, isBool, isInt, isNumber, isReal, type Kink, meet, real, reshaped, type Step, type Value } from "./value.js";

/** A smooth function, as code and as text, with the bound of its result. */
export interface Smooth<A extends number> {
  readonly arity: A;
  readonly text: (...names: string[]) => string;
  readonly apply: (...xs: Tensor[]) => Tensor;
  readonly bound: (...bounds: number[]) => number;
}

const unary = (name: string, apply: (x: Tensor) => Tensor, bound: (b: number) => number): Smooth<1> => ({ arity: 1, text: (x) => `${name}(${x})`, apply: apply as Smooth<1>["apply"], bound: bound as Smooth<1>["bound"] });
const tame = (name: string, apply: (x: Tensor) => Tensor, bound: number): Smooth<1> => ({
  arity: 1,
  text: (x) => `${name}(add(mul(${x}, ${x}), 0.5))`,
  apply: (x) => apply(ops.add(ops.mul(x!, x!), 0.5)),
  bound: (b) => Math.max(bound, b! ** 2),
});

/** Smooth functions of one value, of all reals. */
export const smoothUnary: readonly Smooth<1>[] = [
  unary("sin", ops.sin, () => 1),
  unary("cos", ops.cos, () => 1),
  unary("tanh", ops.tanh, () => 1),
  unary("sigmoid", ops.sigmoid, () => 1),
  unary("atan", ops.atan, () => 1.6),
  unary("asinh", ops.asinh, (b) => Math.asinh(b)),
  unary("erf", ops.erf, () => 1),
  unary("square", ops.square, (b) => b * b),
  { arity: 1, text: (x) => `exp(sin(${x}))`, apply: (x) => ops.exp(ops.sin(x!)), bound: () => Math.E },
  { arity: 1, text: (x) => `integerPow(${x}, 3)`, apply: (x) => ops.integerPow(x, 3), bound: (b) => b! ** 3 },
  { arity: 1, text: (x) => `expm1(tanh(${x}))`, apply: (x) => ops.expm1(ops.tanh(x!)), bound: () => 1.8 },
  tame("log", ops.log, 1),
  tame("sqrt", ops.sqrt, 1),
  tame("rsqrt", ops.rsqrt, 1.5),
  tame("log1p", ops.log1p, 1),
  tame("cbrt", ops.cbrt, 1),
];

/** Smooth functions of two values. */
export const smoothBinary: readonly Smooth<2>[] = [
  { arity: 2, text: (x, y) => `add(${x}, ${y})`, apply: (x, y) => ops.add(x, y!), bound: (a, b) => a! + b! },
  { arity: 2, text: (x, y) => `mul(${x}, ${y})`, apply: (x, y) => ops.mul(x, y!), bound: (a, b) => a! * b! },
  { arity: 2, text: (x, y) => `sub(${x}, ${y})`, apply: (x, y) => ops.sub(x, y!), bound: (a, b) => a! + b! },
  { arity: 2, text: (x, y) => `div(${x}, add(square(${y}), 0.5))`, apply: (x, y) => ops.div(x, ops.add(ops.square(y!), 0.5)), bound: (a) => 2 * a! },
  { arity: 2, text: (x, y) => `atan2(${x}, add(square(${y}), 0.5))`, apply: (x, y) => ops.atan2(x, ops.add(ops.square(y!), 0.5)), bound: () => 1.6 },
  { arity: 2, text: (x, y) => `pow(add(square(${x}), 0.5), sin(${y}))`, apply: (x, y) => ops.pow(ops.add(ops.square(x!), 0.5), ops.sin(y!)), bound: (a) => a! ** 2 + 2 },
];

const highest = 6;

/** Brings a line back to small numbers where its result may be large: what follows stays well conditioned. */
export function bounded(step: Step): Step {
  if (step.result.kind !== "real" || step.result.bound <= highest) return step;
  return { ...step, result: real(step.result.shape, 1), text: `tanh(${step.text})`, apply: (...xs) => ops.tanh(step.apply(...xs)) };
}

const pairs = { at: "zero", distances: (x: Tensor, y: Tensor) => toHost(ops.sub(x, y)).data } as Kink;

/** Kinks of a comparison: none where both are exact. */
const between = (x: Value, y: Value): { kink?: Kink } => (x.grid !== null && y.grid !== null ? {} : { kink: pairs });
const atZero = (x: Value): { kink?: Kink } => (x.grid === null ? { kink: { at: "zero", distances: (v) => toHost(v).data } } : {});

function smoothOne(choose: Parameters<Instruction>[0]): Step | undefined {
  const x = choose.value(isReal);
  const f = smoothUnary[choose.below(smoothUnary.length)]!;
  return x && bounded({ operands: [x], result: real(x.shape, f.bound(x.bound)), text: f.text(x.name), apply: f.apply });
}

function smoothTwo(choose: Parameters<Instruction>[0]): Step | undefined {
  const x = choose.value(isReal);
  const y = x && choose.value((v) => isReal(v) && meet(x.shape, v.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const k = choose.below(smoothBinary.length);
  const f = smoothBinary[k]!;
  const grid = finer(x, y);
  const exact = k === 0 || k === 2 ? grid : k === 1 && grid !== null ? x.grid! + y.grid! : null;
  return bounded({ operands: [x, y], result: real(meet(x.shape, y.shape)!, f.bound(x.bound, y.bound), exact), text: f.text(x.name, y.name), apply: f.apply });
}

const constant: Instruction = (choose) => {
  const x = choose.value(isReal);
  if (x === undefined) return undefined;
  const c = [0.5, -1, 2, 0.25][choose.below(4)]!;
  const [name, f] = choose.below(2) === 0 ? (["mul", ops.mul] as const) : (["add", ops.add] as const);
  const grid = x.grid === null ? null : x.grid + (name === "mul" ? 2 : 0);
  return bounded({ operands: [x], result: real(x.shape, name === "mul" ? x.bound * 2 : x.bound + 2, grid === null ? null : Math.max(grid, 2)), text: `${name}(${x.name}, ${c})`, apply: (v) => f(v!, c) });
};

const signed: Instruction = (choose) => {
  const x = discrete(choose, isNumber);
  if (x === undefined) return undefined;
  const isAbs = choose.below(2) === 1;
  return { operands: [x], result: reshaped(x, x.shape), text: `${isAbs ? "abs" : "neg"}(${x.name})`, apply: (v) => (isAbs ? ops.abs(v!) : ops.neg(v!)), ...(isAbs ? atZero(x) : {}) };
};

const extreme: Instruction = (choose) => {
  const x = discrete(choose, isNumber);
  const y = x && discrete(choose, (v) => v.kind === x.kind && v.name !== x.name && meet(x.shape, v.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const [name, f] = choose.below(2) === 0 ? (["max", ops.max] as const) : (["min", ops.min] as const);
  return { operands: [x, y], result: { shape: meet(x.shape, y.shape)!, kind: x.kind, bound: Math.max(x.bound, y.bound), grid: finer(x, y) }, text: `${name}(${x.name}, ${y.name})`, apply: (a, b) => f(a!, b!), ...between(x, y) };
};

const clamp: Instruction = (choose) => {
  const x = discrete(choose, isReal);
  if (x === undefined) return undefined;
  const kink: Kink = { at: "zero", distances: (v) => toHost(v).data.flatMap((e) => [e + 0.75, e - 1.25]) };
  return { operands: [x], result: real(x.shape, 1.25, x.grid === null ? null : Math.max(x.grid, 2)), text: `clamp(-0.75, ${x.name}, 1.25)`, apply: (v) => ops.clamp(-0.75, v!, 1.25), ...(x.grid === null ? { kink } : {}) };
};

const roundings = [["floor", ops.floor, 0], ["ceil", ops.ceil, 0], ["trunc", ops.trunc, 0], ["round", ops.round, 0.5]] as const;
const rounding: Instruction = (choose) => {
  const x = discrete(choose, isReal);
  if (x === undefined) return undefined;
  const k = choose.below(roundings.length + 1);
  if (k === roundings.length) return { operands: [x], result: real(x.shape, 1, 0), text: `sign(${x.name})`, apply: (v) => ops.sign(v!), ...atZero(x) };
  const [name, f, shift] = roundings[k]!;
  const kink: Kink = { at: "integers", distances: (v) => toHost(v).data.map((e) => e + shift) };
  return { operands: [x], result: real(x.shape, x.bound + 1, 0), text: `${name}(${x.name})`, apply: (v) => f(v!), ...(x.grid === null ? { kink } : {}) };
};

const comparisons = [["less", ops.less], ["lessEqual", ops.lessEqual], ["greater", ops.greater], ["greaterEqual", ops.greaterEqual], ["equal", ops.equal], ["notEqual", ops.notEqual]] as const;
const comparison: Instruction = (choose) => {
  const x = discrete(choose, isNumber);
  const y = x && discrete(choose, (v) => v.kind === x.kind && v.name !== x.name && meet(x.shape, v.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const [name, f] = comparisons[choose.below(comparisons.length)]!;
  return { operands: [x, y], result: bool(meet(x.shape, y.shape)!), text: `${name}(${x.name}, ${y.name})`, apply: (a, b) => f(a!, b!), ...between(x, y) };
};

const logical: Instruction = (choose) => {
  const x = choose.value(isBool);
  const y = x && choose.value((v) => isBool(v) && meet(x.shape, v.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const k = choose.below(4);
  if (k === 0) return { operands: [x], result: bool(x.shape), text: `not(${x.name})`, apply: (a) => ops.not(a!) };
  const [name, f] = ([["and", ops.and], ["or", ops.or], ["xor", ops.xor]] as const)[k - 1]!;
  return { operands: [x, y], result: bool(meet(x.shape, y.shape)!), text: `${name}(${x.name}, ${y.name})`, apply: (a, b) => f(a!, b!) };
};

const selection: Instruction = (choose) => {
  const p = choose.value(isBool);
  const x = p && choose.value((v) => isReal(v) && meet(p.shape, v.shape) !== undefined);
  const y = x && choose.value((v) => isReal(v) && meet(meet(p.shape, x.shape)!, v.shape) !== undefined);
  if (p === undefined || x === undefined || y === undefined) return undefined;
  const shape = meet(meet(p.shape, x.shape)!, y.shape)!;
  return { operands: [p, x, y], result: real(shape, Math.max(x.bound, y.bound), finer(x, y)), text: `select(${p.name}, ${x.name}, ${y.name})`, apply: (a, b, c) => ops.select(a!, b!, c!) };
};

const wholeNumbers: Instruction = (choose) => {
  const x = choose.value(isInt);
  const y = x && choose.value((v) => isInt(v) && meet(x.shape, v.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const k = choose.below(4);
  const shape = meet(x.shape, y.shape)!;
  if (k === 0) return { operands: [x], result: real(x.shape, x.bound, 2), text: `mul(cast(${x.name}, "${choose.dtype}"), 0.25)`, apply: (a) => ops.mul(ops.cast(a!, choose.dtype), 0.25) };
  const [name, f, bound] = ([["add", ops.add, x.bound + y.bound], ["mul", ops.mul, x.bound * y.bound], ["and", ops.and, 2 ** 31]] as const)[k - 1]!;
  return bound > 1000 ? undefined : { operands: [x, y], result: int(shape, bound), text: `${name}(${x.name}, ${y.name})`, apply: (a, b) => f(a!, b!) };
};

export const elementwise: readonly (readonly [name: string, Instruction])[] = [
  ["smooth", smoothOne],
  ["smooth of two", smoothTwo],
  ["constant", constant],
  ["sign", signed],
  ["extreme", extreme],
  ["clamp", clamp],
  ["rounding", rounding],
  ["comparison", comparison],
  ["logic", logical],
  ["select", selection],
  ["integers", wholeNumbers],
];
