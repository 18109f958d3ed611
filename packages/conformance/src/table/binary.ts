// Rows of the elementwise operations of several operands.

import * as ops from "@gradus/ops";
import type { Tensor } from "@gradus/core";
import type { Operation, Sample } from "../operation.js";
import { at, build } from "../host-array.js";
import { elementwise, type ElementwiseRow } from "./elementwise.js";

const two: ElementwiseRow["operands"] = [{}, {}];
const positive: ElementwiseRow["operands"] = [{ intervals: [[0.3, 2]] }, { intervals: [[0.3, 2]] }];

const compare = (reference: (x: number, y: number) => boolean): ElementwiseRow => ({
  domain: "any",
  result: "bool",
  derivative: "zero",
  operands: two,
  reference: (x, y) => Number(reference(x as number, y as number)),
});
const bits = (integer: (x: bigint, y: bigint) => bigint): ElementwiseRow => ({
  domain: "integer",
  derivative: "zero",
  operands: two,
  // BigInt has the two's complement of every length; both kinds of 32 bits are its low ones.
  reference: (x, y) => Number(BigInt.asIntN(32, integer(BigInt(x as number), BigInt(y as number)))),
});
const shift = (reference: (x: number, places: number) => number): ElementwiseRow => ({
  domain: "shift",
  derivative: "zero",
  operands: [{}, { integers: [0, 9] }],
  // The number of places is read as unsigned, so that a negative one is a very large one.
  reference: (x, y) => reference(x as number, (y as number) >>> 0),
});

// The logarithm of the sum, both terms scaled by the greater one.
const logaddexp = (x: number, y: number): number => {
  const most = Math.max(x, y);
  return Math.abs(most) === Infinity ? most : most + Math.log(Math.exp(x - most) + Math.exp(y - most));
};

const wholePower = (x: number, n: number): number => {
  if (n < 0) return x === 1 ? 1 : x === -1 ? (n % 2 === 0 ? 1 : -1) : 0;
  // Square and multiply on BigInts of 32 bits: exact, and wrapped like every product of integers.
  let [result, square, rest] = [1n, BigInt(x), BigInt(n)];
  for (; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(32, result * square);
    square = BigInt.asIntN(32, square * square);
  }
  return Number(result);
};
// ECMAScript's ** is C's pow but for 1 and −1 to infinite or undefined powers, where IEEE 754 and C say 1.
const power = (x: number, y: number): number => (x === 1 || y === 0 ? 1 : x === -1 && Math.abs(y) === Infinity ? 1 : Math.pow(x, y));

const wholeExponents: Sample = {
  name: "pow of floats to an array of integers",
  apply: (x, y) => ops.pow(x as Tensor, y as Tensor),
  operands: [{ shape: [2, 3], intervals: [[0.4, 2]] }, { shape: [3], dtype: "int32", integers: [-2, 3] }],
  dtypes: ["float32", "float64"],
  derivative: "real",
  expected: ([x, y]) => ({ shape: [2, 3], dtype: x!.dtype, data: build([2, 3], ([i, j]) => Math.fround(1) * power(at(x!, [i!, j!]), at(y!, [j!]))).map((v) => (x!.dtype === "float32" ? Math.fround(v) : v)) }),
};

const powRow = elementwise("pow", ops.pow, ops.powP, {
  domain: "number",
  operands: [{ intervals: [[0.3, 2]] }, { integers: [0, 4] }],
  reference: power as never,
  integer: wholePower as never,
});

// float0 tensors hold no information, so any two are equal.
const ofFloat0 = (row: Operation, apply: (x: Tensor, y: Tensor) => Tensor, value: number): Operation => ({
  ...row,
  refuses: [],
  samples: [
    ...row.samples,
    {
      name: `${row.name} of float0`,
      apply: apply as Sample["apply"],
      operands: [{ shape: [2, 1] }, { shape: [3] }],
      dtypes: ["float0"],
      derivative: "zero",
      expected: () => ({ shape: [2, 3], dtype: "bool", data: new Array<number>(6).fill(value) }),
    },
  ],
});

