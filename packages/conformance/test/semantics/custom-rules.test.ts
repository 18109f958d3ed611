// Conventions of custom rules, as JAX has them: when a rule runs and what it is given, what it may give back, and what happens to it
// under the transformations. The matrix of all uses is in custom-rule-matrix.test.ts.
import { vmap } from "@gradus/batching";
import { add, ArgumentError, array, ConcretizationError, DTypeError, MissingRuleError, mul, NonlinearError, reduceSum, ShapeError, type Tensor, tree, TreeMismatchError, useBackend } from "@gradus/core";
import { scan } from "@gradus/control-flow";
import { customGradient, customJvp, customVjp, defineRule } from "@gradus/custom-rules";
import { jacfwd, jvp } from "@gradus/jvp";
import { cos, exp, greater, log, sin, square } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit, makeProgram } from "@gradus/tracing";
import { checkpoint, grad, hessian, linearize, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";

useBackend(cpu());

type F = (x: Tensor) => Tensor;
const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });
const at = f64(0.7);

describe("customJvp", () => {
  /** Counts runs of body and rule. */
  const counted = (): { f: F; runs: { body: number; rule: number } } => {
    const runs = { body: 0, rule: 0 };
    const f: F = customJvp((x: Tensor) => (runs.body++, sin(x))).defjvp(([x], [t]) => (runs.rule++, [exp(x), mul(t, 10)]));
    return { f, runs };
  };

  test("plain evaluation, vmap and jit run the function alone", () => {
    const { f, runs } = counted();
    expect([f(at).item(), vmap(f)(f64([0.7])).item(), jit(f)(at).item()]).toEqual(Array.from({ length: 3 }, () => expect.closeTo(Math.sin(0.7), 12)));
    expect(runs.rule).toBe(0);
  });

  test("under a derivative the rule runs alone, and its value is the value: nobody compares them", () => {
    const { f, runs } = counted();
    const [y, dy] = jvp(f, [at], [1]);
    expect([y.item(), dy.item(), runs.body, runs.rule]).toEqual([expect.closeTo(Math.exp(0.7), 12), 10, 0, 1]);
    expect(vjp(f, [at])[0].item()).toBeCloseTo(Math.exp(0.7), 12);
    expect(linearize(f, [at])[1](3).item()).toBe(30);
  });

  test("where no argument is perturbed the function runs, not the rule", () => {
    const { f, runs } = counted();
    expect(grad((x: Tensor) => mul(x, f(f64(0.7))))(at).item()).toBeCloseTo(Math.sin(0.7), 12);
    expect(runs).toEqual({ body: 1, rule: 0 });
  });

  test("a rule given again takes the place of the first", () => {
    const f = customJvp((x: Tensor) => sin(x)).defjvp(([x], [t]) => [sin(x), mul(t, 10)]);
    f.defjvp(([x], [t]) => [sin(x), mul(t, 100)]);
    expect(grad(f)(at).item()).toBe(100);
    f.defjvps((t) => mul(t, 1000));
    expect(grad(f)(at).item()).toBe(1000);
  });

  test("contributions of defjvps are summed, null contributes nothing", () => {
    const f = customJvp((x: Tensor, y: Tensor) => mul(x, y)).defjvps((t, out) => mul(t, out), (t, _out, x) => mul(t, x));
    expect(jvp(f, [2, 3], [1, 10])[1].item()).toBe(6 + 20);
    const g = customJvp((x: Tensor, y: Tensor) => mul(x, y)).defjvps((t, _out, _x, y) => mul(t, y), null);
    expect(jvp(g, [2, 3], [1, 10])[1].item()).toBe(3);
    expect(tree.map((x: Tensor) => x.item(), grad(g, { argnums: [0, 1] })(2, 3))).toEqual([3, 0]);
    expect(() => customJvp((x: Tensor, _n: number) => x, { nondiffArgnums: 1 }).defjvps((t) => t)).toThrow(ArgumentError);
  });

  test("without a rule no call goes through, differentiated or not", () => {
    const f = customJvp((x: Tensor) => x);
    for (const run of [() => f(at), () => grad(f)(at), () => jit(f)(at), () => vmap(f)(f64([1]))]) expect(run).toThrow(MissingRuleError);
    const g = customVjp((x: Tensor) => x);
    for (const run of [() => g(at), () => grad(g)(at), () => jit(g)(at), () => vmap(g)(f64([1]))]) expect(run).toThrow(MissingRuleError);
  });

  test("a rule sees values that it may read where they are known, and not under jit", () => {
    const f: F = customJvp((x: Tensor) => x).defjvp(([x], [t]) => [f(x), x.item() > 0 ? mul(t, 2) : mul(t, 3)]);
    expect([grad(f)(1).item(), grad(f)(-1).item(), jvp(f, [1], [1])[1].item()]).toEqual([2, 3, 2]);
    expect(() => jit(grad(f))(1)).toThrow(ConcretizationError);
    expect(() => vmap(grad(f))(f64([1]))).toThrow(ConcretizationError);
  });

  test("is used again at each order if the rule calls the function, and otherwise what the rule does is differentiated", () => {
    const again: F = customJvp((x: Tensor) => sin(x)).defjvp(([x], [t]) => [again(x), mul(t, mul(again(x), 3))]);
    // d²/dx²: (3·f)′ = 3·3·f
    expect(grad(grad(again))(at).item()).toBeCloseTo(9 * Math.sin(0.7), 12);
    const once: F = customJvp((x: Tensor) => sin(x)).defjvp(([x], [t]) => [sin(x), mul(t, mul(sin(x), 3))]);
    expect(grad(grad(once))(at).item()).toBeCloseTo(3 * Math.cos(0.7), 12);
    expect(hessian(once)(at).item()).toBeCloseTo(3 * Math.cos(0.7), 12);
  });

  test("a tangent that is mapped while the primal is not is fine", () => {
    const f: F = customJvp((x: Tensor) => sin(x)).defjvp(([x], [t]) => [f(x), mul(t, 10)]);
    expect(vmap((t: Tensor) => jvp(f, [at], [t])[1])(f64([1, 2])).js()).toEqual([10, 20]);
    const twice = vmap((s: Tensor) => vmap((t: Tensor) => jvp(f, [s], [t])[1])(f64([1, 2])))(f64([3, 4]));
    expect(twice.js()).toEqual([[10, 20], [10, 20]]);
  });

  test("under vmap function and rule see single examples", () => {
    const shapes: string[] = [];
    const see = (x: Tensor): Tensor => (shapes.push(String(x.aval)), x);
    const f: F = customJvp((x: Tensor) => sin(see(x))).defjvp(([x], [t]) => [sin(see(x)), mul(see(t), 10)]);
    vmap(vmap(f))(array([[1, 2]], { dtype: "float64" }));
    vmap(vmap(grad(f)))(array([[1, 2]], { dtype: "float64" }));
    expect(new Set(shapes)).toEqual(new Set(["f64[]"]));
  });

  test("is one equation of a program, which names it; jit does not run the rule until it is differentiated", () => {
    const { f, runs } = counted();
    const program = makeProgram((x: Tensor) => mul(f(x), 2))(at);
    expect(program.equations.map((eq) => [eq.primitive.name, eq.params?.name])).toEqual([["rule_call", "anonymous"], ["mul", undefined]]);
    const g = jit(f);
    g(at);
    g(at);
    expect(runs).toEqual({ body: 2, rule: 0 });
    for (let i = 0; i < 3; i++) expect(grad(g)(at).item()).toBe(10);
    // Once for each pattern of perturbed arguments.
    expect(runs.rule).toBe(1);
  });

  test.each<[string, (t: Tensor, x: Tensor) => unknown, new (m: string) => Error]>([
    ["a tangent of another structure", (t) => [t], TreeMismatchError],
    ["a tangent of another shape", () => f64([1, 2]), ShapeError],
    ["a tangent of another dtype", () => array(1), DTypeError],
  ])("refuses %s", (_name, tangent, kind) => {
    const f = customJvp((x: Tensor) => sin(x)).defjvp(([x], [t]) => [sin(x), tangent(t, x)]);
    for (const run of [() => jvp(f, [at], [f64(1)]), () => grad(f)(at), () => grad(jit(f))(at)]) expect(run).toThrow(kind);
  });

  test.each<[string, (x: Tensor, t: Tensor) => unknown]>([
    ["t²", (x, t) => [sin(x), mul(t, t)]],
    ["sin t", (x, t) => [sin(x), sin(t)]],
    ["t + 1", (x, t) => [sin(x), add(t, 1)]],
    ["a constant", (x) => [sin(x), f64(1)]],
    ["a value that depends on the tangent", (x, t) => [add(sin(x), t), t]],
  ])("reverse mode refuses a rule that is not linear in its tangent: %s", (_name, rule) => {
    const f: F = customJvp((x: Tensor) => sin(x)).defjvp(([x], [t]) => rule(x, t) as never);
    for (const run of [() => grad(f)(at), () => grad(jit(f))(at), () => jit(grad(f))(at), () => vmap(grad(f))(f64([1]))]) {
      expect(run).toThrow(NonlinearError);
      expect(run).toThrow(TypeError);
    }
  });
});

