// A third party's rewriting handler, by public API alone, inside and outside of each transformation: log(x) becomes
// log(max(x, ε)) with ε = 0.001, and integer powers become products. Expected at 0, where log is −∞, and at 2:
//   everywhere the value is log ε = −6.9078 at 0, and log 2 = 0.6931 at 2;
//   inside grad, the rewritten function is differentiated: 0 at 0, where max has chosen ε, and ½ at 2;
//   outside grad, what grad performs is rewritten, and it performs log's own derivative 1/x: ∞ at 0, and ½ at 2;
//   inside jit, the program is the rewritten one for good; outside jit, it is rewritten as it runs and stays what it was.

import { report, type Row } from "@gradus/example-table";
import { array, grad, integerPow, integerPowP, jit, jvp, log, logP, makeProgram, max, mul, straightThrough, type Tensor, vmap } from "gradus";
import { type Replacements, rewriting } from "./rewrite.js";

const safe: Replacements = new Map([[logP, ([x]) => log(max(x!, 0.001))]]);

const f = (x: Tensor): Tensor => log(x);
/** A function that is run with the replacements. */
const rewritten = <A extends unknown[], R>(f: (...args: A) => R, replacements = safe) => (...args: A): R => rewriting(replacements, () => f(...args));
const names = (f: (x: Tensor) => Tensor): string[] => makeProgram(f)(array(2)).equations.map((eq) => eq.primitive.name);

const zero = array(0);
const two = array(2);
const both = array([0, 2]);

report("log(x) → log(max(x, ε))", [
  ["without", "[-Infinity, 0.6931]", () => f(both)],
  ["eager", "[-6.9078, 0.6931]", () => rewritten(f)(both)],

  ["inside grad", "[0, 0.5]", () => [grad(rewritten(f))(zero), grad(rewritten(f))(two)]],
  ["outside grad", "[Infinity, 0.5]", () => [rewritten(grad(f))(zero), rewritten(grad(f))(two)]],
  ["inside jvp", "[-6.9078, 0]", () => jvp(rewritten(f), [zero], [1])],
  ["outside jvp: value rewritten, tangent not", "[-6.9078, Infinity]", () => rewritten((x: Tensor) => jvp(f, [x], [1]))(zero)],
  ["inside grad(grad)", "[0, -0.25]", () => [grad(grad(rewritten(f)))(zero), grad(grad(rewritten(f)))(two)]],

  ["inside vmap", "[-6.9078, 0.6931]", () => vmap(rewritten(f))(both)],
  ["outside vmap", "[-6.9078, 0.6931]", () => rewritten(vmap(f))(both)],
  ["inside vmap(grad)", "[0, 0.5]", () => vmap(grad(rewritten(f)))(both)],
  ["outside vmap(grad)", "[Infinity, 0.5]", () => rewritten(vmap(grad(f)))(both)],

  ["inside jit", "-6.9078", () => jit(rewritten(f))(zero)],
  ["outside jit", "-6.9078", () => rewritten(jit(f))(zero)],
  ["inside jit(grad)", "0", () => jit(grad(rewritten(f)))(zero)],
  ["inside grad(jit)", "0", () => grad(jit(rewritten(f)))(zero)],
  ["outside grad(jit)", "Infinity", () => rewritten(grad(jit(f)))(zero)],
] satisfies Row[]);

report("what stays", [
  ["the program, inside", "[max, log]", () => names(rewritten(f))],
  ["the program, outside", "[log]", () => rewritten(() => names(f))()],
  ["a program traced outside is clean afterwards", "[-6.9078, -Infinity]", () => { const g = jit(f); return [rewritten(g)(zero), g(zero)]; }],
  ["a program traced inside is not", "[-6.9078, -6.9078]", () => { const g = jit(rewritten(f)); return [g(zero), g(zero)]; }],
  ["a custom rule keeps its derivative", "[-6.9078, 1]", () => { const g = rewritten(straightThrough(f)); return [g(zero), grad(g)(zero)]; }],
] satisfies Row[]);

/** xⁿ for n ≥ 1 as a product of n factors. */
const products: Replacements = new Map([[integerPowP, ([x], { n }) => Array.from({ length: n as number }, () => x!).reduce((a, b) => mul(a, b))]]);
const cube = (x: Tensor): Tensor => integerPow(x, 3);

report("x³ → x·x·x", [
  ["the program", "[mul, mul]", () => names(rewritten(cube, products))],
  ["value", "8", () => rewritten(cube, products)(two)],
  ["inside grad: 3x²", "12", () => grad(rewritten(cube, products))(two)],
  ["outside grad", "12", () => rewritten(grad(cube), products)(two)],
  ["outside jit(vmap(grad))", "[0, 12]", () => rewritten(jit(vmap(grad(cube))), products)(both)],
] satisfies Row[]);
