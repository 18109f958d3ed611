import { add, ArgumentError, array, DTypeError, mul, reduceSum, ShapeError, type Tensor, TreeMismatchError } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jacfwd, jvp } from "@gradus/jvp";
import { stack, take, tanh } from "@gradus/ops";
import { checkProgram, evalProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, jacrev, linearize, linearTranspose } from "@gradus/vjp";
import { describe, expect, it } from "vitest";
import { map, scan } from "../src/index.js";
import { agree, flat } from "./agree.js";

// A recurrent cell: h ← tanh(w·h + x), and the sum of h² along the way.
const looped = (w: Tensor, xs: Tensor): Tensor => {
  const [h, ys] = scan(
    (before: Tensor, x: Tensor) => {
      const after = tanh(add(mul(w, before), x));
      return [after, mul(after, after)];
    },
    0.5 as unknown as Tensor,
    xs,
  );
  return add(h, reduceSum(ys));
};
const unrolled = (w: Tensor, xs: Tensor): Tensor => {
  let [h, sum]: [Tensor | number, Tensor | number] = [0.5, 0];
  for (let i = 0; i < 3; i++) {
    h = tanh(add(mul(w, h), take(xs, i)));
    sum = add(sum, mul(h, h));
  }
  return add(h, sum);
};
const w = 0.3 as unknown as Tensor;
const xs = array([0.1, -0.4, 0.7]);
const ws = array([0.3, 0.5]);
const many = array([[0.1, -0.4, 0.7], [1, 2, 3]]);

describe("scan equals the loop written out", () => {
  agree("in value", () => looped(w, xs), () => unrolled(w, xs));
  agree("jvp", () => jvp(looped, [w, xs], [1, xs])[1], () => jvp(unrolled, [w, xs], [1, xs])[1]);
  agree("grad by a captured value", () => grad(looped)(w, xs), () => grad(unrolled)(w, xs));
  agree("grad by the inputs", () => grad(looped, { argnums: 1 })(w, xs), () => grad(unrolled, { argnums: 1 })(w, xs));
  agree("grad∘grad", () => grad(grad(looped))(w, xs), () => grad(grad(unrolled))(w, xs));
  agree("hessian", () => hessian(looped, { argnums: 1 })(w, xs), () => hessian(unrolled, { argnums: 1 })(w, xs));
  agree("jacfwd∘jacrev", () => jacfwd(jacrev(looped, { argnums: 1 }), { argnums: 1 })(w, xs), () => hessian(unrolled, { argnums: 1 })(w, xs));
  agree("linearize", () => linearize(looped, [w, xs])[1](1, xs), () => jvp(unrolled, [w, xs], [1, xs])[1]);
  agree("jit∘grad", () => jit(grad(looped))(w, xs), () => grad(unrolled)(w, xs));
  agree("grad∘jit", () => grad(jit(looped) as typeof looped)(w, xs), () => grad(unrolled)(w, xs));
  agree("vmap by a captured value", () => vmap(looped, [0, null])(ws, xs), () => stack([looped(take(ws, 0), xs), unrolled(take(ws, 1), xs)]));
  agree("vmap∘grad by the inputs, along any axis", () => vmap(grad(looped, { argnums: 1 }), [null, 1])(w, array([[0.1, 1], [-0.4, 2], [0.7, 3]])), () => vmap(grad(unrolled, { argnums: 1 }), [null, 0])(w, many));
  agree("grad∘vmap", () => grad((v: Tensor) => reduceSum(vmap(looped, [null, 0])(v, many)))(w), () => grad((v: Tensor) => reduceSum(vmap(unrolled, [null, 0])(v, many)))(w));
  agree("jit∘vmap∘grad∘grad", () => jit(vmap(grad(grad(looped)), [0, null]))(ws, xs), () => vmap(grad(grad(unrolled)), [0, null])(ws, xs));
});

