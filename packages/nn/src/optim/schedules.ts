// Learning rates that depend on the number of steps taken. Written with operations, so that they go into jit and scan.

import { add, ArgumentError, isFloat, mul, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { cast, cos, div, exp, floor, less, max, min, sub } from "@gradus/ops";

/** The rate after so many steps. */
export type Schedule = (count: TensorLike) => Tensor;

const steps = (count: TensorLike): Tensor => {
  const t = toTensor(count, "a schedule");
  return isFloat(t.dtype) ? t : cast(t, "float32");
};

/** The same rate always. */
export const constant = (value: number): Schedule => (count) => add(mul(steps(count), 0), value);

/** In a straight line from one value to another in so many steps, then constant. @throws ArgumentError unless steps is positive */
export function linear(from: number, to: number, transitionSteps: number): Schedule {
  checkSteps(transitionSteps, "linear");
  return (count) => add(mul(progress(count, transitionSteps), to - from), from);
}

/**
 * value·rate^(count/transitionSteps), in whole powers with `staircase`. @throws ArgumentError unless steps and rate are positive
 */
export function exponentialDecay(value: number, transitionSteps: number, rate: number, { staircase = false }: { readonly staircase?: boolean } = {}): Schedule {
  checkSteps(transitionSteps, "exponentialDecay");
  if (!(rate > 0)) throw new ArgumentError(`exponentialDecay: the rate is ${String(rate)}, and has to be positive.`);
  return (count) => {
    const n = div(steps(count), transitionSteps);
    return mul(exp(mul(staircase ? floor(n) : n, Math.log(rate))), value);
  };
}

/**
 * Half a cosine from value down to alpha·value in so many steps, then constant: value·((1 − alpha)·½(1 + cos(πn)) + alpha).
 * Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983, equation 5. @throws ArgumentError unless steps is positive
 */
export function cosineDecay(value: number, decaySteps: number, alpha = 0): Schedule {
  checkSteps(decaySteps, "cosineDecay");
  return (count) => {
    const wave = mul(add(cos(mul(progress(count, decaySteps), Math.PI)), 1), 0.5);
    return mul(add(mul(wave, 1 - alpha), alpha), value);
  };
}

/** The first schedule for so many steps, then the second, which counts from there. @throws ArgumentError unless steps is positive */
export function join(first: Schedule, firstSteps: number, second: Schedule): Schedule {
  checkSteps(firstSteps, "join");
  return (count) => {
    const n = steps(count);
    return select(less(n, firstSteps), first(n), second(sub(n, firstSteps)));
  };
}

/** Linearly from 0 to the value in so many steps, then another schedule: {@link constant} unless given. @throws ArgumentError */
export const warmup = (value: number, warmupSteps: number, then: Schedule = constant(value)): Schedule => join(linear(0, value, warmupSteps), warmupSteps, then);

// How much of n steps is done, 0 to 1.
const progress = (count: TensorLike, n: number): Tensor => max(min(div(steps(count), n), 1), 0);

function checkSteps(n: number, what: string): void {
  if (!(typeof n === "number" && n > 0 && n < Infinity)) throw new ArgumentError(`${what}: the number of steps is ${String(n)}, and has to be a positive JS number.`);
}
