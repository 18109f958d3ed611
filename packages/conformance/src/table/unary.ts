// Rows of the elementwise operations of one operand.

import * as ops from "@gradus/ops";
import type { Operation } from "../operation.js";
import { elementwise, type ElementwiseRow } from "./elementwise.js";

type Intervals = ElementwiseRow["operands"][number]["intervals"];

const real = (reference: (x: number) => number, ...intervals: NonNullable<Intervals>): ElementwiseRow => ({
  domain: "float",
  operands: [intervals.length === 0 ? {} : { intervals }],
  reference,
});
// Away from the steps of rounding, so that a difference would be 0 too.
const step = (reference: (x: number) => number): ElementwiseRow => ({
  domain: "float",
  derivative: "zero",
  operands: [{ intervals: [[-1.4, -1.1], [0.6, 0.9], [1.1, 1.4]] }],
  reference,
});
const test = (reference: (x: number) => boolean): ElementwiseRow => ({
  domain: "float",
  result: "bool",
  derivative: "zero",
  operands: [{}],
  reference: (x) => Number(reference(x)),
});

// By the definition: the nearest integer, and of two equally near the even one.
function roundHalfToEven(x: number): number {
  const [low, high] = [Math.floor(x), Math.ceil(x)];
  if (x - low !== high - x) return x - low < high - x ? low : high;
  return low % 2 === 0 ? low : high;
}

// σ by the half-angle identity σ(x) = (1 + tanh(x/2))/2, and where that cancels by the series e^x − e^2x + e^3x − ….
const logistic = (x: number): number => (x < -10 ? Math.exp(x) - Math.exp(2 * x) + Math.exp(3 * x) : (1 + Math.tanh(x / 2)) / 2);

const away: NonNullable<Intervals> = [[-2, -0.3], [0.3, 2]];

export const unary: readonly Operation[] = [
  elementwise("neg", ops.neg, ops.negP, { domain: "number", operands: [{}], reference: (x) => -x }),
  elementwise("abs", ops.abs, ops.absP, { domain: "number", operands: [{ intervals: away }], reference: Math.abs }),
  elementwise("sign", ops.sign, ops.signP, { domain: "number", derivative: "zero", operands: [{ intervals: away }], reference: (x) => (x > 0 ? 1 : x < 0 ? -1 : x) }),
  elementwise("floor", ops.floor, ops.floorP, step(Math.floor)),
  elementwise("ceil", ops.ceil, ops.ceilP, step(Math.ceil)),
  elementwise("trunc", ops.trunc, ops.truncP, step((x) => (x < 0 ? Math.ceil(x) : Math.floor(x)))),
  elementwise("round", ops.round, ops.roundP, step(roundHalfToEven)),
  elementwise("exp", ops.exp, ops.expP, real(Math.exp)),
  elementwise("exp2", ops.exp2, ops.exp2P, real((x) => Math.pow(2, x))),
  elementwise("expm1", ops.expm1, ops.expm1P, real(Math.expm1)),
  elementwise("log", ops.log, ops.logP, real(Math.log, [0.2, 3])),
  elementwise("log2", ops.log2, ops.log2P, real(Math.log2, [0.2, 3])),
  elementwise("log1p", ops.log1p, ops.log1pP, real(Math.log1p, [-0.6, 2])),
  elementwise("sqrt", ops.sqrt, ops.sqrtP, real(Math.sqrt, [0.2, 3])),
  elementwise("rsqrt", ops.rsqrt, ops.rsqrtP, real((x) => 1 / Math.sqrt(x), [0.2, 3])),
  elementwise("cbrt", ops.cbrt, ops.cbrtP, real(Math.cbrt, ...away)),
  elementwise("sin", ops.sin, ops.sinP, real(Math.sin)),
  elementwise("cos", ops.cos, ops.cosP, real(Math.cos)),
  elementwise("tan", ops.tan, ops.tanP, real(Math.tan, [-1.2, 1.2])),
  elementwise("asin", ops.asin, ops.asinP, real(Math.asin, [-0.9, 0.9])),
  elementwise("acos", ops.acos, ops.acosP, real(Math.acos, [-0.9, 0.9])),
  elementwise("atan", ops.atan, ops.atanP, real(Math.atan)),
  elementwise("sinh", ops.sinh, ops.sinhP, real(Math.sinh)),
  elementwise("cosh", ops.cosh, ops.coshP, real(Math.cosh)),
  elementwise("tanh", ops.tanh, ops.tanhP, real(Math.tanh)),
  elementwise("asinh", ops.asinh, ops.asinhP, real(Math.asinh)),
  elementwise("acosh", ops.acosh, ops.acoshP, real(Math.acosh, [1.2, 3])),
  elementwise("atanh", ops.atanh, ops.atanhP, real(Math.atanh, [-0.8, 0.8])),
  elementwise("sigmoid", ops.sigmoid, ops.sigmoidP, real(logistic)),
  elementwise("isNan", ops.isNan, ops.isNanP, test(Number.isNaN)),
  elementwise("isFinite", ops.isFinite, ops.isFiniteP, test(Number.isFinite)),
  elementwise("not", ops.not, ops.notP, { domain: "integer", derivative: "zero", operands: [{}], reference: (x) => -x - 1, boolean: (x) => 1 - x }),
];