export const binary: readonly Operation[] = [
  elementwise("add", ops.add, ops.addP, { domain: "any", operands: two, reference: (x, y) => x! + y!, boolean: (x, y) => Number(x! + y! > 0) }),
  elementwise("mul", ops.mul, ops.mulP, { domain: "any", operands: two, reference: (x, y) => x! * y!, integer: (x, y) => Number(BigInt.asIntN(32, BigInt(x!) * BigInt(y!))) }),
  elementwise("sub", ops.sub, ops.subP, { domain: "number", operands: two, reference: (x, y) => x! - y! }),
  elementwise("div", ops.div, ops.divP, {
    domain: "number",
    operands: [{}, { intervals: [[-2, -0.4], [0.4, 2]] }],
    reference: (x, y) => x! / y!,
    integer: (x, y) => (y === 0 ? -1 : Math.trunc(x! / y!)),
  }),
  elementwise("rem", ops.rem, ops.remP, {
    domain: "number",
    // x/y stays between 2 and 3: at whole quotients the remainder jumps.
    operands: [{ intervals: [[2.3, 2.6], [-2.6, -2.3]] }, { intervals: [[0.95, 1.05]] }],
    reference: (x, y) => x! % y!,
    integer: (x, y) => (y === 0 ? x! : x! - y! * Math.trunc(x! / y!)),
  }),
  { ...powRow, exports: [...powRow.exports, "powWholeP"], primitives: [...powRow.primitives, ops.powWholeP], samples: [...powRow.samples, wholeExponents] },
  elementwise("atan2", ops.atan2, ops.atan2P, { domain: "float", operands: positive, reference: Math.atan2 as never }),
  elementwise("logaddexp", ops.logaddexp, ops.logaddexpP, { domain: "float", operands: two, reference: logaddexp }),
  elementwise("max", ops.max, ops.maxP, { domain: "any", operands: two, reference: Math.max }),
  elementwise("min", ops.min, ops.minP, { domain: "any", operands: two, reference: Math.min }),
  ofFloat0(elementwise("equal", ops.equal, ops.equalP, compare((x, y) => x === y)), ops.equal, 1),
  ofFloat0(elementwise("notEqual", ops.notEqual, ops.notEqualP, compare((x, y) => x !== y)), ops.notEqual, 0),
  elementwise("less", ops.less, ops.lessP, compare((x, y) => x < y)),
  elementwise("lessEqual", ops.lessEqual, ops.lessEqualP, compare((x, y) => x <= y)),
  elementwise("greater", ops.greater, ops.greaterP, compare((x, y) => x > y)),
  elementwise("greaterEqual", ops.greaterEqual, ops.greaterEqualP, compare((x, y) => x >= y)),
  elementwise("and", ops.and, ops.andP, bits((x, y) => x & y)),
  elementwise("or", ops.or, ops.orP, bits((x, y) => x | y)),
  elementwise("xor", ops.xor, ops.xorP, bits((x, y) => x ^ y)),
  elementwise("shiftLeft", ops.shiftLeft, ops.shiftLeftP, shift((x, n) => (n > 31 ? 0 : Number(BigInt.asIntN(32, BigInt(x) << BigInt(n)))))),
  elementwise("shiftRightArithmetic", ops.shiftRightArithmetic, ops.shiftRightArithmeticP, shift((x, n) => Math.floor((x | 0) / 2 ** Math.min(n, 32)))),
  elementwise("shiftRightLogical", ops.shiftRightLogical, ops.shiftRightLogicalP, shift((x, n) => Math.floor((x >>> 0) / 2 ** Math.min(n, 32)))),
  elementwise("clamp", ops.clamp, ops.clampP, {
    domain: "any",
    operands: [{ intervals: [[-1, -0.5]] }, { intervals: [[-2, -1.2], [-0.4, 0.4], [1.2, 2]] }, { intervals: [[0.5, 1]] }],
    // min(max(lo, x), hi), NaN if any operand is.
    reference: (lo, x, hi) => ([lo, x, hi].some(Number.isNaN) ? NaN : x! < lo! ? Math.min(lo!, hi!) : Math.min(x!, hi!)),
  }),
];
