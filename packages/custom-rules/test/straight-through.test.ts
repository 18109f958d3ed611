// straightThrough and zeroGradient: the value of one function, the derivative of another or none.

import { ArgumentError, array, DTypeError, type Handler, isZero, performBelow, reduceSum, ShapeError, type Tensor, type TensorLike, TreeMismatchError, useBackend, withHandler, type Zero } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import { cast, div, floor, greater, mul, round, sin, sub, tanh } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { straightThrough, zeroGradient } from "../src/index.js";

useBackend(eagerCpu());

const special = [-0, 0, NaN, Infinity, -Infinity, -0.5, 0.5, 1.5, -1.5, 2 ** -149, -(2 ** -149), 3.4e38, 16777217, 0.1];
const bits = (x: Tensor): number[] => [...new Uint32Array(x.dataSync().buffer)];

describe("straightThrough", () => {
  const functions: [string, (x: Tensor) => Tensor][] = [
    ["round", round],
    ["floor", floor],
    ["the identity", (x) => x],
    ["1/x", (x) => div(1, x)],
  ];
  describe.each(functions)("gives the value of %s bit for bit", (_name, f) => {
    const st = straightThrough(f);
    const runs: [string, (x: Tensor) => Tensor][] = [
      ["eagerly", st],
      ["under jit", jit(st)],
      ["under vmap", vmap(st)],
      ["in forward mode", (x) => jvp(st, [x], [x])[0]],
      ["in reverse mode", (x) => vjp(st, [x])[0]],
      ["in reverse mode through jit", (x) => vjp(jit(st), [x])[0]],
      ["twice differentiated", (x) => jvp((y: Tensor) => jvp(st, [y], [y])[0], [x], [x])[0]],
    ];
    test.each(runs)("%s", (_run, run) => {
      for (const dtype of ["float32", "float64"] as const) {
        const x = array(special, { dtype });
        expect(bits(run(x))).toEqual(bits(f(x)));
      }
    });
  });

  test("has derivative 1 everywhere, NaN and infinities included", () => {
    expect(grad((x: Tensor) => reduceSum(straightThrough(round)(x)))(array(special)).js()).toEqual(special.map(() => 1));
  });

  test("is the seed program: 8.1 and 5.7 at 2.7", () => {
    const ste = (x: Tensor): Tensor => mul(straightThrough(round)(x), x);
    expect(ste(array(2.7)).item()).toBeCloseTo(8.1, 5);
    expect(grad(ste)(2.7).item()).toBeCloseTo(5.7, 5);
  });

  test("has every derivative of its surrogate", () => {
    const f = (x: Tensor): Tensor => straightThrough(round, tanh)(x);
    const t = Math.tanh(0.4);
    const derivatives = [1 - t * t, -2 * t * (1 - t * t), (6 * t * t - 2) * (1 - t * t)];
    let d: (x: TensorLike) => Tensor = f as never;
    for (const expected of derivatives) {
      d = grad(d as (x: Tensor) => Tensor);
      expect(d(array(0.4, { dtype: "float64" })).item()).toBeCloseTo(expected, 12);
    }
    expect(hessian(jit(f))(array(0.4, { dtype: "float64" })).item()).toBeCloseTo(derivatives[1]!, 12);
  });

  test("does not run the surrogate unless differentiated, nor for its value", () => {
    let runs = 0;
    const f = straightThrough(round, (x) => {
      runs++;
      return x;
    });
    f(array(1.2));
    vmap(f)(array([1.2]));
    expect(runs).toBe(0);
    grad(f)(1.2);
    expect(runs).toBe(1);
  });

  test("clips the gradient outside the interval, both ends inside", () => {
    const f = straightThrough(round, undefined, { clip: [-1, 1] });
    const x = array([-1.5, -1, -0.5, 1, 1.0001, NaN, Infinity]);
    const expected = [0, 1, 1, 1, 0, 0, 0];
    expect(grad((y: Tensor) => reduceSum(f(y)))(x).js()).toEqual(expected);
    expect(grad((y: Tensor) => reduceSum(vmap(f)(y)))(x).js()).toEqual(expected);
    expect(grad(jit((y: Tensor) => reduceSum(f(y))))(x).js()).toEqual(expected);
    expect(jvp(f, [x], [array(expected.map(() => 1))])[1].js()).toEqual(expected);
    expect(bits(f(x))).toEqual(bits(round(x)));
  });

  test("clips the surrogate's gradient, at the clipped point", () => {
    const f = straightThrough(round, (x) => mul(x, mul(x, x)), { clip: [-1, 1] });
    expect(vmap(grad(f))(array([-2, 0.5, 1, 2])).js()).toEqual([0, 0.75, 3, 0]);
  });

  test("takes a surrogate of several arguments and trees", () => {
    const f = straightThrough(
      ({ x, step }: { x: Tensor; step: Tensor }) => [mul(round(div(x, step)), step)],
      ({ x, step }) => [sub(mul(2, x), step)],
    );
    const g = grad((p: { x: Tensor; step: Tensor }) => f(p)[0]!)({ x: 2.6, step: 0.5 });
    expect([g.x.item(), g.step.item()]).toEqual([2, -1]);
  });

  test("refuses a surrogate whose result is of another kind", () => {
    expect(() => grad(straightThrough(round, ((x: Tensor) => [x, x]) as never))(1)).toThrow(TreeMismatchError);
    expect(() => grad((x: Tensor) => reduceSum(straightThrough(round, (y) => reduceSum(y))(x)))(array([1, 2]))).toThrow(ShapeError);
    expect(() => grad(straightThrough(round, (x) => cast(x, "int32")))(1)).toThrow(DTypeError);
  });

  test("has the identity as surrogate for one argument only", () => {
    const f = straightThrough((x: Tensor, y: Tensor) => round(mul(x, y)));
    expect(f(array(1.5), array(3)).item()).toBe(4);
    expect(() => grad(f)(1.5, 3)).toThrow(ArgumentError);
    expect(() => grad(f)(1.5, 3)).toThrow(/identity.*one argument.*surrogate/);
  });

  test("passes integers through, which have no derivative to replace", () => {
    const f = straightThrough((x: Tensor) => greater(x, 0), (x) => greater(x, 1));
    expect(f(array(1)).js()).toBe(true);
    const [y, dy] = jvp(f, [array(1)], [array(1)]);
    expect([y.js(), dy.dtype]).toEqual([true, "float0"]);
  });

  test("stays visible in a program as a rule_call that names it", () => {
    const program = makeProgram((x: Tensor) => straightThrough(round)(x))(array(1));
    expect(program.equations.map((eq) => eq.primitive.name)).toEqual(["rule_call"]);
    expect(program.toString()).toContain("name=straightThrough(round)");
  });

  test("shows an observing handler the operations of the value, not those of the surrogate", () => {
    const names: string[] = [];
    const logger: Handler = {
      name: "logger",
      perform(p, args, params) {
        names.push(p.name);
        return performBelow(p, args, params);
      },
    };
    withHandler(logger, () => straightThrough(round, tanh)(array(1.2)));
    expect(names).toEqual(["round"]);
    names.length = 0;
    grad((x: Tensor) => withHandler(logger, () => straightThrough(round, sin)(x)))(1.2);
    expect(names).toContain("round");
  });
});

