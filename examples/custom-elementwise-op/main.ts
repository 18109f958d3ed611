// A third party's elementwise operations, by public API alone and without a kernel. Expected, for s(x) = x/(1 + |x|) with
// s' = 1/(1 + |x|)² and s'' = −2·sign x/(1 + |x|)³ at 1 and −3, and for l(x, y) = ln(eˣ + eʸ) with l_x = sigmoid(x − y):

import { report, type Row } from "@gradus/example-table";
import { array, bind, grad, hessian, jit, jvp, makeProgram, type Tensor, vmap } from "gradus";
import { fraction, logAddExp, softsign, softsignP } from "./acme.js";

const x = array([1, -3]);
const double = array([1, -3], { dtype: "float64" });
const second = grad(grad(softsign));
const total = (x: Tensor): Tensor => logAddExp(x, 0).reduceSum();

const rows: Row[] = [
  ["value", "[0.5, -0.75]", () => softsign(x)],
  ["grad", "[0.25, 0.0625]", () => [grad(softsign)(1), grad(softsign)(-3)]],
  ["second order", "[-0.25, 0.0313]", () => [second(1), second(-3)]],
  ["jvp in direction 2", "[0.5, 0.5]", () => jvp(softsign, [array(1)], [2])],
  ["vmap", "[0.5, -0.75]", () => vmap(softsign)(x)],
  ["vmap(grad)", "[0.25, 0.0625]", () => vmap(grad(softsign))(x)],
  ["jit", "[0.5, -0.75]", () => jit(softsign)(x)],
  ["grad(jit)", "0.25", () => grad(jit(softsign))(1)],
  ["jit(vmap(grad(grad)))", "[-0.25, 0.0313]", () => jit(vmap(second))(x)],
  ["grad(vmap): each example its own", "[0.25, 0.0625]", () => grad((x) => vmap(softsign)(x).reduceSum())(x)],
  ["hessian, diagonal", "[[-0.25, 0], [0, 0.0313]]", () => hessian((x) => softsign(x).reduceSum())(x)],
  ["the program names it", "@acme/softsign", () => makeProgram(softsign)(x).equations.map((eq) => eq.primitive.name)[0]],
  ["an integer becomes a float", "float32", () => softsign(array([1, -3], { dtype: "int32" })).dtype],
  ["a double stays one", "float64", () => grad((x: Tensor) => softsign(x).reduceSum())(double).dtype],

  ["two operands broadcast", "[1.3133, 0.0486]", () => logAddExp(x, 0)],
  ["no overflow at 1000", "1000.6931", () => logAddExp(array(1000, { dtype: "float64" }), 1000)],
  ["both partials, at 1 and 0", "[0.7311, 0.2689]", () => grad(logAddExp, { argnums: [0, 1] })(1, 0)],
  ["vmap over the second alone", "[1.3133, 1.6931]", () => vmap(logAddExp, [null, 0])(array(1), array([0, 1]))],
  ["second order: p(1 − p)", "[[0.1966, 0], [0, 0.0452]]", () => hessian(total)(x)],

  ["bound by itself it is strict", "DTypeError", () => bind(softsignP, [array([1], { dtype: "int32" })])],
  ["shapes that do not broadcast", "ShapeError", () => logAddExp(x, array([1, 2, 3]))],
  ["without partials it computes", "0.75", () => fraction(-3.25)],
  ["and is not differentiated", "MissingRuleError", () => grad(fraction)(2.5)],
  ["nor under jit", "MissingRuleError", () => jit(grad(fraction))(array(2.5))],
];

report("third-party elementwise operations", rows);
