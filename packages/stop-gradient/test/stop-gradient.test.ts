// stopGradient and withoutGrad: the value stays, the derivative of every order is zero, whatever happens around.

import { vmap } from "@gradus/batching";
import { ArgumentError, array, ConcretizationError, type Handler, performBelow, reduceSum, type Tensor, useBackend, withHandler } from "@gradus/core";
import { jacfwd, jvp } from "@gradus/jvp";
import { add, cast, cos, div, greater, log, mul, sin, sub, where } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { evalProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, jacrev, linearize, valueAndGrad, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { stopGradient, stopGradientP, withoutGrad } from "../src/index.js";

useBackend(eagerCpu());

type F = (x: Tensor) => Tensor;
const quarter = Math.PI / 4;
const at = (): Tensor => array(quarter);
const batch = (): Tensor => array([0.3, 0.7]);

describe.each<[string, (x: Tensor) => Tensor]>([
  ["stopGradient", (x) => mul(sin(x), stopGradient(cos(x)))],
  ["stopGradient inside", (x) => mul(sin(x), cos(stopGradient(x)))],
  ["withoutGrad", (x) => mul(sin(x), withoutGrad(() => cos(x)))],
  ["withoutGrad of a tree", (x) => mul(sin(x), withoutGrad(() => ({ c: [cos(x), "text"] as const })).c[0])],
  ["stopGradient of a tree", (x) => mul(sin(x), stopGradient({ c: [cos(x), 1] }).c[0] as Tensor)],
  ["withoutGrad of jit", (x) => mul(sin(x), withoutGrad(() => jit((y: Tensor) => cos(y))(x)))],
  ["stopGradient in jit", (x) => jit((y: Tensor) => mul(sin(y), stopGradient(cos(y))))(x)],
])("%s", (_name, f) => {
  // d(sin·c) with c = cos held fixed: cos², then −sin·cos, since the factor that is left is held fixed again.
  const first: [string, (x: Tensor) => Tensor][] = [
    ["grad", grad(f)],
    ["grad∘jit", grad(jit(f))],
    ["jit∘grad", jit(grad(f))],
    ["jvp", (x) => jvp(f, [x], [1])[1]],
    ["jacfwd", (x) => jacfwd(f)(x) as Tensor],
    ["jacrev", (x) => jacrev(f)(x) as Tensor],
    ["linearize", (x) => linearize(f, [x])[1](1)],
    ["a pullback called later", (x) => vjp(f, [x])[1](1)[0]],
    ["a pullback returned from jit", (x) => jit((y: Tensor) => vjp(f, [y])[1])(x)(1)[0]],
    ["a program", (x) => grad((y: Tensor) => evalProgram(makeProgram(f)(y), [y])[0]!)(x)],
  ];
  test.each(first)("has the value of the function and the stopped derivative: %s", (_mode, d) => {
    expect(f(at()).item()).toBeCloseTo(0.5, 6);
    expect(d(at()).item()).toBeCloseTo(0.5, 6);
  });

  test("maps: vmap outside and inside", () => {
    const expected = [0.3, 0.7].map((x) => expect.closeTo(Math.cos(x) ** 2, 5) as number);
    expect(vmap(grad(f))(batch()).js()).toEqual(expected);
    expect(grad((x: Tensor) => reduceSum(vmap(f)(x)))(batch()).js()).toEqual(expected);
    expect(vmap(jit(grad(f)))(batch()).js()).toEqual(expected);
    expect(grad(jit((x: Tensor) => reduceSum(vmap(f)(x))))(batch()).js()).toEqual(expected);
  });

  test("is stopped at every order", () => {
    const x = array(0.4);
    const c = Math.cos(0.4);
    const s = Math.sin(0.4);
    const seconds: [string, F][] = [
      ["grad∘grad", grad(grad(f)) as F],
      ["hessian", hessian(f) as F],
      ["grad∘jit∘grad", grad(jit(grad(f))) as F],
      ["jvp∘grad", (y) => jvp(grad(f), [y], [1])[1]],
      ["grad∘jvp", grad((y: Tensor) => jvp(f, [y], [1])[1]) as F],
    ];
    for (const [name, d] of seconds) expect(d(x).item(), name).toBeCloseTo(-s * c, 5);
    expect(grad(grad(grad(f)))(x).item()).toBeCloseTo(-c * c, 5);
  });
});

describe("stopGradient", () => {
  test("hides the value from the innermost and from every outer derivative", () => {
    expect(grad((x: Tensor) => grad((y: Tensor) => mul(stopGradient(x), mul(y, y)))(x))(3).item()).toBe(6);
    expect(grad((x: Tensor) => grad((y: Tensor) => mul(x, mul(stopGradient(y), y)))(x))(3).item()).toBe(3);
  });

  test("of everything is zero, materialised, in the structure of the argument", () => {
    const g = grad((p: { a: Tensor; b: Tensor[] }) => reduceSum(stopGradient(mul(p.a, p.b[0]!))))({ a: array([1, 2]), b: [array([3, 4])] });
    expect([g.a.js(), g.b[0]!.js()]).toEqual([[0, 0], [0, 0]]);
  });

  test("keeps integers, booleans, null and structure as they are", () => {
    const n = array([1, 2], { dtype: "int32" });
    const out = stopGradient({ n, flag: array(true), none: null, list: [1.5, false] });
    expect(out.n).toBe(n);
    expect([out.flag.js(), out.none, out.list[0]!.item(), out.list[1]!.item()]).toEqual([true, null, 1.5, false]);
    expect(stopGradient(2).aval.toString()).toBe("~f32[]");
    expect(stopGradient(array([1, 2], { dtype: "float64" })).aval.toString()).toBe("f64[2]");
  });

  test("keeps −0, NaN and infinities bit for bit", () => {
    const x = array([-0, NaN, Infinity, -Infinity, 2 ** -149]);
    for (const f of [stopGradient<Tensor>, jit(stopGradient<Tensor>), vmap(stopGradient<Tensor>)]) {
      expect([...new Uint32Array(f(x).dataSync().buffer)]).toEqual([...new Uint32Array(x.dataSync().buffer)]);
    }
  });

  test.each([
    ["text", "x"],
    ["a function", sin],
    ["undefined", undefined],
    ["a typed array", new Float32Array(2)],
  ])("refuses %s", (_name, leaf) => {
    expect(() => stopGradient([leaf])).toThrow(ArgumentError);
    expect(() => stopGradient(leaf)).toThrow(/stopGradient: expected tensors/);
  });

  test("keeps an infinite slope out of the gradient, where a numeric zero would make it NaN", () => {
    const f = (x: Tensor): Tensor => add(mul(0, stopGradient(log(x))), x);
    expect(grad(f)(1e-30).item()).toBe(1);
    const safe = (x: Tensor): Tensor => where(greater(x, 0), stopGradient(div(1, x)), x);
    expect(grad(safe)(0).item()).toBe(1);
  });

  test("makes a value readable under a derivative", () => {
    const read: number[] = [];
    const f = (x: Tensor): Tensor => {
      read.push(stopGradient(x).item());
      return mul(x, stopGradient(mul(x, 2)).item());
    };
    expect([grad(f)(3).item(), jvp(f, [array(3)], [1])[1].item(), grad(grad((x: Tensor) => mul(x, f(x))))(3).item()]).toEqual([6, 6, 12]);
    expect(read.every((v) => v === 3)).toBe(true);
    expect(() => jit(f)(3)).toThrow(ConcretizationError);
    expect(() => vmap(f)(array([3]))).toThrow(ConcretizationError);
    expect(() => grad((x: Tensor) => mul(x, x.item()))(3)).toThrow(/stopGradient\(x\)\.item\(\)/);
  });

  test("is one operation with a reason, visible to handlers and in programs", () => {
    expect(stopGradientP.traits.zeroGradient).toBe("stopped");
    expect(makeProgram((x: Tensor) => stopGradient(sin(x)))(1).equations.map((eq) => eq.primitive)).toContain(stopGradientP);
    const names: string[] = [];
    const logger: Handler = {
      name: "logger",
      perform: (p, args, params) => {
        names.push(p.name);
        return performBelow(p, args, params);
      },
    };
    withHandler(logger, () => stopGradient([array(1), array(2, { dtype: "int32" })]));
    expect(names).toEqual(["stop_gradient"]);
  });

  test("is the target network: only the online parameters learn", () => {
    const loss = (online: Tensor, target: Tensor, x: Tensor): Tensor => {
      const error = sub(mul(online, x), stopGradient(add(1, mul(target, x))));
      return reduceSum(mul(error, error));
    };
    const [value, [dOnline, dTarget]] = valueAndGrad(loss, { argnums: [0, 1] })(2, 3, array([1, 2]));
    expect([value.item(), dOnline.item(), dTarget.item()]).toEqual([13, -16, 0]);
  });
});

describe("withoutGrad", () => {
  test("passes through what is no tensor, and gives back the structure", () => {
    const out = withoutGrad(() => ({ text: "a", n: 3, f: sin, none: null, t: array(2) }));
    expect([out.text, out.n, out.f, out.none, out.t.item()]).toEqual(["a", 3, sin, null, 2]);
  });

  test("stops values from outside that pass through it unchanged", () => {
    expect(grad((x: Tensor) => mul(x, withoutGrad(() => x)))(3).item()).toBe(3);
  });

  test("does not reach values that leave by another door", () => {
    expect(
      grad((x: Tensor) => {
        let kept = x;
        withoutGrad(() => {
          kept = mul(x, x);
          return 0;
        });
        return kept;
      })(3).item(),
    ).toBe(6);
  });

  test("differentiates inside for itself", () => {
    const f = (x: Tensor): Tensor => mul(x, withoutGrad(() => grad((y: Tensor) => mul(y, mul(y, x)))(x)));
    expect(grad(f)(3).item()).toBe(18);
  });

  test("refuses async functions and lets exceptions through", () => {
    expect(() => withoutGrad(async () => array(1))).toThrow(ArgumentError);
    expect(() =>
      withoutGrad(() => {
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
  });

  test("keeps integer results integers", () => {
    expect(grad((x: Tensor) => mul(x, cast(withoutGrad(() => cast(x, "int32")), "float32")))(2.5).item()).toBe(2);
  });
});
