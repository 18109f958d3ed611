// Cumulative operations: exact derivatives of products with zeros, shares of ties, both directions, backends without kernels.

import { type Tensor, withBackend } from "@gradus/core";
import { jacfwd } from "@gradus/jvp";
import { cumlogsumexp, cummax, cummin, cumprod, cumsum } from "@gradus/ops";
import { eagerCpu, shaping } from "@gradus/ops-cpu";
import { jacobian } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, expectClose, f64, values } from "./support.js";

const all = { cumsum, cumprod, cummax, cummin, cumlogsumexp };
const jac = (f: (x: Tensor) => Tensor, x: number[]): unknown => (jacobian(f)(f64(x)) as Tensor).js();

describe("conventions", () => {
  test("cumprod is exact at zeros", () => {
    expect(jac((x) => cumprod(x), [2, 0, 3])).toEqual([[1, 0, 0], [0, 2, 0], [0, 6, 0]]);
    expect(jac((x) => cumprod(x), [0, 5, 0])).toEqual([[1, 0, 0], [5, 0, 0], [0, 0, 0]]);
    expect(jac((x) => cumprod(x, 0, { reverse: true }), [2, 0, 3])).toEqual([[0, 6, 0], [0, 3, 0], [0, 0, 1]]);
  });
  // semantics.md: the third row is ¼, ¼, ½.
  test.each([["cummax", cummax], ["cummin", cummin]] as const)("%s shares ties along the tree of pairs", (_name, f) => {
    expect(jac((x) => f(x), [1, 1, 1, 1])).toEqual([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.5, 0], [0.25, 0.25, 0.25, 0.25]]);
  });
  // Values and derivatives by JAX 0.10.2.
  test("cumlogsumexp: −∞ counts for nothing, ∞ and NaN stay", () => {
    expectClose(Array.from(cumlogsumexp(f64([1, 2, -Infinity, 3])).dataSync()), [1, 2.313261687518223, 2.313261687518223, 3.4076059644443806]);
    expect(cumlogsumexp(f64([-Infinity, -Infinity, 1, Infinity, Infinity, NaN, 1])).js()).toEqual([-Infinity, -Infinity, 1, Infinity, Infinity, NaN, NaN]);
    expectClose(Array.from(cumlogsumexp(f64([1000, 1000, 0])).dataSync()), [1000, 1000 + Math.LN2, 1000 + Math.LN2]);
    expectClose(Array.from((jacobian((x: Tensor) => cumlogsumexp(x))(f64([1, 2, -Infinity, 3])) as Tensor).dataSync()).slice(12), [0.09003057317038046, 0.24472847105479764, 0, 0.6652409557748219]);
    expect((jacfwd((x: Tensor) => cumlogsumexp(x))(f64([-Infinity, -Infinity, 1])) as Tensor).js()).toEqual([[1, 0, 0], [NaN, NaN, NaN], [NaN, NaN, NaN]]);
  });
  test("cumsum transposes to the sums from the other end", () => {
    expect(jac((x) => cumsum(x), [1, 2, 3])).toEqual([[1, 0, 0], [1, 1, 0], [1, 1, 1]]);
    expect(cumsum(f64([1, 2, 3]), 0, { reverse: true }).js()).toEqual([6, 5, 3]);
  });
});

describe.each(Object.entries(all))("%s", (_name, f) => {
  test("derivatives of both orders in both modes", () => {
    for (const axis of [0, 1]) for (const reverse of [false, true]) checkDerivatives((x) => f(x!, axis, { reverse }), [values([3, 5])]);
  });
  test("vmap agrees with a loop", () => {
    for (const axis of [0, 1, 2]) checkBatching((x) => f(x!, 1), [values([2, 3, 4])], [axis]);
  });
  test("a backend that only joins arrays gives the same", () => {
    const run = (): number[] => Array.from(f(f64([[3, -1, 2, 5, 0.5, 4, 1], [1, 2, 3, 4, 5, 6, 7]]), 1, { reverse: true }).dataSync());
    expectClose(withBackend(eagerCpu({ kernels: [shaping] }), run), run());
  });
});
