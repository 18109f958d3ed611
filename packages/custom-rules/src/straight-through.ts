// Replacing a derivative by another function's, or by zero.
// Straight-through estimator: Bengio, Léonard & Courville 2013, "Estimating or propagating gradients through stochastic
// neurons for conditional computation", https://arxiv.org/abs/1308.3432

import { ArgumentError, bind, definePrimitive, flattenOutput, isFloat, type Primitive, select, type Tensor, Zero } from "@gradus/core";
import { and, type Expr, greaterEqual, lessEqual } from "@gradus/core/scalar";
import { makeCallable, nameOf } from "./callable.js";
import type { FlatFunction } from "./rule-call.js";

export interface StraightThroughOptions {
  /** The interval outside which the gradient is zero, both ends inside. */
  readonly clip?: readonly [low: number, high: number];
}

// low ≤ x ≤ high
const insideP: Primitive<{ low: number; high: number }> = /* @__PURE__ */ definePrimitive<{ low: number; high: number }>("inside", {
  elementwise: {
    accepts: "number",
    result: "bool",
    body: (x: Expr, { low, high }: { low: number; high: number }) => and(greaterEqual(x, low), lessEqual(x, high)),
  },
  zeroGradient: "a comparison is flat",
});

/**
 * A function with the values of `f`, bit for bit, and the derivative, of every order, of `surrogate`: the identity unless given.
 * @example const roundSt = straightThrough(round); grad((x) => mul(roundSt(x), x))(2.7) // round(x) + x = 5.7
 * @throws ShapeError if the surrogate's value has another shape @throws DTypeError if it is no float
 */
export function straightThrough<A extends any[] = Tensor[], R = Tensor>(
  f: (...args: A) => R,
  surrogate: (...args: A) => R = identity as never,
  options: StraightThroughOptions = {},
): (...args: A) => R {
  const name = nameOf(f, "straightThrough");
  nameOf(surrogate, "straightThrough: surrogate");
  const { clip } = options;
  if (clip !== undefined && !(clip.length === 2 && clip[0] <= clip[1])) throw new ArgumentError("straightThrough: clip must be [low, high] with low ≤ high.");
  return makeCallable(f, `straightThrough(${name})`, [], (call) => {
    const flat: FlatFunction = (xs) => {
      const args = clip === undefined ? xs : xs.map((x) => clipped(x, clip));
      return flattenOutput(surrogate(...(call.args(args) as A)), `The surrogate of ${name}`)[0];
    };
    return { surrogate: flat };
  }) as (...args: A) => R;
}

function identity(...args: unknown[]): unknown {
  if (args.length === 1) return args[0];
  throw new ArgumentError(`straightThrough: the identity is the surrogate of a function of one argument, and this one was given ${args.length}. Give a surrogate of them, for example (x, y) => x.`);
}

// x inside the interval, the constant nearest end outside: its derivative is 1 inside and 0 outside.
function clipped(x: Tensor, [low, high]: readonly [number, number]): Tensor {
  return isFloat(x.dtype) ? select(bind(insideP, [x], { low, high }), x, low) : x;
}

/**
 * A function with the values of `f` whose gradient is zero, for a reason that is kept.
 * @example const step = zeroGradient((x) => greater(x, 0), "a step is flat");
 */
export function zeroGradient<A extends any[] = Tensor[], R = Tensor>(f: (...args: A) => R, reason = "zeroGradient"): (...args: A) => R {
  const name = nameOf(f, "zeroGradient");
  const callable = makeCallable(f, `zeroGradient(${name})`, [], (call) => ({
    jvp: (primals) => {
      const outs = call.output(callable(...call.args(primals)), name);
      return [outs, outs.map((o) => new Zero(o.aval, reason))];
    },
  })) as (...args: any[]) => unknown;
  return callable as (...args: A) => R;
}
