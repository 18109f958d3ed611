// Learning rates that depend on the number of steps taken. Written with operations, so that they go into jit and scan.

import { add, ArgumentError, isFloat, mul, select, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { cast, cos, div, exp, floor, less, max, min, pow, sub } from "@gradus/ops";

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

/** Powers of what is left of a way from one value to another: (from − to)·(1 − n)^power + to, n being the part of the steps done; constant before `begin` and at the end. @throws ArgumentError unless steps are positive */
export function polynomial(from: number, to: number, power: number, transitionSteps: number, begin = 0): Schedule {
  checkSteps(transitionSteps, "polynomial");
  if (!(typeof power === "number" && power > 0)) throw new ArgumentError(`polynomial: the power is ${String(power)}, and has to be a positive JS number.`);
  return (count) => add(mul(pow(sub(1, progress(sub(steps(count), begin), transitionSteps)), power), from - to), to);
}

/** A value that is multiplied, from each of these numbers of steps on, by the factor there: `piecewiseConstant(0.1, { 1000: 0.5, 2000: 0.1 })`. @throws ArgumentError for a number of steps that is not positive */
export function piecewiseConstant(value: number, factors: Readonly<Record<number, number>>): Schedule {
  if (typeof factors !== "object" || factors === null) throw new ArgumentError("piecewiseConstant: expected the factors by numbers of steps, as in { 1000: 0.5 }.");
  const list = Object.entries(factors).map(([at, factor]): [number, number] => [Number(at), factor]);
  for (const [at] of list) checkSteps(at, "piecewiseConstant");
  return (count) => {
    const n = steps(count);
    return list.reduce((rate: Tensor, [at, factor]) => mul(rate, select(less(n, at), 1, factor)), add(mul(n, 0), value));
  };
}

/** Schedules one after the other, each counting from where it begins: the first up to the first boundary, and so on. @throws ArgumentError unless there is a boundary between every two, in ascending order */
export function joinSchedules(schedules: readonly Schedule[], boundaries: readonly number[]): Schedule {
  if (!Array.isArray(schedules) || !Array.isArray(boundaries)) throw new ArgumentError("joinSchedules: expected an array of schedules and one of the numbers of steps between them.");
  if (schedules.length === 0 || boundaries.length !== schedules.length - 1 || boundaries.some((b, i) => !(b > (boundaries[i - 1] ?? 0)))) {
    throw new ArgumentError(`joinSchedules: ${schedules.length} schedules with the boundaries [${boundaries}]: expected one between every two, positive and ascending.`);
  }
  return (count) => {
    const n = steps(count);
    return schedules.slice(1).reduce((rate: Tensor, next, i) => {
      const from = boundaries[i] as number;
      return select(less(n, from), rate, next(sub(n, from)));
    }, (schedules[0] as Schedule)(n));
  };
}

/** Linearly from `initial` to `peak`, then half a cosine down to `end` at so many steps in all. @throws ArgumentError unless steps are positive, and more than those of the warmup */
export function warmupCosineDecay(initial: number, peak: number, warmupSteps: number, decaySteps: number, end = 0): Schedule {
  checkSteps(decaySteps - warmupSteps, "warmupCosineDecay");
  return joinSchedules([linear(initial, peak, warmupSteps), cosineDecay(peak, decaySteps - warmupSteps, peak === 0 ? 0 : end / peak)], [warmupSteps]);
}

// How much of n steps is done, 0 to 1.
const progress = (count: TensorLike, n: number): Tensor => max(min(div(steps(count), n), 1), 0);

function checkSteps(n: number, what: string): void {
  if (!(typeof n === "number" && n > 0 && n < Infinity)) throw new ArgumentError(`${what}: the number of steps is ${String(n)}, and has to be a positive JS number.`);
}
