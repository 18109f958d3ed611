// Long chains: reverse mode of 10^6 scalar operations does not overflow the stack, and its work is linear. What is counted
// is rule calls, equations and applications; nothing is timed.
import { add, array, bind, definePrimitive, mul, neg, performBelow, type Primitive, type Tensor, transposeLinear, useBackend } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { jvp } from "@gradus/jvp";
import { cos } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit, makeProgram } from "@gradus/tracing";
import { grad, linearize, linearizeTree, vjp } from "@gradus/vjp";
import { beforeAll, describe, expect, test } from "vitest";

const backend = cpu();
beforeAll(() => useBackend(backend));

const small = 1e-6;
const f64 = (x: number): Tensor => array(x, { dtype: "float64" });
const calls = { partial: 0, jvp: 0, transpose: 0 };

/** x + 10⁻⁶ sin x, by a partial. */
const stepP: Primitive = definePrimitive("@test/step", {
  elementwise: { accepts: "float", body: (x: s.Expr) => s.add(x, s.mul(small, s.sin(x))) },
  partials: [(x: Tensor) => (calls.partial++, add(1, mul(small, cos(x))))],
});
/** −x, by a jvp rule and its transpose. */
const turnP: Primitive = definePrimitive("@test/turn", {
  elementwise: { accepts: "float", body: s.neg },
  linearIn: [0],
  rules: {
    jvp: ([x], [dx]) => (calls.jvp++, [performBelow(turnP, [x!], undefined)[0]!, performBelow(turnP, [dx as Tensor], undefined)[0]!]),
    transpose: (ct: Tensor) => (calls.transpose++, [neg(ct)]),
  },
});

/** n operations, half of either kind; and its value and derivative in plain JS. */
const chain = (n: number) => (x: Tensor): Tensor => {
  for (let i = 0; i < n; i++) x = bind(i % 2 === 0 ? stepP : turnP, [x]);
  return x;
};
function inPlainJs(n: number, x: number): [value: number, derivative: number] {
  let d = 1;
  for (let i = 0; i < n; i++) [x, d] = i % 2 === 0 ? [x + small * Math.sin(x), d * (1 + small * Math.cos(x))] : [-x, -d];
  return [x, d];
}

type Work = typeof calls & { readonly equations: number; readonly applications: number };

/** Linearizes the chain and transposes it, as grad does; counts rule calls, equations, and applications that reach the backend. */
function reverse(n: number): { work: Work; gradient: number } {
  Object.assign(calls, { partial: 0, jvp: 0, transpose: 0 });
  const before = backend.stats()["elementwise"] as number;
  const { program } = linearizeTree(chain(n), [f64(0.7)], (args) => args as unknown[], "chain");
  const [ct] = transposeLinear(program, [f64(1)]) as [Tensor];
  const work = { ...calls, equations: program.equations.length, applications: (backend.stats()["elementwise"] as number) - before };
  return { work, gradient: ct.item() };
}

describe("a chain of scalar operations in reverse mode", () => {
  const works: Work[] = [];
  test.each([1e4, 1e5, 1e6])("of %d operations calls each rule once, records each once, and is right", { timeout: 120_000 }, (n) => {
    const { work, gradient } = reverse(n);
    expect(gradient).toBeCloseTo(inPlainJs(n, 0.7)[1], 9);
    expect(work).toMatchObject({ partial: n / 2, jvp: n / 2, transpose: n / 2, equations: n });
    works.push(work);
  });

  test("is linear: what 10^4 and 10^5 operations cost says exactly what 10^6 do", () => {
    const [a, b, c] = works.map((w) => w.applications) as [number, number, number];
    const slope = (b - a) / (1e5 - 1e4);
    expect(slope).toBeGreaterThanOrEqual(2); // forwards and backwards
    expect(slope).toBeLessThan(6);
    expect(c).toBe(a + slope * (1e6 - 1e4));
  });

  test("does not overflow the stack in grad either, 10^6 operations long", { timeout: 120_000 }, () => {
    expect(grad(chain(1e6))(0.7).item()).toBeCloseTo(inPlainJs(1e6, 0.7)[1], 9);
  });
});

test("2·10^4 operations in forward mode, by linearize, and by a pullback called twice", { timeout: 60_000 }, () => {
  const n = 2e4;
  const [value, derivative] = inPlainJs(n, 0.7);
  const [out, tangent] = jvp(chain(n), [0.7], [1]);
  expect(out.item()).toBeCloseTo(value, 9);
  expect(tangent.item()).toBeCloseTo(derivative, 9);
  const [, pushforward] = linearize(chain(n), [0.7]);
  expect(pushforward(2).item()).toBeCloseTo(2 * derivative, 9);
  const [, pullback] = vjp(chain(n), [0.7]);
  for (const ct of [1, 3]) expect(pullback(ct)[0]!.item()).toBeCloseTo(ct * derivative, 9);
});

test("10^5 operations are a program of as many equations, printed and compiled", { timeout: 60_000 }, () => {
  const n = 1e5;
  const program = makeProgram(chain(n))(0.7);
  expect(program.equations).toHaveLength(n);
  expect(program.toString().split("\n")).toHaveLength(n + 2);
  expect(jit(chain(n))(0.7 as unknown as Tensor).item()).toBeCloseTo(inPlainJs(n, 0.7)[0], 9);
});

test("the programs of grad grow linearly, and grad ∘ jit and jit ∘ grad are right", { timeout: 60_000 }, () => {
  const sizes = [500, 1000, 4000].map((n) => makeProgram(grad(chain(n)))(0.7).equations.length) as [number, number, number];
  expect(sizes[2]).toBe(sizes[0] + 7 * (sizes[1] - sizes[0]));
  const [, derivative] = inPlainJs(4000, 0.7);
  expect(grad(jit(chain(4000)))(0.7).item()).toBeCloseTo(derivative, 9);
  expect(jit(grad(chain(4000)))(0.7).item()).toBeCloseTo(derivative, 9);
});

test("a second derivative of 4000 operations does not overflow", { timeout: 60_000 }, () => {
  const h = 1e-4;
  const difference = (inPlainJs(4000, 0.7 + h)[1] - inPlainJs(4000, 0.7 - h)[1]) / (2 * h);
  expect(grad(grad(chain(4000)))(0.7).item()).toBeCloseTo(difference, 6);
});

test("a value that depends on constants alone is computed once for each equation, however it is shared", () => {
  // 60 doublings: recomputing shared operands would take 2^60 steps.
  const f = (x: Tensor): Tensor => {
    let c = bind(stepP, [mul(1, 2)]);
    for (let i = 0; i < 60; i++) c = add(c, c);
    return mul(x, c.item());
  };
  expect(jit(f)(1 as unknown as Tensor).item()).toBeGreaterThan(2 ** 60);
});