describe("customVjp", () => {
  test("fwd is given the values, which it may read where they are known; the function does not run", () => {
    let body = 0;
    const f = customVjp((x: Tensor) => (body++, x)).defvjp((x: Tensor) => [x.item() > 0 ? x : mul(x, 2), x.item() > 0], (positive: boolean, ct) => [mul(ct, positive ? 5 : 7)]);
    expect([grad(f)(1).item(), grad(f)(-1).item(), body]).toEqual([5, 7, 0]);
    expect(() => jit(grad(f))(1)).toThrow(ConcretizationError);
  });

  test("unused outputs have cotangents of zeros, integer ones float0", () => {
    const seen: string[] = [];
    const f = customVjp((x: Tensor) => [x, x, greater(x, 0)]).defvjp((x: Tensor) => [[x, x, greater(x, 0)], null], (_res, cts: Tensor[]) => (seen.push(...cts.map(String)), [cts[0]]));
    grad((x: Tensor) => (f(x) as Tensor[])[0]!)(at);
    expect(seen).toEqual(["Tensor<f64[]> 1", "Tensor<f64[]> 0", "Tensor<float0[]>"]);
  });

  test("null is zero for an argument and for a subtree, and comes out as an array of zeros", () => {
    const f = customVjp((p: { a: Tensor; b: Tensor[] }, y: Tensor) => mul(p.a, y)).defvjp(
      (p: { a: Tensor; b: Tensor[] }, y: Tensor) => [mul(p.a, y), y],
      (y: Tensor, ct) => [{ a: mul(ct, y), b: null }, null],
    );
    const g = grad(f, { argnums: [0, 1] })({ a: at, b: [f64([1, 2])] }, f64(3));
    expect(tree.map(String, g)).toEqual([{ a: "Tensor<f64[]> 3", b: ["Tensor<f64[2]> [0, 0]"] }, "Tensor<f64[]> 0"]);
  });

  test("what is returned for an integer argument does not matter", () => {
    const n = array(3, { dtype: "int32" });
    for (const ct of [null, 0, array(5), n]) {
      const f = customVjp((x: Tensor, _n: Tensor) => x).defvjp((x: Tensor, _n: Tensor) => [x, null], (_res, g) => [g, ct]);
      expect(grad(f)(at, n).item()).toBe(1);
      expect(String(vjp(f, [at, n])[1](1)[1])).toBe("Tensor<float0[]>");
    }
  });

  test.each<[string, unknown, new (m: string) => Error]>([
    ["a bare cotangent", at, ArgumentError],
    ["one cotangent for two arguments", [at], ArgumentError],
    ["three", [at, at, at], ArgumentError],
    ["a tree for a tensor", [{ a: at }, at], ArgumentError],
    ["another shape, though that argument is not differentiated", [at, f64([1, 2])], ShapeError],
    ["an integer for a float", [array(1, { dtype: "int32" }), at], DTypeError],
  ])("refuses a bwd that gives %s", (_name, cts, kind) => {
    const f = customVjp((x: Tensor, _y: Tensor) => x).defvjp((x: Tensor, _y: Tensor) => [x, null], () => cts as never);
    for (const run of [() => grad(f)(at, at), () => grad(jit(f))(at, at), () => jit(grad(f))(at, at)]) expect(run).toThrow(kind);
  });

  test("refuses a bwd that gives another structure for a tree", () => {
    const f = customVjp((p: { a: Tensor; b: Tensor }) => mul(p.a, p.b)).defvjp((p: { a: Tensor; b: Tensor }) => [mul(p.a, p.b), null], (_res, ct) => [{ a: ct, c: ct }]);
    expect(() => grad(f)({ a: at, b: at })).toThrow(TreeMismatchError);
  });

  test("another float width is cast", () => {
    const f = customVjp((x: Tensor) => x).defvjp((x: Tensor) => [x, null], (_res, _ct) => [array(2.5)]);
    expect(String(grad(f)(at))).toBe("Tensor<f64[]> 2.5");
  });

  test("a bwd that is not linear is used in reverse mode as it is, and refused in forward mode with the way to mend it", () => {
    const f: F = customVjp((x: Tensor) => x).defvjp((x: Tensor) => [x, null], (_res, ct) => [mul(ct, ct)]);
    expect(vjp(f, [at])[1](3)[0].item()).toBe(9);
    for (const run of [() => jvp(f, [at], [1]), () => jacfwd(f)(at)]) {
      expect(run).toThrow(NonlinearError);
      expect(run).toThrow(/custom vjp and no custom jvp.*jvp rule as well/);
    }
    // Building the linear map asks for nothing yet.
    const [, pushforward] = linearize(f, [at]);
    expect(() => pushforward(1)).toThrow(NonlinearError);
  });

  test("forward mode is derived where bwd is linear: jvp, jacfwd, hessian, through vmap and jit", () => {
    const f: F = customVjp((x: Tensor) => sin(x)).defvjp((x: Tensor) => [f(x), x], (x: Tensor, ct) => [mul(ct, mul(10, x))]);
    expect(jvp(f, [at], [2])[1].item()).toBeCloseTo(14, 12);
    expect(jacfwd(f)(at).item()).toBeCloseTo(7, 12);
    expect(hessian(f)(at).item()).toBeCloseTo(10, 12);
    expect(vmap((x: Tensor) => jvp(f, [x], [2])[1])(f64([0.7])).item()).toBeCloseTo(14, 12);
    expect(jit((x: Tensor) => jvp(f, [x], [2])[1])(at).item()).toBeCloseTo(14, 12);
  });

  test("the cotangent of an argument that a batch shares is the sum of the examples'", () => {
    const f = customVjp((w: Tensor, x: Tensor) => mul(w, x)).defvjp((w: Tensor, x: Tensor) => [mul(w, x), x], (x: Tensor, ct) => [mul(ct, mul(10, x)), null]);
    expect(grad((w: Tensor) => reduceSum(vmap(f, [null, 0])(w, f64([1, 2, 3]))))(at).item()).toBeCloseTo(60, 12);
  });

  test("a rule is code like any other for further derivatives", () => {
    const f: F = customVjp((x: Tensor) => x).defvjp((x: Tensor) => [x, x], (x: Tensor, ct) => [mul(ct, mul(x, square(x)))]);
    expect(grad(grad(f))(at).item()).toBeCloseTo(3 * 0.49, 12);
  });

  test("is one equation of a program, and its rules run when that is differentiated", () => {
    const runs = { fwd: 0, bwd: 0 };
    const f: F = customVjp((x: Tensor) => sin(x), { name: "steep" }).defvjp((x: Tensor) => (runs.fwd++, [sin(x), null]), (_res, ct) => (runs.bwd++, [mul(ct, 5)]));
    const step = jit((x: Tensor) => scan((c: Tensor, y: Tensor) => [mul(f(c), y), null], x, f64([1, 1]))[0]);
    expect(step.program(at).toString()).toContain("rule_call[name=steep");
    step(at);
    expect(runs).toEqual({ fwd: 0, bwd: 0 });
    expect(grad(step)(at).item()).toBe(25);
    const after = { ...runs };
    expect(grad(step)(at).item()).toBe(25);
    expect(runs.fwd).toBe(after.fwd);
  });

  test("under checkpoint fwd runs in the backward pass, and the function in the forward pass", () => {
    const order: string[] = [];
    const f: F = customVjp((x: Tensor) => (order.push("function"), sin(x))).defvjp((x: Tensor) => (order.push("fwd"), [sin(x), cos(x)]), (c: Tensor, ct) => (order.push("bwd"), [mul(ct, c)]));
    const [, pullback] = vjp(checkpoint(f), [at]);
    expect(tree.leaves(pullback)).toHaveLength(1);
    expect(pullback(1)[0].item()).toBeCloseTo(Math.cos(0.7), 12);
  });
});

