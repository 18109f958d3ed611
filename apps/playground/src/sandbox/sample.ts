// A function of one scalar over a range: its values and its gradients, under vmap, or point by point where vmap cannot.

import { vmap } from "@gradus/batching";
import { array, isTensor, type Tensor, type TensorLike } from "@gradus/core";
import { grad } from "@gradus/vjp";
import type { Curve, ErrorReport, Plot, Sampled } from "./protocol.js";

export type ScalarFunction = (x: Tensor) => TensorLike;

const points = 401;

/** Samples functions over a range; the marked point, if it is inside, is one of the samples. */
export function samplePlot(functions: ReadonlyMap<string, ScalarFunction>, [from, to]: readonly [number, number], at: number | undefined, report: (error: unknown) => ErrorReport): Plot {
  const xs = Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const marked = at !== undefined && at >= from && at <= to ? at : undefined;
  if (marked !== undefined && !xs.includes(marked)) xs.push(marked);
  xs.sort((a, b) => a - b);
  const curves = [...functions].map(
    ([name, f]): Curve => ({
      name,
      value: sample(f, xs, report),
      gradient: sample((x) => grad(f)(x), xs, report),
    }),
  );
  return { xs: Float64Array.from(xs), at: marked, curves };
}

function sample(f: ScalarFunction, xs: readonly number[], report: (error: unknown) => ErrorReport): Sampled {
  try {
    return { ys: numbers(vmap(f)(array([...xs])) as TensorLike, xs.length) };
  } catch (batched) {
    try {
      const ys = xs.map((x) => numbers(f(array(x)), 1)[0] as number);
      return { ys: Float64Array.from(ys), pointwise: batched instanceof Error ? `${batched.name} under vmap` : "vmap failed" };
    } catch (error) {
      return { ys: new Float64Array(0), error: report(error) };
    }
  }
}

function numbers(y: TensorLike, count: number): Float64Array {
  if (!isTensor(y)) return new Float64Array(count).fill(Number(y));
  if (y.size !== count) throw new RangeError(`A plotted function takes one scalar and returns one, and this one returned ${y.aval}.`);
  return Float64Array.from(y.dataSync());
}