describe("zeroGradient", () => {
  test("keeps the value and has no derivative, in any mode", () => {
    const f = zeroGradient((x: Tensor) => mul(x, x), "counted, not differentiated");
    expect(f(array(3)).item()).toBe(9);
    expect(grad((x: Tensor) => mul(f(x), x))(3).item()).toBe(9);
    expect(grad(jit((x: Tensor) => mul(f(x), x)))(3).item()).toBe(9);
    expect(vmap(grad((x: Tensor) => mul(f(x), x)))(array([3, 2])).js()).toEqual([9, 4]);
    expect(grad(grad((x: Tensor) => mul(f(x), mul(x, x))))(3).item()).toBe(18);
    expect(jvp(f, [array(3)], [array(1)]).map((y) => y.item())).toEqual([9, 0]);
    expect(vjp(jit(f), [array(3)])[1](1)[0].item()).toBe(0);
  });

  test("says why, to a handler that asks the rule of the call", () => {
    const f = zeroGradient((x: Tensor) => mul(x, x), "counted, not differentiated");
    const found: unknown[] = [];
    const asks: Handler = {
      name: "asks",
      higherOrder: "forward",
      perform(p, args, params) {
        const t = array(1);
        const run = Object.assign(() => [[], []] as [Tensor[], Tensor[]], { instantiate: (z: unknown) => z as Tensor });
        const [, dout] = p.rules.jvp!(args, [t], params, run);
        found.push(...(dout as Zero[]).map((z) => [isZero(z), z.reason]));
        return performBelow(p, args, params);
      },
    };
    withHandler(asks, () => f(array(3)));
    expect(found).toEqual([[true, "counted, not differentiated"]]);
  });
});
