import { add, ArgumentError, array, DTypeError, mul, neg, reduceSum, ShapeError, type Tensor, TreeMismatchError } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import { greater, log, sin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, it } from "vitest";
import { cond, scan, switchCase } from "../src/index.js";
import { agree, flat } from "./agree.js";

const branching = (x: Tensor, y: Tensor): Tensor => cond(greater(x, 0), (v: Tensor) => mul(sin(v), y), (v: Tensor) => mul(mul(v, v), 3), x);
const number = (v: number): Tensor => v as unknown as Tensor;

for (const v of [1.2, -0.7]) {
  const taken = v > 0 ? (x: Tensor, y: Tensor) => mul(sin(x), y) : (x: Tensor, y: Tensor) => add(mul(mul(x, x), 3), mul(y, 0));
  const [x, y] = [number(v), number(2)];
  describe(`cond at ${v} equals the branch taken`, () => {
    agree("in value", () => branching(x, y), () => taken(x, y));
    agree("jvp", () => jvp(branching, [x, y], [1, 3])[1], () => jvp(taken, [x, y], [1, 3])[1]);
    agree("grad by the operand", () => grad(branching)(x, y), () => grad(taken)(x, y));
    agree("grad by a captured value", () => grad(branching, { argnums: 1 })(x, y), () => grad(taken, { argnums: 1 })(x, y));
    agree("grad∘grad", () => grad(grad(branching))(x, y), () => grad(grad(taken))(x, y));
    agree("jit∘grad", () => jit(grad(branching))(x, y), () => grad(taken)(x, y));
    agree("grad∘jit", () => grad(jit(branching) as typeof branching)(x, y), () => grad(taken)(x, y));
    agree("jit∘grad∘grad∘grad", () => jit(grad(grad(grad(branching))))(x, y), () => grad(grad(grad(taken)))(x, y));
    agree("vmap by a captured value", () => vmap(grad(branching), [null, 0])(x, array([1, 2])), () => vmap(grad(taken), [null, 0])(x, array([1, 2])));
  });
}

// log of what is not positive is NaN, and so is its derivative at 0: neither must leave its branch.
const guarded = (x: Tensor): Tensor => cond(greater(x, 0), (v: Tensor) => log(v), (v: Tensor) => neg(v), x);

describe("cond under a batched predicate", () => {
  agree("chooses per example", () => vmap(guarded)(array([1, -2, 3])), () => array([0, 2, Math.log(3)]));
  agree("vmap∘grad keeps NaNs in their branch", () => vmap(grad(guarded))(array([1, -2, 0])), () => array([1, -1, -1]));
  agree("grad∘vmap keeps NaNs in their branch", () => grad((x: Tensor) => reduceSum(vmap(guarded)(x)))(array([1, -2, 0])), () => array([1, -1, -1]));
  agree("jvp∘vmap keeps NaNs in their branch", () => jvp((x: Tensor) => vmap(guarded)(x), [array([1, -2, 0])], [array([1, 1, 1])])[1], () => array([1, -1, -1]));
  agree("jit∘grad∘vmap keeps NaNs in their branch", () => jit(grad((x: Tensor) => reduceSum(vmap(guarded)(x))))(array([1, -2, 0])), () => array([1, -1, -1]));
});

describe("switchCase", () => {
  const powers = (i: Tensor, x: Tensor): Tensor => switchCase(i, [(v: Tensor) => v, (v: Tensor) => mul(v, v), (v: Tensor) => mul(v, mul(v, v))], x);
  agree("clamps the index, batched too", () => vmap(grad(powers, { argnums: 1 }), [0, null])(array([-5, 0, 1, 2, 9], { dtype: "int32" }), 3), () => array([1, 1, 6, 27, 27]));
  agree("takes a JS number", () => switchCase(2, [() => 1, () => 2, () => 3]) as unknown as Tensor, () => array(3));
});

describe("cond", () => {
  agree("goes inside of scan", () => grad((x: Tensor) => scan((c: Tensor, i: Tensor) => [cond(greater(i, 1), (v: Tensor) => mul(v, v), (v: Tensor) => mul(v, 2), c), null], x, array([0, 1, 2, 3]))[0] as Tensor)(1.5), () => array(4 * 4 ** 4 * 1.5 ** 3));

  it("runs the branch taken alone", () => {
    expect(flat(jit((x: Tensor) => cond(greater(x, 0), (v: Tensor) => v, (v: Tensor) => log(v), x))(2))).toEqual([2]);
  });

  it("takes a boolean, and a number for whether it is not 0", () => {
    const choose = (p: Tensor | number | boolean): unknown => (cond(p, () => 1, () => 2) as unknown as Tensor).item();
    expect([true, false, 3, 0, array(true)].map(choose)).toEqual([1, 2, 1, 2, 1]);
  });

  it("refuses branches that differ, and predicates that are no scalars", () => {
    const x = array([1, 2]);
    expect(() => cond(true, (v: Tensor) => v, (v: Tensor) => [v] as never, x)).toThrow(TreeMismatchError);
    expect(() => cond(true, (v: Tensor) => v, (v: Tensor) => reduceSum(v), x)).toThrow(ShapeError);
    expect(() => cond(true, (v: Tensor) => v, (v: Tensor) => greater(v, 0), x)).toThrow(DTypeError);
    expect(() => cond(greater(x, 0), (v: Tensor) => v, (v: Tensor) => v, x)).toThrow(/must be a scalar.*select/);
    expect(() => cond(null as never, () => 1, () => 2)).toThrow(ArgumentError);
    expect(() => switchCase(0, [])).toThrow(ArgumentError);
    expect(() => switchCase(array(0.5), [() => 1])).toThrow(DTypeError);
  });
});
