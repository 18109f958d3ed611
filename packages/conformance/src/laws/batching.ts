// Laws of batching: vmap is the stacked loop, of functions and of their derivatives.

import { vmap } from "@gradus/batching";
import { type Aval, avalOf, type Tensor } from "@gradus/core";
import { vjp } from "@gradus/vjp";
import { expectAval, expectHost, roundoff } from "../compare.js";
import { fromHost, stackHost, toHost } from "../host-array.js";
import { at, backward, cotangents, directions, forward, type Law, outputs, stackPoints } from "./subject.js";

/** 4. vmap equals the stacked loop: for every axis, every output axis, and with operands that are not mapped. */
export const batched: Law = (s) => {
  const xs = at(s);
  const rank = Math.max(0, ...xs.map((x) => x.ndim));
  const configurations: (number | null)[][] = Array.from({ length: rank + 1 }, (_, p) => xs.map((x) => Math.min(p, x.ndim)));
  if (xs.length > 1) for (let i = 0; i < xs.length; i++) for (const p of new Set([0, (xs[i] as Tensor).ndim])) configurations.push(xs.map((_, k) => (k === i ? p : null)));
  configurations.push(xs.map(() => -1));
  for (const axes of configurations) checkBatch(outputs(s), s.points, axes, 0);
  const rankOut = Math.min(...outputs(s)(...xs).map((y) => y.ndim));
  for (let q = 1; q <= rankOut; q++) checkBatch(outputs(s), s.points, configurations[0] as number[], q);
};

/** vmap of the derivatives equals the stacked loop of derivatives, and the derivatives of vmap are those of the loop. */
export const batchedDerivative: Law = (s) => {
  const n = at(s).length;
  const push = (...all: Tensor[]): Tensor[] => forward(s)(all.slice(0, n), all.slice(n))[1];
  const cts = cotangents(outputs(s)(...at(s)));
  const pull = (...all: Tensor[]): Tensor[] => backward(s)(all.slice(0, n), all.slice(n));
  const zeros = (xs: readonly Tensor[]): (0 | null)[] => xs.map(() => 0);
  const withDirections = s.points.map((xs) => [...xs, ...directions(xs)]);
  checkBatch(push, withDirections, zeros(withDirections[0] as Tensor[]), 0);
  const withCotangents = s.points.map((xs) => [...xs, ...cts]);
  checkBatch(pull, withCotangents, zeros(withCotangents[0] as Tensor[]), 0);
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

function checkBatch(f: (...xs: Tensor[]) => Tensor[], points: readonly (readonly Tensor[])[], axes: readonly (number | null)[], outAxis: number): void {
  const first = points[0] as readonly Tensor[];
  const from = (axis: number, x: Tensor): number => (axis < 0 ? axis + x.ndim + 1 : axis);
  const operands = first.map((x, i) => (axes[i] === null ? x : stackPoints(points, i, from(axes[i] as number, x))));
  const examples = points.map((xs) => first.map((x, i) => (axes[i] === null ? x : (xs[i] as Tensor))));
  const wanted = examples.map((xs) => f(...xs));
  const got = vmap(f, [...axes], { outAxes: outAxis })(...operands);
  (wanted[0] as Tensor[]).forEach((w, k) => {
    const g = got[k] as Tensor;
    const what = `vmap over axes [${axes.map(String)}] to axis ${outAxis}, output ${k}`;
    expectAval(g.aval, batchAval(w.aval, outAxis, points.length), what);
    expectHost(toHost(g), stackHost(wanted.map((ys) => toHost(ys[k] as Tensor)), outAxis), roundoff(g.dtype), what);
  });
}

const batchAval = ({ shape, dtype, weak }: Aval, axis: number, n: number): Aval => avalOf([...shape.slice(0, axis), n, ...shape.slice(axis)], dtype, weak);
