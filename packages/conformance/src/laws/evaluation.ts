// Laws of evaluation: it is pure, compiled evaluation is the same, and dtypes are refused alike in all modes.

import { vmap } from "@gradus/batching";
import { jit, makeProgram } from "@gradus/tracing";
import { exactly, expectCompiled, expectHost, expectTree, fail, thrownBy } from "../compare.js";
import { type HostArray, toHost } from "../host-array.js";
import { at, backward, cotangents, directions, forward, type Law, outputs, stackPoints, type Subject } from "./subject.js";

/** Applying an operation changes no operand, and applying it again gives the same bits. */
export const pure: Law = (s) => {
  const xs = at(s);
  const before = xs.map(toHost);
  const first = outputs(s)(...xs);
  const kept = first.map(toHost);
  expectTree(outputs(s)(...xs), first, "a second application", exactly);
  xs.forEach((x, i) => expectHost(toHost(x), before[i] as HostArray, exactly, `operand ${i} afterwards`));
  first.forEach((y, i) => expectHost(toHost(y), kept[i] as HostArray, exactly, `result ${i} afterwards`));
};

/** 5. jit(f) equals f in aval and value, at every call; or both throw the same class of error. */
export const compiled: Law = (s) => {
  const xs = at(s);
  const f = outputs(s);
  const g = jit(f);
  const error = thrownBy(() => f(...xs));
  if (error !== "nothing") {
    if (thrownBy(() => g(...xs)) !== error) fail(`f throws ${error}, and jit(f) throws ${thrownBy(() => g(...xs))}.`);
    return;
  }
  // float0 alone is of no backend: nothing is there to be compiled.
  if (xs.some((x) => x.dtype !== "float0")) expectCompiled(() => g(...xs));
  for (const point of s.points) expectTree(g(...point), f(...point), "jit(f)");
  if (g.cacheSize() !== 1) fail(`jit kept ${g.cacheSize()} programs for operands of the same avals, expected 1.`);
};

/** The derivatives of jit(f), and jit of the derivatives, equal the derivatives of f. */
export const compiledDerivative: Law = (s) => {
  const xs = at(s);
  const vs = directions(xs);
  const cts = cotangents(outputs(s)(...xs));
  const inner: Subject = { ...s, f: jit(outputs(s)) };
  const push = forward(s)(xs, vs);
  const pull = backward(s)(xs, cts);
  expectTree(forward(inner)(xs, vs), push, "jvp of jit(f)");
  expectTree(backward(inner)(xs, cts), pull, "vjp of jit(f)");
  expectTree(jit(forward(s))(xs, vs), push, "jit of jvp(f)");
  expectTree(jit(backward(s))(xs, cts), pull, "jit of vjp(f)");
};

/** vmap(jit(f)) and jit(vmap(f)) equal vmap(f). */
export const compiledBatch: Law = (s) => {
  const stacked = at(s).map((_, i) => stackPoints(s.points, i, 0));
  const wanted = vmap(outputs(s))(...stacked);
  expectTree(vmap(jit(outputs(s)))(...stacked), wanted, "vmap(jit(f))");
  expectTree(jit(vmap(outputs(s)))(...stacked), wanted, "jit(vmap(f))");
};

/** f refuses these operands with a DTypeError: evaluated, traced, compiled, mapped and differentiated alike. */
export const refused: Law = (s) => {
  const xs = at(s);
  const attempts: [string, () => unknown][] = [
    ["evaluation", () => s.f(...xs)],
    ["makeProgram", () => makeProgram(outputs(s))(...xs)],
    ["jit", () => jit(outputs(s))(...xs)],
    ["vmap", () => vmap(outputs(s))(...xs.map((_, i) => stackPoints(s.points, i, 0)))],
    ["jvp", () => forward(s)(xs, directions(xs))],
  ];
  for (const [what, attempt] of attempts) if (thrownBy(attempt) !== "DTypeError") fail(`${what} throws ${thrownBy(attempt)}, expected DTypeError.`);
};
