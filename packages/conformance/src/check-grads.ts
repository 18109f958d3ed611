// checkGrads: derivatives against differences. Forward mode is compared with central differences in float64, reverse mode
// by its inner product with them; order k checks the derivatives of the derivatives of order k − 1 in the same way.

import { type Aval, ArgumentError, ConformanceError, isFloat, opaqueTensor, tangentAval, type Tensor, toTensor, tree, type TreeDef } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { vjp } from "@gradus/vjp";
import { fromHost, type HostArray, randomHost, toHost } from "./host-array.js";
import { randomSource } from "./random.js";

export type Mode = "fwd" | "rev";

export interface CheckGradsOptions {
  /** How many times to differentiate: 1 unless given. */
  readonly order?: number;
  /** Forward and reverse unless given; orders above 1 check every combination. */
  readonly modes?: readonly Mode[];
  /** |got − expected| ≤ atol + rtol·|expected|: 1e-6 each for float64, 2e-3 for float32, unless given. */
  readonly atol?: number;
  readonly rtol?: number;
  /** The longer of the two steps: 2^-10 where f computes in float64, 2^-6 where it casts to float32, unless given. */
  readonly eps?: number;
  /** Chooses the directions. */
  readonly seed?: number | string;
}

/** A flat function of tensors. */
type Flat = (xs: Tensor[]) => Tensor[];

/**
 * Checks the derivatives of `f` at `args` (trees of tensors or JS numbers) in a random direction. Integers and booleans
 * are held fixed. Choose points away from kinks: a difference sees both sides of them.
 * @example checkGrads((x) => mul(sin(x), x), [0.7], { order: 2 })
 * @throws ConformanceError naming mode, order, direction, the value got and the value expected
 */
export function checkGrads(f: (...args: any[]) => unknown, args: readonly unknown[], options: CheckGradsOptions = {}): void {
  const { order = 1, modes = ["fwd", "rev"], seed = 0 } = options;
  if (!Number.isInteger(order) || order < 1) throw new ArgumentError(`checkGrads: order is ${order}, and has to be a whole number of at least 1.`);
  if (!Array.isArray(args)) throw new ArgumentError("checkGrads takes the arguments as an array: checkGrads(f, [x]).");
  const [leaves, def] = tree.flatten(args) as [unknown[], TreeDef];
  const xs = leaves.map((x) => toTensor(x, "checkGrads: an argument"));
  if (!xs.some((x) => isFloat(x.dtype))) throw new ArgumentError(`checkGrads: no argument is a float, so there is nothing to differentiate: ${xs.map((x) => x.aval).join(", ")}.`);
  const flat: Flat = (ts) => tree.leaves(f(...(tree.unflatten(def, ts) as unknown[]))).map((y) => toTensor(y, "checkGrads: a result"));
  check(flat, xs, order, modes, [], options, randomSource(seed));
}

function check(f: Flat, xs: Tensor[], order: number, modes: readonly Mode[], path: readonly string[], options: CheckGradsOptions, random: () => number): void {
  const directions = xs.map((x) => randomHost(tangentAval(x.aval), random));
  const numeric = difference(f, xs, directions, options.eps);
  const cotangents = numeric.map((d) => ({ ...d, data: d.data.map(() => 2 * random() - 1) }));
  const derivative: Record<Mode, Flat> = {
    fwd: (ts) => tree.leaves(jvp((...a: Tensor[]) => f(a), ts, directions.map((v, i) => ofAval(v, tangentAval((ts[i] as Tensor).aval))))[1]) as Tensor[],
    rev(ts) {
      const [outs, pullback] = vjp((...a: Tensor[]) => f(a), ts) as [Tensor[], (ct: Tensor[]) => Tensor[]];
      return pullback(cotangents.map((ct, i) => ofAval(ct, tangentAval((outs[i] as Tensor).aval))));
    },
  };
  for (const mode of modes) {
    const where = [...path, mode];
    if (mode === "fwd") compareForward(derivative.fwd(xs), numeric, directions, where, options);
    else compareReverse(derivative.rev(xs), numeric, directions, cotangents, where, options);
    if (order > 1) check((ts) => derivative[mode](ts).filter((t) => t.dtype !== "float0"), xs, order - 1, modes, where, options, random);
  }
}

