// Intrinsics of the scalar IR in GLSL, where the built-in function is right: for the others, see the library.

import type { DType } from "@gradus/core";

/** The expression of an intrinsic on expressions of one dtype. */
export type Emit = (args: readonly string[], dtype: DType) => string;

const infix =
  (operator: string): Emit =>
  ([a, b]) =>
    `(${a} ${operator} ${b})`;
const prefix =
  (operator: string): Emit =>
  ([a]) =>
    `(${operator}${a})`;
const named =
  (name: string): Emit =>
  (args) =>
    `${name}(${args.join(", ")})`;

const comparisons: Readonly<Record<string, Emit>> = {
  equal: infix("=="),
  notEqual: infix("!="),
  less: infix("<"),
  lessEqual: infix("<="),
  greater: infix(">"),
  greaterEqual: infix(">="),
};

const library = ["max", "min", "sign", "rem", "pow", "ceil", "trunc", "round", "sqrt", "cbrt", "exp", "exp2", "expm1", "log", "log2", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"];

export const floatOps: Readonly<Record<string, Emit>> = {
  ...comparisons,
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  neg: prefix("-"),
  abs: named("abs"),
  floor: named("floor"),
  ...Object.fromEntries(library.map((name) => [name, named(`g_${name}`)])),
};

const same: Emit = ([a]) => a as string;

export const intOps: Readonly<Record<string, Emit>> = {
  ...comparisons,
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: named("g_idiv"),
  rem: named("g_irem"),
  pow: named("g_ipow"),
  neg: prefix("-"),
  abs: ([a], dtype) => (dtype === "uint32" ? (a as string) : `abs(${a})`),
  sign: ([a], dtype) => (dtype === "uint32" ? `min(${a}, 1u)` : `sign(${a})`),
  max: named("max"),
  min: named("min"),
  floor: same,
  ceil: same,
  trunc: same,
  round: same,
  and: infix("&"),
  or: infix("|"),
  xor: infix("^"),
  not: prefix("~"),
  shiftLeft: named("g_shl"),
  shiftRightArithmetic: named("g_sar"),
  shiftRightLogical: named("g_shr"),
};

export const boolOps: Readonly<Record<string, Emit>> = {
  equal: infix("=="),
  notEqual: infix("!="),
  add: infix("||"),
  or: infix("||"),
  max: infix("||"),
  mul: infix("&&"),
  and: infix("&&"),
  min: infix("&&"),
  xor: infix("!="),
  not: prefix("!"),
};
