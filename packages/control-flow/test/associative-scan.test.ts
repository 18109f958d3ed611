// Prefixes of folds: against the fold written out, for every length up to nine, from both ends, along every axis.

import { add, ArgumentError, array, cast, DTypeError, mul, reduceSum, ShapeError, type Tensor, TreeMismatchError } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { jvp } from "@gradus/jvp";
import { max, reshape, sin, transpose } from "@gradus/ops";
import { checkProgram, jit, makeProgram } from "@gradus/tracing";
import { grad, hessian } from "@gradus/vjp";
import { describe, expect, it } from "vitest";
import { associativeScan, scan } from "../src/index.js";
import { agree, flat } from "./agree.js";

const f64 = (xs: number[]): Tensor => array(xs, { dtype: "float64" });
const wave = (n: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(3 * i + 1));

/** x ↦ a·x + b, composed: not commutative. */
interface Affine {
  readonly a: Tensor;
  readonly b: Tensor;
}
const compose = (f: Affine, g: Affine): Affine => ({ a: mul(f.a, g.a), b: add(mul(g.a, f.b), g.b) });
const written = (a: number[], b: number[]): [number, number][] => {
  const out: [number, number][] = [];
  a.forEach((v, i) => {
    const [p, q] = out[i - 1] ?? [1, 0];
    out.push([p * v, v * q + (b[i] as number)]);
  });
  return out;
};

describe("associativeScan", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])("folds trees of %i elements, in order", (n) => {
    const [a, b] = [wave(n), wave(n + 2).slice(2)];
    const close = (got: Affine, expected: [number, number][]): void => {
      [got.a, got.b].forEach((x, k) => {
        expect(x.shape).toEqual([n]);
        flat(x).forEach((v, i) => expect(v).toBeCloseTo(expected[i]?.[k] as number, 12));
      });
    };
    close(associativeScan(compose, { a: f64(a), b: f64(b) }) as Affine, written(a, b));
    close(associativeScan(compose, { a: f64(a), b: f64(b) }, { reverse: true }) as Affine, written(a.slice().reverse(), b.slice().reverse()).reverse());
  });

  it("goes along any axis, counted from either end", () => {
    const x = array([[1, 2, 3], [4, 5, 6]]);
    expect((associativeScan(add, x, { axis: 1 }) as Tensor).js()).toEqual([[1, 3, 6], [4, 9, 15]]);
    expect((associativeScan(add, x, { axis: -1, reverse: true }) as Tensor).js()).toEqual([[6, 5, 3], [15, 11, 6]]);
    expect((associativeScan(add, x) as Tensor).js()).toEqual([[1, 2, 3], [5, 7, 9]]);
    expect((associativeScan(max, array([3, 1, 4, 1, 5], { dtype: "int32" })) as Tensor).js()).toEqual([3, 3, 4, 4, 5]);
  });

  it("applies the function to fewer than 2n elements, in about 2·log₂ n rounds", () => {
    let [elements, rounds] = [0, 0];
    associativeScan((a: Tensor, b: Tensor) => {
      elements += a.size;
      rounds++;
      return add(a, b);
    }, array(wave(1000)));
    expect(elements).toBeLessThan(2000);
    expect(rounds).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(1000)));
  });

  // A linear recurrence h ← a·h + b, which scan does step by step.
  const xs = array([0.3, -0.5, 1.2, 0.7, 0.1]);
  const parallel = (x: Tensor): Tensor => (associativeScan(compose, { a: sin(x), b: mul(x, x) }) as Affine).b;
  const serial = (x: Tensor): Tensor => scan((h: Tensor, v: Tensor) => {
    const after = add(mul(sin(v), h), mul(v, v));
    return [after, after];
  }, 0, x)[1] as unknown as Tensor;
  const loss = (f: (x: Tensor) => Tensor) => (x: Tensor): Tensor => reduceSum(mul(f(x), f(x)));
  agree("equals scan", () => parallel(xs), () => serial(xs));
  agree("jvp", () => jvp(parallel, [xs], [xs])[1] as Tensor, () => jvp(serial, [xs], [xs])[1] as Tensor);
  agree("grad", () => grad(loss(parallel))(xs), () => grad(loss(serial))(xs));
  agree("jit∘grad", () => jit(grad(loss(parallel)))(xs), () => grad(loss(serial))(xs));
  agree("hessian", () => hessian(loss(parallel))(xs), () => hessian(loss(serial))(xs));
  agree("vmap along another axis", () => vmap(parallel, 1, { outAxes: 1 })(transpose(reshape(array(wave(10)), [2, 5]))), () => transpose(vmap(serial)(reshape(array(wave(10)), [2, 5]))));
  it("is a program that checks", () => checkProgram(makeProgram(parallel)(xs)));

  it("refuses what does not fit", () => {
    const x = array([1, 2, 3]);
    expect(() => associativeScan(null as never, x)).toThrow(ArgumentError);
    expect(() => associativeScan(add, x, { reverse: 1 as never })).toThrow(ArgumentError);
    expect(() => associativeScan(add, null as never)).toThrow(/no array to fold/);
    expect(() => associativeScan(add, 1 as never)).toThrow(ShapeError);
    expect(() => associativeScan(add, x, { axis: 1 })).toThrow(/axis 1 is out of range/);
    expect(() => associativeScan((a: Tensor[]) => a, [x, array([1])])).toThrow(/lengths 3, 1/);
    expect(() => associativeScan((a: Tensor) => [a, a], x)).toThrow(TreeMismatchError);
    expect(() => associativeScan((a: Tensor) => reduceSum(a), x)).toThrow(/leaf 0: f32\[1\] in, f32\[\] out/);
    expect(() => associativeScan((a: Tensor) => cast(a, "int32"), x)).toThrow(DTypeError);
    expect(() => associativeScan(async (a: Tensor) => a, x)).toThrow(/synchronous/);
    expect(() => associativeScan(() => undefined, x)).toThrow(ArgumentError);
  });
});