describe("scan", () => {
  agree("gives the last carry", () => scan((s: Tensor, x: Tensor) => [add(s, x), s], 0, xs)[0] as Tensor, () => reduceSum(xs));
  agree("stacks results", () => scan((s: Tensor, x: Tensor) => [add(s, x), s], 0, array([1, 2, 3]))[1] as Tensor, () => array([0, 1, 3]));
  agree("runs backwards, results in the places of their inputs", () => scan((s: Tensor, x: Tensor) => [add(s, x), s], 0, array([1, 2, 3]), { reverse: true })[1] as Tensor, () => array([5, 3, 0]));
  agree("without steps gives the initial carry", () => scan((s: Tensor, x: Tensor) => [add(s, x), s], 1, array(new Float32Array(0)))[0] as unknown as Tensor, () => array(1));
  agree("follows a carry that is perturbed later", () => grad((v: Tensor) => scan((c: Tensor, x: Tensor) => [mul(add(c, v), x), null], 0, xs)[0] as unknown as Tensor)(w), () => array(0.1 * -0.4 * 0.7 + -0.4 * 0.7 + 0.7));
  // (a, b) ← (b, a·x): after three steps (x₂, v·x₁·x₃)
  agree("follows values that change places", () => grad((v: Tensor) => {
    const [[a, b]] = scan(([p, q]: [Tensor, Tensor], x: Tensor) => [[q, mul(p, x)], null], [v, 1] as unknown as [Tensor, Tensor], xs);
    return add(a as Tensor, b as Tensor);
  })(w), () => array(0.1 * 0.7));
  agree("transposes where it is linear", () => linearTranspose((x: Tensor) => scan((c: Tensor, v: Tensor) => [add(mul(c, 2), v), null], 0, x)[0] as unknown as Tensor, [xs])(1)[0] as Tensor, () => array([4, 2, 1]));
  agree("map applies to each slice", () => map((x: Tensor) => mul(x, x), xs) as Tensor, () => mul(xs, xs));

  it("takes and gives trees", () => {
    const [{ sum }, [double]] = scan<unknown, unknown>((c: { sum: Tensor }, x: { v: Tensor }) => [{ sum: add(c.sum, x.v) }, [mul(x.v, 2)]], { sum: array(0) }, { v: xs }) as [{ sum: Tensor }, [Tensor]];
    expect(sum.item()).toBeCloseTo(0.4, 6);
    expect(double.shape).toEqual([3]);
  });

  it("is one equation, in a program that checks", () => {
    const program = makeProgram(grad(looped) as (...args: Tensor[]) => Tensor)(w, xs);
    checkProgram(program);
    expect(program.equations.filter((eq) => eq.primitive.name === "scan").length).toBe(2);
  });

  it("refuses what does not fit", () => {
    const step = (c: Tensor, x: Tensor): [Tensor, Tensor] => [add(c, x), x];
    expect(() => scan(step, 0, [xs, array([1, 2])] as never)).toThrow(ShapeError);
    expect(() => scan(step, 0, null as never)).toThrow(/give the option length/);
    expect(() => scan(step, 0, array(1))).toThrow(/no axis to slice/);
    expect(() => scan(step, 0, xs, { length: 4 })).toThrow(ShapeError);
    expect(() => scan((c: Tensor) => c as never, 0, xs)).toThrow(ArgumentError);
    expect(() => scan((c: Tensor) => [[c, c], null] as never, 0, xs)).toThrow(TreeMismatchError);
    expect(() => scan((c: Tensor, x: Tensor) => [add(c, xs), x], array(0), xs)).toThrow(/carry changes from step to step.*leaf 0: f32\[\] in, f32\[3\] out/);
    expect(() => scan((c: Tensor, x: Tensor) => [mul(c, x), null], array(1, { dtype: "int32" }), xs)).toThrow(DTypeError);
    expect(() => scan(step, 0, xs, { unroll: 0 })).toThrow(ArgumentError);
  });
});

describe("dead code elimination", () => {
  it("takes from loops what nothing uses", () => {
    const unused = (x: Tensor): Tensor => scan((c: Tensor, v: Tensor) => [add(c, v), [tanh(c), mul(c, c)]], x, xs)[0] as unknown as Tensor;
    const half = (x: Tensor): Tensor => (scan((c: Tensor, v: Tensor) => [add(c, v), [tanh(c), mul(c, c)]], x, xs)[1] as unknown as Tensor[])[1] as Tensor;
    const scans = [unused, half].map((f) => makeProgram(f)(w));
    scans.forEach((p) => checkProgram(p));
    expect(scans.map((p) => p.equations.at(-1)?.outputs.map((v) => v.aval.toString()))).toEqual([["f32[]"], ["f32[]", "f32[3]"]]);
    expect(scans.map((p) => p.toString().includes("tanh"))).toEqual([false, false]);
    expect(flat(evalProgram(scans[1] as (typeof scans)[0], [w])[0] as Tensor)).toEqual(flat(half(w)));
  });
});
