// A third party's handler with values of its own, intervals, by public API alone, inside and outside of each transformation.
// Expected, for f(x) = x·e^−x, whose bounds from l to h (both ≥ 0) come out as l·e^−h and h·e^−l:
//   of f over [1, 2]: e^−2 = 0.1353 and 2·e^−1 = 0.7358; over [0, 1] beside it, 0 and 1;
//   outside grad, of f' = e^−x − x·e^−x: e^−h − h·e^−l and e^−l − l·e^−h, so −0.6004 and 0.2325, and from 0 to 1 −0.6321;
//   inside grad, d/dc of the upper bound over [c − ½, c + ½] at 1.5: e^−1·(1 − 2) = −0.3679;
//   inside and outside of vmap and jit the same bounds;
//   a custom rule is kept where nothing below differentiates, and otherwise refused, never silently dropped.

import { report, type Row } from "@gradus/example-table";
import { applyUnary, array, definePrimitive, grad, jit, jvp, makeProgram, mul, round, ruleCallP, scalar as s, straightThrough, type Tensor, vjp, vmap } from "gradus";
import { bounds, increasing, type Interval } from "./interval.js";

const f = (x: Tensor): Tensor => mul(x, x.neg().exp());
const upperAround = (c: Tensor): Tensor => bounds(f)(c.sub(0.5), c.add(0.5)).hi;
const lows = array([1, 0]);
const highs = array([2, 1]);
const each = (lo: Tensor, hi: Tensor): Interval => bounds(f)(lo, hi);

report("interval arithmetic under transformations", [
  ["eager", "{lo: 0.1353, hi: 0.7358}", () => bounds(f)(1, 2)],
  ["a constant", "{lo: 3, hi: 3}", () => bounds(() => array(3))(1, 2)],

  ["outside grad", "{lo: -0.6004, hi: 0.2325}", () => bounds(grad(f))(1, 2)],
  ["inside grad", "-0.3679", () => grad(upperAround)(1.5)],
  ["inside jvp", "[0.7358, -0.3679]", () => jvp(upperAround, [array(1.5)], [1])],
  // The second derivative of (c + ½)·e^(½−c) at 1.5: e^−1·(2 − 2) = 0.
  ["inside grad(grad)", "0", () => grad(grad(upperAround))(1.5)],
  ["two of them do not mix", "{lo: 6, hi: 8}", () => bounds((x) => bounds((y) => mul(x, y))(1, 2).hi)(3, 4)],

  ["inside vmap", "{hi: [0.7358, 1], lo: [0.1353, 0]}", () => vmap(each)(lows, highs)],
  ["outside vmap", "{lo: [0.1353, 0], hi: [0.7358, 1]}", () => bounds(vmap(f))(lows, highs)],
  ["outside vmap(grad)", "[-0.6004, -0.6321]", () => bounds(vmap(grad(f)))(lows, highs).lo],

  ["inside jit", "{hi: 0.7358, lo: 0.1353}", () => jit(each)(array(1), array(2))],
  ["outside jit", "{lo: 0.1353, hi: 0.7358}", () => bounds(jit(f))(1, 2)],
  ["outside jit(grad)", "{lo: -0.6004, hi: 0.2325}", () => bounds(jit(grad(f)))(1, 2)],
  ["outside grad(jit)", "{lo: -0.6004, hi: 0.2325}", () => bounds(grad(jit(f)))(1, 2)],
  ["inside jit, inside grad", "-0.3679", () => grad(jit(upperAround))(1.5)],
  ["the program: plain operations, no unused bound", "[sub, add, neg, exp, mul, max]", () => [...new Set(makeProgram(upperAround)(array(1.5)).equations.map((eq) => eq.primitive.name))]],
] satisfies Row[]);

// An operation of another package that knows its bounds: ln(1 + eˣ) never decreases.
const softplusP = definePrimitive("@other/softplus", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.log1p(s.exp(x)) },
  partials: [(x: Tensor) => x.sigmoid()],
  rules: { "@acme/interval:bounds": ([x]) => ({ lo: softplus(x!.lo), hi: softplus(x!.hi) }) },
});
const softplus = (x: Tensor): Tensor => applyUnary(softplusP, x);
/** A pullback whose residuals are intervals, after these have ended. */
function pullbackOf(f: (x: Tensor) => Tensor): (ct: number) => unknown {
  const taken: ((ct: number) => unknown)[] = [];
  bounds((x) => {
    const [y, pullback] = vjp(f, [x]);
    taken.push(pullback);
    return y;
  })(1, 2);
  return taken[0]!;
}
const rounded = straightThrough(round);

report("rules from elsewhere", [
  ["another package's operation", "{lo: 0.6931, hi: 1.3133}", () => bounds(softplus)(0, 1)],
  ["and its derivative, the sigmoid", "{lo: 0.5, hi: 0.7311}", () => bounds(grad(softplus))(0, 1)],
  ["reductions and reshapes, by their trait", "{lo: 1, hi: 3}", () => bounds((x) => x.reshape([2, 1]).reduceSum())(array([1, 0]), array([2, 1]))],
  ["an operation of unknown bounds", 'MissingRuleError: "@acme/interval:bounds"', () => bounds((x) => x.sin())(1, 2)],
  ["a pullback that outlives them", "EscapedTracerError: @acme/interval, which has ended", () => pullbackOf(f)(1)],
  ["the value of an interval", "ConcretizationError: no single value", () => bounds((x) => mul(x, x.item()))(1, 2)],

  ["a custom rule", "{lo: 1, hi: 3}", () => bounds(rounded)(1.2, 2.7)],
  ["outside grad it is in force: round(x) + x", "{lo: 2.2, hi: 5.7}", () => bounds(grad((x) => mul(rounded(x), x)))(1.2, 2.7)],
  ["inside grad it would be lost, and is refused", "MissingRuleError: the custom rules of straightThrough(round)", () => grad((c: Tensor) => bounds(rounded)(c, c.add(1)).hi)(1.2)],
  ["until the handler is told that it increases", "1", () => grad((c: Tensor) => bounds(rounded, [increasing(ruleCallP)])(c, c.add(1)).hi)(1.2)],
] satisfies Row[]);
