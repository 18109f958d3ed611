// What rules are told about zeros: arrays of them unless symbolicZeros asks for the symbol, and which arguments are perturbed.

import { vmap } from "@gradus/batching";
import { array, full, instantiate, isZero, mul, reduceSum, type Tensor, tree, useBackend, Zero } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { add, cast, sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { jit } from "@gradus/tracing";
import { grad, linearize, vjp } from "@gradus/vjp";
import { beforeEach, describe, expect, test } from "vitest";
import { customJvp, customVjp, type Perturbed } from "../src/index.js";

useBackend(eagerCpu());

const show = (t: Tensor | Zero): string => (isZero(t) ? String(t) : `a tensor ${t.aval}`);
const seen: unknown[] = [];
beforeEach(() => {
  seen.length = 0;
});
const int = (n: number): Tensor => array(n, { dtype: "int32" });

describe("customJvp", () => {
  const rule = ([x, y]: Tensor[], [dx, dy]: (Tensor | Zero)[]): [Tensor, Tensor | Zero] => {
    seen.push([show(dx!), show(dy!)]);
    return [mul(x!, y!), isZero(dx) ? (isZero(dy) ? dx : mul(dy!, x!)) : mul(dx!, y!)];
  };
  const symbolic = customJvp((x: Tensor, y: Tensor) => mul(x, y), { symbolicZeros: true }).defjvp(rule as never);
  const dense = customJvp((x: Tensor, y: Tensor) => mul(x, y)).defjvp(rule as never);
  const uses: [string, (f: typeof dense) => unknown][] = [
    ["jvp", (f) => jvp((x: Tensor) => f(x, array(3)), [array(2)], [array(1)])],
    ["grad", (f) => grad((x: Tensor) => f(x, array(3)))(array(2))],
    ["linearize", (f) => linearize((x: Tensor) => f(x, array(3)), [array(2)])],
    ["grad∘jit", (f) => grad(jit((x: Tensor) => f(x, array(3))))(array(2))],
    ["jit∘grad", (f) => jit(grad((x: Tensor) => f(x, array(3))))(array(2))],
    ["vmap∘grad", (f) => vmap(grad((x: Tensor) => f(x, array(3))))(array([2]))],
    ["grad∘vmap", (f) => grad((x: Tensor) => reduceSum(vmap((y: Tensor) => f(y, array(3)))(x)))(array([2]))],
    ["grad of a shared argument", (f) => grad((x: Tensor) => reduceSum(vmap(f, [null, 0])(x, array([3]))))(array(2))],
  ];
  test.each(uses)("sees a Zero for the unperturbed argument under %s", (_name, use) => {
    use(symbolic);
    expect(seen).toEqual([["a tensor f32[]", "Zero(f32[])"]]);
  });
  test.each(uses)("without the option sees arrays under %s", (_name, use) => {
    use(dense);
    expect(seen).toEqual([["a tensor f32[]", "a tensor f32[]"]]);
  });

  test("the option may come with the rule, and wins over that of the function", () => {
    const plain = customJvp((x: Tensor, y: Tensor) => mul(x, y));
    grad((x: Tensor) => plain.defjvp(rule as never, { symbolicZeros: true })(x, array(3)))(2);
    const off = customJvp((x: Tensor, y: Tensor) => mul(x, y), { symbolicZeros: true }).defjvp(rule as never, { symbolicZeros: false });
    grad((x: Tensor) => off(x, array(3)))(2);
    expect(seen.map((s) => (s as string[])[1])).toEqual(["Zero(f32[])", "a tensor f32[]"]);
  });

  test("a rule may return a Zero, for an output without tangent", () => {
    const f = customJvp((x: Tensor) => [sin(x), x], { symbolicZeros: true }).defjvp(([x], [dx]) => [[sin(x), x], [dx, new Zero(x.aval)]]);
    const sum = (x: Tensor): Tensor => add(f(x)[0]!, mul(5, f(x)[1]!));
    expect([grad(sum)(1).item(), grad(jit(sum))(1).item(), jit(grad(sum))(1).item(), vmap(grad(sum))(array([1])).item()]).toEqual([1, 1, 1, 1]);
  });

  test("a Zero of another shape is refused", () => {
    const f = customJvp((x: Tensor) => sin(x), { symbolicZeros: true }).defjvp(([x]) => [sin(x), new Zero(full([2], 0).aval)]);
    expect(() => grad(f)(1)).toThrow(/is a zero f32\[2\], expected ~f32\[\]/);
  });

  test("an argument perturbed by zeros that were computed is no symbolic zero", () => {
    jvp(symbolic, [array(2), array(3)], [array(0), array(0)]);
    expect(seen).toEqual([["a tensor f32[]", "a tensor f32[]"]]);
  });

  test("integers and booleans have float0 tangents: symbols with the option, tensors without", () => {
    const f = (symbolicZeros: boolean): ((x: Tensor, n: Tensor) => Tensor) =>
      customJvp((x: Tensor, n: Tensor) => mul(x, cast(n, "float32")), { symbolicZeros }).defjvp(([x, n], [dx, dn]) => {
        seen.push(show(dn));
        return [mul(x, cast(n, "float32")), mul(dx, cast(n, "float32"))];
      });
    for (const flag of [true, false]) {
      expect(grad((x: Tensor) => f(flag)(x, int(3)))(2).item()).toBe(3);
      expect(grad(jit((x: Tensor) => f(flag)(x, int(3))))(2).item()).toBe(3);
    }
    expect(seen).toEqual(["Zero(float0[])", "Zero(float0[])", "a tensor float0[]", "a tensor float0[]"]);
  });

  test("the rule does not run where no argument is perturbed", () => {
    expect(grad((x: Tensor) => mul(x, dense(array(2), array(3))))(5).item()).toBe(6);
    expect(jvp((x: Tensor) => mul(x, jit(dense)(array(2), array(3))), [array(5)], [1])[1].item()).toBe(6);
    expect(seen).toEqual([]);
  });

  test("defjvps runs only the rules of perturbed arguments, null being none", () => {
    const ran: number[] = [];
    const f = customJvp((x: Tensor, y: Tensor, z: Tensor) => mul(mul(x, y), z)).defjvps(
      (t, out, x) => (ran.push(0), expect(out.item()).toBe(30), mul(t, x)),
      (t) => (ran.push(1), t),
      null,
    );
    const three = [array(2), array(3), array(5)] as const;
    expect(jvp((x: Tensor) => f(x, three[1], three[2]), [three[0]], [1])[1].item()).toBe(2);
    expect(ran).toEqual([0]);
    expect(jvp(f, [...three], [1, 10, 100])[1].item()).toBe(12);
    expect(ran).toEqual([0, 0, 1]);
    expect(grad(f, { argnums: [0, 1, 2] })(2, 3, 5).map((g) => g.item())).toEqual([2, 1, 0]);
  });
});

describe("customVjp", () => {
  const records = (...args: Perturbed[]): unknown => args.map(({ value, perturbed }) => [value.aval.toString(), perturbed]);
  const f = customVjp((x: Tensor, y: Tensor) => [mul(x, y), x], { symbolicZeros: true }).defvjp(
    (x, y) => {
      seen.push(records(x, y));
      return [[mul(x.value, y.value), x.value], [x.value, y.value]];
    },
    ([x, y], [ct, other]) => {
      seen.push([show(ct), show(other)]);
      const g = instantiate(ct);
      return [mul(g, y), mul(g, x)];
    },
  );

  test("fwd meets records that say what is perturbed, bwd meets Zero for unused outputs", () => {
    expect(grad((x: Tensor) => f(x, array(3))[0]!)(array(2)).item()).toBe(3);
    expect(seen).toEqual([
      [["f32[]", true], ["f32[]", false]],
      ["a tensor f32[]", "Zero(f32[])"],
    ]);
  });

  test("so it does through jit and vmap", () => {
    const uses = [
      (): unknown => grad(jit((x: Tensor) => f(x, array(3))[0]!))(array(2)),
      (): unknown => jit(grad((x: Tensor) => f(x, array(3))[0]!))(array(2)),
      (): unknown => vmap(grad((x: Tensor) => f(x, array(3))[0]!))(array([2])),
      (): unknown => grad((x: Tensor) => reduceSum(vmap((y: Tensor) => f(y, array(3))[0]!)(x)))(array([2])),
    ];
    for (const use of uses) {
      seen.length = 0;
      use();
      expect(seen).toEqual([
        [["f32[]", true], ["f32[]", false]],
        ["a tensor f32[]", "Zero(f32[])"],
      ]);
    }
  });

  test("records follow the structure of arguments", () => {
    const g = customVjp(({ a, n }: { a: Tensor; n: Tensor }) => mul(a, cast(n, "float32"))).defvjp(
      (arg) => {
        seen.push(tree.map((leaf: unknown) => (typeof leaf === "boolean" ? leaf : "value"), arg));
        return [mul(arg.a.value, cast(arg.n.value, "float32")), null];
      },
      (_res, ct) => [{ a: ct, n: null }],
      { symbolicZeros: true },
    );
    grad((a: Tensor) => g({ a, n: int(2) }))(3);
    expect(seen).toEqual([{ a: { perturbed: true, value: "value" }, n: { perturbed: false, value: "value" } }]);
  });

  test("without the option bwd meets arrays, float0 ones for integer outputs", () => {
    const g = customVjp((x: Tensor) => [mul(x, x), x, cast(x, "int32")]).defvjp(
      (x) => [[mul(x, x), x, cast(x, "int32")], x],
      (x, cts) => {
        seen.push(cts.map(show), cts.slice(0, 2).map((c: Tensor) => c.item()));
        return [mul(cts[0], x)];
      },
    );
    expect(grad((x: Tensor) => g(x)[0]!)(array(2)).item()).toBe(2);
    expect(seen).toEqual([["a tensor f32[]", "a tensor f32[]", "a tensor float0[]"], [1, 0]]);
  });

  test("a slot of an integer argument takes any cotangent", () => {
    for (const anything of [null, undefined, 3, array(1), int(1), full([], 0, "float0")]) {
      const g = customVjp((x: Tensor, n: Tensor) => mul(x, cast(n, "float32"))).defvjp(
        (x, n) => [mul(x, cast(n, "float32")), n],
        (n, ct) => [mul(ct, cast(n, "float32")), anything],
      );
      const [dx, dn] = vjp(g, [array(2), int(3)])[1](1);
      expect([dx.item(), dn.aval.toString()]).toEqual([3, "float0[]"]);
    }
  });

  test("residuals are any tree: functions, text and pullbacks too", () => {
    const g = customVjp((x: Tensor) => sin(x)).defvjp(
      (x) => {
        const [y, pullback] = vjp(sin, [x]);
        return [y, { pullback, scale: (c: Tensor) => mul(2, c), note: "text", deep: [x, 3, null] }];
      },
      ({ pullback, scale, note, deep }, ct) => {
        expect([note, deep[1].item?.() ?? deep[1], deep[2]]).toEqual(["text", 3, null]);
        return [scale(pullback(ct)[0])];
      },
    );
    const expected = 2 * Math.cos(0.5);
    for (const use of [() => grad(g)(0.5), () => vmap(grad(g))(array([0.5])), () => grad((x: Tensor) => reduceSum(vmap(g)(x)))(array([0.5]))]) {
      expect(use().item()).toBeCloseTo(expected, 6);
    }
  });
});
