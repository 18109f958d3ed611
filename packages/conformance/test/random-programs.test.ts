// Random programs under all laws: operations meet in combinations that nobody thought of, compiled calls, inner derivatives and
// mapped functions among them.
import { vmap } from "@gradus/batching";
import { add, array, broadcastTo, mul, neg, reduceSum, reshape, type Tensor, transpose, useBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { concatenate, cos, dotGeneral, exp, reduceProd, reverse, sin, slice, square, sub, take, tanh } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type LawName, laws, type Subject } from "../src/laws/index.js";

useBackend(cpu());

/** Every value is f64[2,3]; operands are earlier values, chosen by number. All are smooth, and bounded by tanh. */
type Instruction = (...operands: [Tensor, Tensor]) => Tensor;
const bounded = (x: Tensor): Tensor => tanh(x);
const compiledProduct = jit((x: Tensor, y: Tensor) => mul(sin(x), add(y, mul(sin(x), y))));
const instructions: { readonly [name: string]: Instruction } = {
  add,
  sub,
  mul,
  neg: (x) => neg(x),
  sin: (x) => sin(x),
  cos: (x) => cos(x),
  exp: (x) => exp(bounded(x)),
  square: (x) => bounded(square(x)),
  constant: (x) => add(mul(x, 0.5), array([[1, 2, 3], [0.5, 0.25, -1]], { dtype: "float64" })),
  rows: (x) => broadcastTo(reduceSum(x, 0), [2, 3]),
  product: (x, y) => mul(y, reshape(reduceProd(bounded(x), 1), [2, 1])),
  transpose: (x, y) => add(reshape(transpose(x), [2, 3]), y),
  turn: (x) => reverse(concatenate([slice(x, [0, 1], [2, 3]), slice(x, [0, 0], [2, 1])], 1), 0),
  pick: (x) => take(x, array([2, 0, 2], { dtype: "int32" }), 1),
  matmul: (x, y) => bounded(dotGeneral(dotGeneral(x, y, { contract: [[1], [1]] }), x, { contract: [[1], [0]] })),
  compiled: (x, y) => compiledProduct(x, y),
  "compiled twice": (x, y) => jit((u: Tensor) => compiledProduct(u, y))(x),
  mapped: (x, y) => vmap((u: Tensor, v: Tensor) => mul(u, broadcastTo(reduceSum(v), [2])), [1, 1], { outAxes: 1 })(x, bounded(y)),
  gradient: (x, y) => grad((u: Tensor) => reduceSum(mul(sin(u), y)))(x) as Tensor,
  "compiled gradient": (x, y) => jit((v: Tensor) => grad((u: Tensor) => reduceSum(mul(square(bounded(u)), v)))(x) as Tensor)(y),
  pushforward: (x, y) => jvp((u: Tensor) => mul(u, sin(u)), [x], [bounded(y)])[1],
};
const names = Object.keys(instructions);

/** A program: for each instruction its name and its operands, counted from the last value back. */
type Code = [name: string, first: number, second: number][];
const code: fc.Arbitrary<Code> = fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(2), fc.nat(4)), { minLength: 2, maxLength: 7 });

const run = (list: Code) => (x: Tensor, y: Tensor): Tensor => {
  const values = [x, y];
  const back = (n: number): Tensor => values[Math.max(values.length - 1 - n, 0)] as Tensor;
  for (const [name, first, second] of list) values.push((instructions[name] as Instruction)(back(first), back(second)));
  return values[values.length - 1] as Tensor;
};

const data = (shift: number): Tensor => array(Float64Array.from({ length: 6 }, (_, i) => 0.7 * Math.sin(2.3 * i + shift)), { shape: [2, 3] });
const points = [0, 1, 2].map((k) => [data(k), data(k + 0.5)]);

const checked: readonly LawName[] = ["pure", "primal", "adjoint", "linearized", "gradient", "batched", "batchedDerivative", "compiled", "compiledDerivative", "compiledBatch", "printed", "inferred", "wellFormed", "optimized"];

test.each(checked)("random programs keep the law %s", { timeout: 60_000 }, (name) => {
  fc.assert(
    fc.property(code, (list) => laws[name]({ f: run(list) as Subject["f"], points })),
    { numRuns: 40, seed: 7 },
  );
});

test("the instructions keep values bounded and of one aval", () => {
  for (const [name, instruction] of Object.entries(instructions)) {
    const out = instruction(data(1), data(2));
    expect(out.aval.toString(), name).toBe("f64[2,3]");
    expect(Math.max(...out.dataSync().map(Math.abs)), name).toBeLessThan(20);
  }
});