// Host values as a tensor of an aval of the same shape, in whatever width it has here.
const ofAval = (x: HostArray, aval: Aval): Tensor => (aval.dtype === "float0" ? opaqueTensor(aval) : fromHost({ ...x, dtype: aval.dtype }, aval.weak));

// Richardson's extrapolation of (f(x + hv) − f(x − hv))/2h from h and h/2, in float64 throughout: its error is O(h⁴).
function difference(f: Flat, xs: readonly Tensor[], directions: readonly HostArray[], eps: number | undefined): HostArray[] {
  const hosts = xs.map(toHost);
  const shifted = (h: number): HostArray[] =>
    f(hosts.map((x, i) => (isFloat(x.dtype) ? fromHost({ shape: x.shape, dtype: "float64", data: x.data.map((v, k) => v + h * (directions[i]?.data[k] as number)) }) : (xs[i] as Tensor)))).map(toHost);
  const isNarrow = shifted(0).some((y) => y.dtype === "float32");
  const h = eps ?? (isNarrow ? 2 ** -6 : 2 ** -10);
  const [far, near, nearBelow, farBelow] = [shifted(h), shifted(h / 2), shifted(-h / 2), shifted(-h)];
  const at = (ys: readonly HostArray[], k: number, i: number): number => ys[k]?.data[i] as number;
  return far.map(({ shape, dtype, data }, k) =>
    isFloat(dtype)
      ? { shape, dtype: "float64", data: data.map((_, i) => (8 * (at(near, k, i) - at(nearBelow, k, i)) - (at(far, k, i) - at(farBelow, k, i))) / (6 * h)) }
      : { shape, dtype: "float0", data: [] },
  );
}

function tolerances(tensors: readonly Tensor[], { atol, rtol }: CheckGradsOptions): [atol: number, rtol: number] {
  const usual = tensors.some((t) => t.dtype === "float32" && !t.aval.weak) ? 2e-3 : 1e-6;
  return [atol ?? usual, rtol ?? usual];
}

function compareForward(got: readonly Tensor[], wanted: readonly HostArray[], directions: readonly HostArray[], path: readonly string[], options: CheckGradsOptions): void {
  const [atol, rtol] = tolerances(got, options);
  got.forEach((t, k) => {
    const { shape, data } = toHost(t);
    const w = wanted[k] as HostArray;
    if (shape.join() !== w.shape.join()) throw mismatch("jvp", path, `the tangent of output ${k} has shape [${shape}], the output [${w.shape}]`, directions);
    data.forEach((g, i) => {
      const e = w.data[i] as number;
      if (!(Math.abs(g - e) <= atol + rtol * Math.abs(e))) throw mismatch("jvp", path, `element ${i} of output ${k}: got ${g}, expected ${e} by differences`, directions);
    });
  });
}

function compareReverse(
  got: readonly Tensor[],
  numeric: readonly HostArray[],
  directions: readonly HostArray[],
  cotangents: readonly HostArray[],
  path: readonly string[],
  options: CheckGradsOptions,
): void {
  const [atol, rtol] = tolerances(got, options);
  const [g, size] = dot(got.map(toHost), directions);
  const [e] = dot(numeric, cotangents);
  if (!(Math.abs(g - e) <= atol + rtol * Math.max(Math.abs(e), size))) {
    throw mismatch("vjp", path, `⟨Jᵀct, v⟩ is ${g}, expected ⟨ct, Jv⟩ = ${e} by differences, for the cotangent ${show(cotangents)}`, directions);
  }
}

/** The inner product, and the sum of the sizes of its terms. */
export function dot(a: readonly HostArray[], b: readonly HostArray[]): [sum: number, size: number] {
  let sum = 0;
  let size = 0;
  a.forEach((x, k) =>
    x.data.forEach((v, i) => {
      const term = v * ((b[k] as HostArray).data[i] as number);
      sum += term;
      size += Math.abs(term);
    }),
  );
  return [sum, size];
}

const show = (xs: readonly HostArray[]): string => `[${xs.map((x) => (x.data.length > 8 ? `[${x.data.slice(0, 8).join(", ")}, …]` : `[${x.data.join(", ")}]`)).join(", ")}]`;

const mismatch = (what: string, path: readonly string[], text: string, directions: readonly HostArray[]): ConformanceError =>
  new ConformanceError(`checkGrads: ${what} of order ${path.length} (${[...path].reverse().join(" of ")}): ${text}. Direction: ${show(directions)}.`);
