// Gives tensors the methods of `Fluent`. Tracers are tensors, so that a method works wherever its function does.

import { dispose, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";
import type { Fluent } from "./fluent.js";

type Methods = { readonly [K in Extract<keyof Fluent, string>]: (x: Tensor, ...args: Parameters<Fluent[K]>) => ReturnType<Fluent[K]> };

const {
  add, sub, mul, div, rem, pow, integerPow, square, neg, abs, sign, max, min, nextafter,
  floor, ceil, round, trunc,
  sqrt, rsqrt, cbrt, exp, exp2, expm1, log, log2, log1p,
  sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh, sigmoid,
  equal, notEqual, less, lessEqual, greater, greaterEqual, isNan, isFinite,
  not, and, or, xor, shiftLeft, shiftRightArithmetic, shiftRightLogical, select, cast, astype,
  reduceSum, reduceProd, reduceMax, reduceMin, reduceAnd, reduceOr, argmax, argmin, dotGeneral,
  reshape, transpose, broadcastTo, squeeze, expandDims, reverse, slice, split, pad, take, gather, scatterAdd, oneHot,
} = ops;

const methods: Methods = {
  add, sub, mul, div, rem, pow, integerPow, square, neg, abs, sign, max, min, nextafter,
  clamp: (x, lo, hi) => ops.clamp(lo, x, hi),
  floor, ceil, round, trunc,
  sqrt, rsqrt, cbrt, exp, exp2, expm1, log, log2, log1p,
  sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh, sigmoid,
  equal, notEqual, less, lessEqual, greater, greaterEqual, isNan, isFinite,
  not, and, or, xor, shiftLeft, shiftRightArithmetic, shiftRightLogical, select, cast, astype,
  reduceSum, reduceProd, reduceMax, reduceMin, reduceAnd, reduceOr, argmax, argmin, dotGeneral,
  reshape, transpose, broadcastTo, squeeze, expandDims, reverse, slice, split, pad, take, gather, scatterAdd, oneHot,
  stopGradient,
  dispose: (x) => dispose(x),
};

/** Puts the methods on the prototype of tensors, where loops over properties do not see them. */
export function installFluent(): void {
  for (const [name, f] of Object.entries(methods) as [string, (...args: unknown[]) => unknown][]) {
    // Four arguments are the most that any takes; naming them spares an array per call.
    const value = function (this: Tensor, a?: unknown, b?: unknown, c?: unknown): unknown {
      return f(this, a, b, c);
    };
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
  }
  // Engines that do not know the symbol do not know `using` either.
  if (Symbol.dispose !== undefined) Object.defineProperty(Tensor.prototype, Symbol.dispose, { value: Tensor.prototype.dispose, writable: true, configurable: true });
  // console.log in Node prints tensors as their text does, not as the objects they are.
  Object.defineProperty(Tensor.prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: Tensor): string {
      return this.toString();
    },
    configurable: true,
  });
}
