// The scalar IR: what an elementwise operation does to one element, stated once. Backends interpret it or compile it.
// An intrinsic carries its reference meaning on JS numbers; a value of dtype float32 is rounded when it is stored.

import type { DType } from "./dtype.js";

type Fn = (a: number, b: number, c: number) => number;

/** A function of scalars that every backend knows. Variants say where integers or booleans differ from floats. */
export interface Intrinsic {
  readonly name: string;
  readonly arity: 1 | 2 | 3;
  readonly float: Fn;
  readonly int?: Fn;
  readonly bool?: Fn;
  /** The dtype of the result: that of the (last) operand, or always bool. */
  readonly result: "same" | "bool";
}

/** A node of the scalar IR: an argument, a constant, a cast, or an intrinsic applied to nodes. A DAG: nodes are shared. */
export type Expr =
  | { readonly kind: "arg"; readonly index: number }
  | { readonly kind: "const"; readonly value: number }
  | { readonly kind: "cast"; readonly dtype: DType; readonly args: readonly [Expr] }
  | { readonly kind: "call"; readonly op: Intrinsic; readonly args: readonly Expr[] };

export type Operand = Expr | number;

export const arg = (index: number): Expr => ({ kind: "arg", index });
/** A constant, of the dtype of the operands that it meets. */
export const constant = (value: number): Expr => ({ kind: "const", value });
/** Conversion to another dtype: floats to integers truncate towards zero. */
export const castTo = (x: Operand, dtype: DType): Expr => ({ kind: "cast", dtype, args: [expr(x)] });

const expr = (x: Operand): Expr => (typeof x === "number" ? constant(x) : x);

interface Variants {
  int?: Fn;
  bool?: Fn;
  result?: "bool";
}

/** Makes an expression of one operand. */
export type Unary = (x: Operand) => Expr;
/** Makes an expression of two operands. */
export type Binary = (x: Operand, y: Operand) => Expr;

const unary = (name: string, float: Fn, variants?: Variants): Unary => operation({ name, arity: 1, float, result: "same", ...variants });
const binary = (name: string, float: Fn, variants?: Variants): Binary => operation({ name, arity: 2, float, result: "same", ...variants });

// A body is called with the params behind the operands, and may be an operation itself.
const operation =
  (op: Intrinsic) =>
  (...args: Operand[]): Expr => ({ kind: "call", op, args: args.slice(0, op.arity).map(expr) });

// Arithmetic. Integers wrap around; sums of two 32-bit integers are exact in a double, products are not.
export const add: Binary = /* @__PURE__ */ binary("add", (a, b) => a + b);
export const sub: Binary = /* @__PURE__ */ binary("sub", (a, b) => a - b);
export const mul: Binary = /* @__PURE__ */ binary("mul", (a, b) => a * b, { int: Math.imul });
/** Integer division truncates; division by zero gives −1 (all bits set), as XLA does. */
export const div: Binary = /* @__PURE__ */ binary("div", (a, b) => a / b, { int: (a, b) => (b === 0 ? -1 : Math.trunc(a / b)) });
/** The remainder with the sign of the dividend; of an integer by zero, the dividend. */
export const rem: Binary = /* @__PURE__ */ binary("rem", (a, b) => a % b, { int: (a, b) => (b === 0 ? a : a % b) });
export const neg: Unary = /* @__PURE__ */ unary("neg", (a) => -a);
export const abs: Unary = /* @__PURE__ */ unary("abs", Math.abs);
export const sign: Unary = /* @__PURE__ */ unary("sign", Math.sign);
/** NaN if either operand is. */
export const max: Binary = /* @__PURE__ */ binary("max", (a, b) => Math.max(a, b));
export const min: Binary = /* @__PURE__ */ binary("min", (a, b) => Math.min(a, b));
export const pow: Binary = /* @__PURE__ */ binary("pow", (a, b) => (a === 1 || b === 0 ? 1 : a === -1 && (b === Infinity || b === -Infinity) ? 1 : a ** b), {
  int: intPow,
});

// Rounding.
export const floor: Unary = /* @__PURE__ */ unary("floor", Math.floor);
export const ceil: Unary = /* @__PURE__ */ unary("ceil", Math.ceil);
export const trunc: Unary = /* @__PURE__ */ unary("trunc", Math.trunc);
/** To the nearest integer, ties to the even one. */
export const round: Unary = /* @__PURE__ */ unary("round", roundHalfEven);

