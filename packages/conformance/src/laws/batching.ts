// Laws of batching: vmap is the stacked loop, of functions and of their derivatives.

import { vmap } from "@gradus/batching";
import { type Aval, avalOf, type Tensor } from "@gradus/core";
import { vjp } from "@gradus/vjp";
import { expectAval, expectHost, roundoff } from "../compare.js";
import { fromHost, stackHost, toHost } from "../host-array.js";
import { at, backward, cotangents, directions, forward, type Law, outputs, stackPoints } from "./subject.js";

/** 4. vmap equals the stacked loop: over every axis of every operand, to every axis of the results, and with operands that are not mapped. */
export const batched: Law = (s) => {
  const xs = at(s);
  const f = outputs(s);
  const rank = Math.max(0, ...xs.map((x) => x.ndim));
  const together = Array.from({ length: rank + 1 }, (_, p) => xs.map((x) => Math.min(p, x.ndim)));
  // One operand alone: the others are the same for all examples.
  const alone = xs.length < 2 ? [] : xs.flatMap((x, i) => everyAxis(x).map((p) => xs.map((_, k) => (k === i ? p : null))));
  // Different axes of different operands.
  const apart = xs.length < 2 ? [] : [xs.map((x, i) => (i % 2 === 0 ? x.ndim : 0)), xs.map((x, i) => (i % 2 === 0 ? 0 : x.ndim))];
  for (const axes of [...together, ...alone, ...apart, xs.map(() => -1)]) checkBatch(f, s.points, axes, [0]);
  const ranks = f(...xs).map((y) => y.ndim);
  for (let q = 1; q <= Math.max(0, ...ranks); q++) checkBatch(f, s.points, together[0] as number[], ranks.map((r) => Math.min(q, r)));
  checkBatch(f, s.points, together.at(-1) as number[], ranks.map(() => -1));
};

const everyAxis = (x: Tensor): number[] => Array.from({ length: x.ndim + 1 }, (_, p) => p);

/** vmap of the derivatives equals the stacked loop of derivatives, and the derivatives of vmap are those of the loop. */
export const batchedDerivative: Law = (s) => {
  const n = at(s).length;
  const push = (...all: Tensor[]): Tensor[] => forward(s)(all.slice(0, n), all.slice(n))[1];
  const cts = cotangents(outputs(s)(...at(s)));
  const pull = (...all: Tensor[]): Tensor[] => backward(s)(all.slice(0, n), all.slice(n));
  const withDirections = s.points.map((xs) => [...xs, ...directions(xs)]);
  const withCotangents = s.points.map((xs) => [...xs, ...cts]);
  for (const [f, points] of [[push, withDirections], [pull, withCotangents]] as const) {
    const first = points[0] as Tensor[];
    const rank = Math.max(0, ...first.map((x) => x.ndim));
    for (let p = 0; p <= rank; p++) checkBatch(f, points, first.map((x) => Math.min(p, x.ndim)), [0]);
    // The point alone, or the direction alone, differs between examples.
    checkBatch(f, points, first.map((_, i) => (i < n ? 0 : null)), [0]);
    checkBatch(f, points, first.map((_, i) => (i < n ? null : 0)), [0]);
  }
  // The pullback of vmap(f), example by example.
  const mapped = vmap(outputs(s));
  const stacked = at(s).map((_, i) => stackPoints(s.points, i, 0));
  const stackedCts = cts.map((ct) => fromHost(stackHost(s.points.map(() => toHost(ct)), 0), ct.aval.weak));
  const got = (vjp(mapped, stacked) as [Tensor[], (cts: Tensor[]) => Tensor[]])[1](stackedCts);
  got.forEach((g, i) => {
    const wanted = stackHost(s.points.map((xs) => toHost(backward(s)([...xs], cts)[i] as Tensor)), 0);
    expectHost(toHost(g), wanted, roundoff(g.dtype), `the gradient of vmap(f), operand ${i}`);
  });
};

/** `to` has the output axes: one for all, or one for each. */
function checkBatch(f: (...xs: Tensor[]) => Tensor[], points: readonly (readonly Tensor[])[], axes: readonly (number | null)[], to: readonly number[]): void {
  const first = points[0] as readonly Tensor[];
  const from = (axis: number, x: Tensor): number => (axis < 0 ? axis + x.ndim + 1 : axis);
  const operands = first.map((x, i) => (axes[i] === null ? x : stackPoints(points, i, from(axes[i] as number, x))));
  const examples = points.map((xs) => first.map((x, i) => (axes[i] === null ? x : (xs[i] as Tensor))));
  const wanted = examples.map((xs) => f(...xs));
  const got = vmap(f, [...axes], { outAxes: (to.length === 1 ? to[0] : to) as number })(...operands);
  (wanted[0] as Tensor[]).forEach((w, k) => {
    const g = got[k] as Tensor;
    const outAxis = from(to.length === 1 ? (to[0] as number) : (to[k] as number), w);
    const what = `vmap over axes [${axes.map(String)}] to axis ${outAxis}, output ${k}`;
    expectAval(g.aval, batchAval(w.aval, outAxis, points.length), what);
    expectHost(toHost(g), stackHost(wanted.map((ys) => toHost(ys[k] as Tensor)), outAxis), roundoff(g.dtype), what);
  });
}

const batchAval = ({ shape, dtype, weak }: Aval, axis: number, n: number): Aval => avalOf([...shape.slice(0, axis), n, ...shape.slice(axis)], dtype, weak);