describe("customGradient", () => {
  test("its pullback may capture what was computed on the way, and must not branch on it", () => {
    const f = customGradient((x: Tensor) => {
      const e = exp(x);
      return [log(add(1, e)), (ct: Tensor) => mul(ct, mul(e, 10))];
    });
    expect(grad(f)(at).item()).toBeCloseTo(10 * Math.exp(0.7), 12);
    expect(vmap(grad(f))(f64([0.7])).item()).toBeCloseTo(10 * Math.exp(0.7), 12);
    const branching = customGradient((x: Tensor) => [x, (ct: Tensor) => (ct.item() > 0 ? ct : mul(ct, 2))]);
    expect(() => grad(branching)(at)).toThrow(ConcretizationError);
  });
});

describe("a batch rule (custom_vmap)", () => {
  test("is given the size, flags, and batches first; forward and reverse mode go through it", () => {
    const seen: unknown[] = [];
    const f = defineRule((x: Tensor, y: Tensor) => mul(x, y), {
      batch: (size: number, flags: boolean[], x: Tensor, y: Tensor) => (seen.push(size, flags, String(x.aval), String(y.aval)), [mul(x, y), true]),
    });
    expect(vmap(f, [1, null])(array([[1, 2, 3]], { dtype: "float64" }), f64(2)).js()).toEqual([[2], [4], [6]]);
    expect(seen).toEqual([3, [true, false], "f64[3,1]", "f64[]"]);
    expect(grad((x: Tensor) => reduceSum(vmap(f, [0, null])(x, f64(2))))(f64([1, 2])).js()).toEqual([2, 2]);
    expect(jvp((x: Tensor) => vmap(f, [0, null])(x, f64(2)), [f64([1, 2])], [f64([1, 10])])[1].js()).toEqual([2, 20]);
  });

  test.each<[string, unknown, new (m: string) => Error]>([
    ["no pair", at, ArgumentError],
    ["flags of another structure", [at, [true, true]], ArgumentError],
    ["a batch of another size", [f64([1, 2, 3]), true], ShapeError],
  ])("must not give %s", (_name, result, kind) => {
    const f = defineRule((x: Tensor) => x, { batch: () => result as never });
    expect(() => vmap(f)(f64([1, 2]))).toThrow(kind);
  });
});

test("custom functions wrap custom functions: each rule counts where it is reached", () => {
  const inner: F = customVjp((x: Tensor) => sin(x)).defvjp((x: Tensor) => [inner(x), null], (_res, ct) => [mul(ct, 5)]);
  const outer: F = customJvp((x: Tensor) => inner(x)).defjvp(([x], [t]) => {
    const [y, dy] = jvp(inner, [x], [t]);
    return [y, mul(2, dy)];
  });
  expect(grad(outer)(at).item()).toBe(10);
  expect(jit(vmap(grad(outer)))(f64([1, 2])).js()).toEqual([10, 10]);
});