// Elementary functions.
export const sqrt: Unary = /* @__PURE__ */ unary("sqrt", Math.sqrt);
export const cbrt: Unary = /* @__PURE__ */ unary("cbrt", Math.cbrt);
export const exp: Unary = /* @__PURE__ */ unary("exp", Math.exp);
export const exp2: Unary = /* @__PURE__ */ unary("exp2", (a) => 2 ** a);
export const expm1: Unary = /* @__PURE__ */ unary("expm1", Math.expm1);
export const log: Unary = /* @__PURE__ */ unary("log", Math.log);
export const log2: Unary = /* @__PURE__ */ unary("log2", Math.log2);
export const log1p: Unary = /* @__PURE__ */ unary("log1p", Math.log1p);
export const sin: Unary = /* @__PURE__ */ unary("sin", Math.sin);
export const cos: Unary = /* @__PURE__ */ unary("cos", Math.cos);
export const tan: Unary = /* @__PURE__ */ unary("tan", Math.tan);
export const asin: Unary = /* @__PURE__ */ unary("asin", Math.asin);
export const acos: Unary = /* @__PURE__ */ unary("acos", Math.acos);
export const atan: Unary = /* @__PURE__ */ unary("atan", Math.atan);
export const atan2: Binary = /* @__PURE__ */ binary("atan2", Math.atan2);
export const sinh: Unary = /* @__PURE__ */ unary("sinh", Math.sinh);
export const cosh: Unary = /* @__PURE__ */ unary("cosh", Math.cosh);
export const tanh: Unary = /* @__PURE__ */ unary("tanh", Math.tanh);
export const asinh: Unary = /* @__PURE__ */ unary("asinh", Math.asinh);
export const acosh: Unary = /* @__PURE__ */ unary("acosh", Math.acosh);
export const atanh: Unary = /* @__PURE__ */ unary("atanh", Math.atanh);

// Comparisons: false whenever an operand is NaN, except notEqual.
export const equal: Binary = /* @__PURE__ */ binary("equal", (a, b) => (a === b ? 1 : 0), { result: "bool" });
export const notEqual: Binary = /* @__PURE__ */ binary("notEqual", (a, b) => (a !== b ? 1 : 0), { result: "bool" });
export const less: Binary = /* @__PURE__ */ binary("less", (a, b) => (a < b ? 1 : 0), { result: "bool" });
export const lessEqual: Binary = /* @__PURE__ */ binary("lessEqual", (a, b) => (a <= b ? 1 : 0), { result: "bool" });
export const greater: Binary = /* @__PURE__ */ binary("greater", (a, b) => (a > b ? 1 : 0), { result: "bool" });
export const greaterEqual: Binary = /* @__PURE__ */ binary("greaterEqual", (a, b) => (a >= b ? 1 : 0), { result: "bool" });

// Bits of integers, and logic on booleans. A shift by 32 or more gives what shifting bit by bit would.
export const and: Binary = /* @__PURE__ */ binary("and", (a, b) => a & b);
export const or: Binary = /* @__PURE__ */ binary("or", (a, b) => a | b);
export const xor: Binary = /* @__PURE__ */ binary("xor", (a, b) => a ^ b);
export const not: Unary = /* @__PURE__ */ unary("not", (a) => ~a, { bool: (a) => 1 - a });
export const shiftLeft: Binary = /* @__PURE__ */ binary("shiftLeft", (a, b) => (b >>> 0 > 31 ? 0 : a << b));
export const shiftRightArithmetic: Binary = /* @__PURE__ */ binary("shiftRightArithmetic", (a, b) => (a | 0) >> (b >>> 0 > 31 ? 31 : b));
export const shiftRightLogical: Binary = /* @__PURE__ */ binary("shiftRightLogical", (a, b) => (b >>> 0 > 31 ? 0 : a >>> b));

/** `pred ? onTrue : onFalse`; both are evaluated. */
export const select: (pred: Operand, onTrue: Operand, onFalse: Operand) => Expr = /* @__PURE__ */ operation({
  name: "select",
  arity: 3,
  float: (p, a, b) => (p !== 0 ? a : b),
  result: "same",
});

function roundHalfEven(x: number): number {
  const r = Math.round(x); // ties go up here; an odd result of a tie is one too high
  return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

function intPow(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? (exponent % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let square = base;
  for (let e = exponent; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

/** The dtype of every node of a body, given those of its arguments. A constant takes its neighbour's. */
export function dtypeOf(node: Expr, args: readonly DType[]): DType | undefined {
  switch (node.kind) {
    case "arg":
      return args[node.index];
    case "const":
      return undefined;
    case "cast":
      return node.dtype;
    case "call": {
      if (node.op.result === "bool") return "bool";
      for (let i = node.args.length - 1; i >= (node.op.arity === 3 ? 1 : 0); i--) {
        const d = dtypeOf(node.args[i] as Expr, args);
        if (d !== undefined) return d;
      }
      return undefined;
    }
  }
}
