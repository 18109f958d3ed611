// Laws of derivatives: forward and reverse mode, linearization and differences agree, and what is flat is exactly flat.

import { isFloat, tangentAval, type Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { jit } from "@gradus/tracing";
import { linearize, vjp } from "@gradus/vjp";
import { checkGrads, dot } from "../check-grads.js";
import { exactly, expectAval, expectTree, fail, roundoff, thrownBy } from "../compare.js";
import { toHost } from "../host-array.js";
import { at, backward, cotangents, directions, forward, type Law, outputs } from "./subject.js";

/** 1. The primal output of every derivative equals plain evaluation; derivatives have the avals of what they belong to. */
export const primal: Law = (s) => {
  const xs = at(s);
  const wanted = outputs(s)(...xs);
  const [out, dout] = forward(s)(xs, directions(xs));
  expectTree(out, wanted, "the primal output of jvp", exactly);
  dout.forEach((t, i) => expectAval(t.aval, tangentAval((wanted[i] as Tensor).aval), `tangent ${i}`));
  const [value, pullback] = vjp(outputs(s), xs) as [Tensor[], (cts: Tensor[]) => Tensor[]];
  expectTree(value, wanted, "the primal output of vjp", exactly);
  pullback(cotangents(wanted)).forEach((ct, i) => expectAval(ct.aval, tangentAval((xs[i] as Tensor).aval), `the gradient of operand ${i}`));
  expectTree(linearize(outputs(s), xs)[0], wanted, "the primal output of linearize", exactly);
};

/** 2. ⟨ct, J v⟩ = ⟨Jᵀ ct, v⟩. */
export const adjoint: Law = (s) => {
  const xs = at(s);
  const vs = directions(xs);
  const [out, dout] = forward(s)(xs, vs);
  const cts = cotangents(out);
  const [left, size] = dot(dout.map(toHost), cts.map(toHost));
  const [right] = dot(backward(s)(xs, cts).map(toHost), vs.map(toHost));
  const { rtol, atol } = [...out, ...xs].some((t) => t.dtype === "float32") ? roundoff("float32") : roundoff("float64");
  if (!(Math.abs(left - right) <= atol + rtol * Math.max(size, Math.abs(left)))) fail(`⟨ct, J v⟩ is ${left}, and ⟨Jᵀ ct, v⟩ is ${right}.`);
};

/** 3. linearize agrees with jvp, and its map can be applied again. */
export const linearized: Law = (s) => {
  const xs = at(s);
  const vs = directions(xs);
  const [, wanted] = forward(s)(xs, vs);
  const [, pushforward] = linearize(outputs(s), xs) as [Tensor[], (...vs: Tensor[]) => Tensor[]];
  expectTree(pushforward(...vs), wanted, "the tangent of linearize");
  expectTree(pushforward(...vs), wanted, "the tangent of linearize, applied again");
};

/** First and second derivatives agree with differences. */
export const gradient: Law = (s) => checkGrads((...xs: Tensor[]) => outputs(s)(...xs), at(s), { order: 2 });

/** The derivative is exactly zero, whatever the operands, in both modes. */
export const flat: Law = (s) => {
  for (const point of s.points) {
    const xs = [...point];
    const [out, dout] = forward(s)(xs, directions(xs));
    const all = [...dout, ...backward(s)(xs, cotangents(out))].filter((t) => isFloat(t.dtype));
    all.forEach((t) => toHost(t).data.forEach((v) => v === 0 || fail(`A derivative is ${v}, expected 0.`)));
  }
};

/** There is no derivative: asking for it is a MissingRuleError, in both modes and under vmap and jit. */
export const undifferentiable: Law = (s) => {
  const xs = at(s);
  const vs = directions(xs);
  const attempts: [string, () => unknown][] = [
    ["jvp", () => forward(s)(xs, vs)],
    ["vjp", () => backward(s)(xs, cotangents(outputs(s)(...xs)))],
    ["linearize", () => linearize(outputs(s), xs)],
    ["jvp of jit", () => jvp(jit(outputs(s)), xs, vs)],
    ["jit of jvp", () => jit(forward(s))(xs, vs)],
  ];
  for (const [what, attempt] of attempts) if (thrownBy(attempt) !== "MissingRuleError") fail(`${what} throws ${thrownBy(attempt)}, expected MissingRuleError.`);
};
