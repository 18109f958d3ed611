// Laws of second derivatives: they are symmetric, and the four ways to nest the modes agree.

import { isFloat, type Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { jit } from "@gradus/tracing";
import { vjp } from "@gradus/vjp";
import { dot } from "../check-grads.js";
import { agree, expectTree, fail, roundoff, type Tolerance } from "../compare.js";
import { randomTensor, toHost } from "../host-array.js";
import { randomSource } from "../random.js";
import { at, backward, cotangents, directions, forward, type Law, outputs } from "./subject.js";

type Vector = readonly Tensor[];

// Sums in another order, through twice as many operations.
const tolerance = (xs: Vector): Tolerance => (xs.some((x) => x.dtype === "float32") ? { rtol: 2e-4, atol: 2e-4 } : { ...roundoff("float64"), atol: 1e-10 });

const inner = (a: Vector, b: Vector): number => dot(a.map(toHost), b.map(toHost))[0];

/**
 * d²f[u, v] = d²f[v, u]. With H the derivative of x ↦ J(x)ᵀ ct: forward over reverse, reverse over forward and reverse over reverse
 * give the same H v, compiled too; ⟨u, H v⟩ = ⟨H u, v⟩ = ⟨ct, d²f[u, v]⟩.
 */
export const secondOrder: Law = (s) => {
  const xs = at(s);
  // Floats alone are moved: the others are constants.
  const moving = xs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  const f = (...ts: Tensor[]): Tensor[] => {
    const all = [...xs];
    moving.forEach((i, k) => (all[i] = ts[k] as Tensor));
    return outputs(s)(...all).filter((y) => isFloat(y.dtype));
  };
  const subject = { f, points: [moving.map((i) => xs[i] as Tensor)] };
  const ts = at(subject);
  const random = randomSource("second direction");
  const [u, v] = [directions(ts), ts.map((x) => randomTensor(x.aval, random))];
  const ct = cotangents(f(...ts));
  const within = tolerance([...ts, ...ct]);

  const along = (w: Tensor[]) => (...ys: Tensor[]): Tensor[] => forward(subject)(ys, w)[1];
  const twice = (first: Tensor[], second: Tensor[]): Tensor[] => jvp(along(first), ts, second)[1];
  const gradient = (...ys: Tensor[]): Tensor[] => backward(subject)(ys, ct);
  const hessian = (w: Tensor[]): Tensor[] => jvp(gradient, ts, w)[1];

  const mixed = twice(u, v);
  expectTree(twice(v, u), mixed, "d²f[v, u], against d²f[u, v]", within);
  const wanted = hessian(v);
  expectTree(vjp(along(v), ts)[1](ct as never), wanted, "reverse over forward mode, against forward over reverse", within);
  expectTree(vjp(gradient, ts)[1](v as never), wanted, "reverse over reverse mode, against forward over reverse", within);
  expectTree(jit(hessian)(v), wanted, "jit of forward over reverse mode", within);
  const [left, right, direct] = [inner(u, wanted), inner(hessian(u), v), inner(ct, mixed)];
  const size = Math.abs(left) + Math.abs(right) + Math.abs(direct) + moving.reduce((n, _, k) => n + (ts[k] as Tensor).size, 0);
  const near: Tolerance = { rtol: within.rtol, atol: within.atol + within.rtol * size };
  if (!agree(right, left, near)) fail(`The Hessian is not symmetric: ⟨u, H v⟩ is ${left}, and ⟨H u, v⟩ is ${right}.`);
  if (!agree(direct, left, near)) fail(`⟨u, H v⟩ is ${left}, and ⟨ct, d²f[u, v]⟩ is ${direct}.`);
};
