// Intrinsics on single floats and integers. Those that are not here the host computes.

import type { FunctionBuilder } from "./function.js";
import { type Code, type F64, type I32, select, type ValueType } from "./code.js";
import { f32, f64, i32, i64 } from "./scalar-ops.js";

type FloatOp = (o: typeof f32 | typeof f64, f: FunctionBuilder, x: F64, y: F64) => Code<ValueType>;
type IntOp = (isUnsigned: boolean, f: FunctionBuilder, x: I32, y: I32) => I32;

const floatOp =
  (name: "add" | "sub" | "mul" | "div" | "neg" | "abs" | "max" | "min" | "floor" | "ceil" | "trunc" | "nearest" | "sqrt" | "eq" | "ne" | "lt" | "le" | "gt" | "ge"): FloatOp =>
  (o, _f, x, y) => ((o as typeof f64)[name] as (x: F64, y: F64) => Code<ValueType>)(x, y);

/** Operations on operands both of which are f32 or f64, as `o` says. */
export const scalarFloatOps: Readonly<Record<string, FloatOp>> = {
  add: floatOp("add"),
  sub: floatOp("sub"),
  mul: floatOp("mul"),
  div: floatOp("div"),
  neg: floatOp("neg"),
  abs: floatOp("abs"),
  sign: (o, _f, x) => {
    const g = o as typeof f64;
    const isItself = i32.or(g.eq(x, g.const(0)), g.ne(x, x));
    return select(isItself, x, g.copysign(g.const(1), x));
  },
  max: floatOp("max"),
  min: floatOp("min"),
  floor: floatOp("floor"),
  ceil: floatOp("ceil"),
  trunc: floatOp("trunc"),
  round: floatOp("nearest"),
  sqrt: floatOp("sqrt"),
  equal: floatOp("eq"),
  notEqual: floatOp("ne"),
  less: floatOp("lt"),
  lessEqual: floatOp("le"),
  greater: floatOp("gt"),
  greaterEqual: floatOp("ge"),
};

const same: IntOp = (_u, _f, x) => x;
const zero = (): I32 => i32.const(0);
const one = (): I32 => i32.const(1);

export const scalarIntOps: Readonly<Record<string, IntOp>> = {
  add: (_u, _f, x, y) => i32.add(x, y),
  sub: (_u, _f, x, y) => i32.sub(x, y),
  mul: (_u, _f, x, y) => i32.mul(x, y),
  // Machines refuse to divide by zero, and −2³¹ by −1.
  div: (u, f, x, y) => {
    const q = f.local("i32", i32.const(-1));
    f.if(y, () => {
      if (u) f.set(q, i32.divU(x, y));
      else f.if(i32.eq(y, i32.const(-1)), () => f.set(q, i32.sub(zero(), x)), () => f.set(q, i32.divS(x, y)));
    });
    return q;
  },
  rem: (u, f, x, y) => {
    const r = f.local("i32", x);
    f.if(y, () => f.set(r, (u ? i32.remU : i32.remS)(x, y)));
    return r;
  },
  neg: (_u, _f, x) => i32.sub(zero(), x),
  abs: (u, _f, x) => (u ? x : select(i32.ltS(x, zero()), i32.sub(zero(), x), x)),
  sign: (u, _f, x) => (u ? i32.ne(x, zero()) : i32.sub(i32.gtS(x, zero()), i32.ltS(x, zero()))),
  max: (u, _f, x, y) => select((u ? i32.gtU : i32.gtS)(x, y), x, y),
  min: (u, _f, x, y) => select((u ? i32.ltU : i32.ltS)(x, y), x, y),
  floor: same,
  ceil: same,
  trunc: same,
  round: same,
  // Negative powers are 0, but for the bases 1 and −1.
  pow: (u, f, x, y) => {
    const result = f.local("i32", one());
    const square = f.local("i32", x);
    const rest = f.local("i32", u ? y : select(i32.ltS(y, zero()), i32.and(y, one()), y));
    f.while(rest, () => {
      f.if(i32.and(rest, one()), () => f.set(result, i32.mul(result, square)));
      f.set(square, i32.mul(square, square));
      f.set(rest, i32.shrU(rest, one()));
    });
    const isUnit = i32.or(i32.eq(x, one()), i32.eq(x, i32.const(-1)));
    return u ? result : select(i32.and(i32.ltS(y, zero()), i32.eqz(isUnit)), zero(), result);
  },
  and: (_u, _f, x, y) => i32.and(x, y),
  or: (_u, _f, x, y) => i32.or(x, y),
  xor: (_u, _f, x, y) => i32.xor(x, y),
  not: (_u, _f, x) => i32.xor(x, i32.const(-1)),
  equal: (_u, _f, x, y) => i32.eq(x, y),
  notEqual: (_u, _f, x, y) => i32.ne(x, y),
  less: (u, _f, x, y) => (u ? i32.ltU : i32.ltS)(x, y),
  lessEqual: (u, _f, x, y) => (u ? i32.leU : i32.leS)(x, y),
  greater: (u, _f, x, y) => (u ? i32.gtU : i32.gtS)(x, y),
  greaterEqual: (u, _f, x, y) => (u ? i32.geU : i32.geS)(x, y),
  shiftLeft: (_u, _f, x, y) => select(i32.gtU(y, i32.const(31)), zero(), i32.shl(x, y)),
  shiftRightLogical: (_u, _f, x, y) => select(i32.gtU(y, i32.const(31)), zero(), i32.shrU(x, y)),
  shiftRightArithmetic: (_u, _f, x, y) => i32.shrS(x, select(i32.gtU(y, i32.const(31)), i32.const(31), y)),
};

/** A double as JavaScript's `|` converts it: truncated, modulo 2³²; 0 for NaN and ±∞. */
export function wrapFloat(f: FunctionBuilder, x: F64): I32 {
  const t = f.local("f64", f64.trunc(x));
  // Exact: the remainder has no more digits than t.
  return i32.wrapI64(i64.truncSatF64S(f64.sub(t, f64.mul(f64.const(2 ** 32), f64.floor(f64.mul(t, f64.const(2 ** -32)))))));
}
