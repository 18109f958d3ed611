// erf, gamma, Bessel, incomplete and zeta functions: accuracy against high-precision values (special-functions.py), special
// values, derivatives.

import { readFileSync } from "node:fs";
import { add, array, ArgumentError, type DType, MissingRuleError, ShapeError, type Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { besselI0e, besselI1e, betainc, digamma, erf, erfc, erfInv, igamma, igammac, lgamma, polygamma, trigamma, zeta } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, derivatives, expectClose, f64, type Fn, values } from "./support.js";

const table = JSON.parse(readFileSync(new URL("special-functions.json", import.meta.url), "utf8")) as Record<string, number[][]>;

/** One unit in the last place of a number in float32 or float64. */
const ulp = (x: number, dtype: DType): number => {
  const [digits, least] = dtype === "float32" ? [23, -149] : [52, -1074];
  return 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - digits, least);
};

interface Row {
  readonly f: Fn;
  /** In ulp, for float32 and float64; and the absolute error below which nothing is asked: near zeros. */
  readonly bounds: readonly [float32: number, float64: number];
  readonly absolute?: readonly [float32: number, float64: number];
}

const functions: Record<string, Row> = {
  erf: { f: erf as Fn, bounds: [1, 2] },
  erfc: { f: erfc as Fn, bounds: [1, 4] },
  erfInv: { f: erfInv as Fn, bounds: [1, 4] },
  lgamma: { f: lgamma as Fn, bounds: [1, 4], absolute: [2e-14, 2e-14] },
  digamma: { f: digamma as Fn, bounds: [1, 4], absolute: [2e-14, 2e-14] },
  trigamma: { f: trigamma as Fn, bounds: [1, 16] },
  "polygamma 2": { f: (x) => polygamma(2, x!), bounds: [1, 32] },
  "polygamma 5": { f: (x) => polygamma(5, x!), bounds: [1, 64] },
  besselI0e: { f: besselI0e as Fn, bounds: [1, 8] },
  besselI1e: { f: besselI1e as Fn, bounds: [1, 8] },
  // In float64 as far as exponents of the size of the arguments allow.
  igamma: { f: igamma as Fn, bounds: [2, 1e5] },
  igammac: { f: igammac as Fn, bounds: [2, 1e5] },
  betainc: { f: betainc as Fn, bounds: [2, 1e6] },
  zeta: { f: zeta as Fn, bounds: [1, 64] },
};

describe("accuracy", () => {
  for (const [k, dtype] of (["float32", "float64"] as const).entries()) {
    test.each(Object.entries(functions))(`%s in ${dtype}`, (name, { f, bounds, absolute }) => {
      const rows = table[name]!;
      const arity = rows[0]!.length - 1;
      const got = f(...Array.from({ length: arity }, (_, k) => array(rows.map((row) => row[k]!), { dtype }))).dataSync();
      let worst = 0;
      let at = "";
      rows.forEach((row, i) => {
        const y = row[arity]!;
        const wanted = dtype === "float32" && Math.abs(y) >= 2 ** 128 ? Math.sign(y) * Infinity : y;
        if (got[i] === wanted) return;
        const error = Math.abs(got[i]! - wanted);
        if (error <= (absolute?.[k] ?? 0)) return;
        const ulps = error / ulp(wanted, dtype);
        if (!(ulps <= worst)) [worst, at] = [ulps, `${row.slice(0, arity)}: ${got[i]}`];
      });
      expect(worst, `at ${at}`).toBeLessThanOrEqual(bounds[k]!);
    });
  }
});

describe("special values", () => {
  const at = [NaN, Infinity, -Infinity, 0, -0, 1, -1, -3];
  const rows: [string, (x: Tensor) => Tensor, number[]][] = [
    ["erf", erf, [NaN, 1, -1, 0, -0, 0.8427007929497149, -0.8427007929497149, -0.9999779095030014]],
    ["erfc", erfc, [NaN, 0, 2, 1, 1, 0.15729920705028513, 1.8427007929497148, 1.9999779095030015]],
    ["erfInv", erfInv, [NaN, NaN, NaN, 0, -0, Infinity, -Infinity, NaN]],
    ["lgamma", lgamma, [NaN, Infinity, Infinity, Infinity, Infinity, 0, Infinity, Infinity]],
    ["digamma", digamma, [NaN, Infinity, NaN, -Infinity, Infinity, -0.5772156649015329, NaN, NaN]],
    ["trigamma", trigamma, [NaN, 0, NaN, Infinity, Infinity, 1.6449340668482264, Infinity, Infinity]],
    ["besselI0e", besselI0e, [NaN, 0, 0, 1, 1, 0.46575960759364043, 0.46575960759364043, 0.2430003541618254]],
    ["besselI1e", besselI1e, [NaN, 0, -0, 0, -0, 0.2079104153497085, -0.2079104153497085, -0.1968267132973008]],
    ["polygamma of order 2", (x) => polygamma(2, x), [NaN, -0, NaN, -Infinity, Infinity, -2.4041138063191885, NaN, NaN]],
  ];
  test.each(rows)("%s", (_name, f, expected) => {
    const got = Array.from(f(f64(at)).dataSync());
    got.forEach((v, i) => {
      const e = expected[i]!;
      if (Number.isFinite(e) && e !== 0) expect(Math.abs(v - e)).toBeLessThan(1e-14);
      else expect(Math.abs(v - e) < 1e-14 ? e : v, `at ${at[i]}`).toBe(e);
    });
  });
  const [inf, nan] = [Infinity, NaN];
  const ends: [string, (...xs: number[]) => Tensor, number[][]][] = [
    ["igamma", (a, x) => igamma(f64(a!), x!), [[0, 0, nan], [0, 1, 1], [1, 0, 0], [0, inf, 1], [inf, 0, 0], [inf, 1, 0], [1, inf, 1], [inf, inf, nan], [-1, 1, nan], [1, -1, nan], [nan, 1, nan], [1, nan, nan]]],
    ["igammac", (a, x) => igammac(f64(a!), x!), [[0, 0, nan], [0, 1, 0], [1, 0, 1], [0, inf, 0], [inf, 0, 1], [inf, 1, 1], [1, inf, 0], [inf, inf, nan], [-1, 1, nan], [1, -1, nan], [nan, 1, nan]]],
    ["betainc", (a, b, x) => betainc(f64(a!), b!, x!), [[0, 1, 0.5, 1], [1, 0, 0.5, 0], [0, 0, 0.5, nan], [1, 1, 0, 0], [1, 1, 1, 1], [1, 1, -0.1, nan], [1, 1, 1.1, nan], [-1, 1, 0.5, nan], [inf, 1, 0.5, 0], [1, inf, 0.5, 1], [inf, inf, 0.5, nan], [1, 2, nan, nan], [0, 1, 0, 0], [1, 0, 1, 1]]],
    ["zeta", (s, q) => zeta(f64(s!), q!), [[1, 1, inf], [0.5, 1, nan], [2, 0, inf], [2, -1, inf], [2.5, -1.5, nan], [inf, 1, 1], [inf, 0.5, inf], [inf, 2, 0], [2, inf, 0], [nan, 1, nan], [2, nan, nan], [3, -2, inf]]],
  ];
  test.each(ends)("%s at the ends of its domain, as in SciPy", (_name, f, rows) => {
    expect(rows.map((row) => [...row.slice(0, -1), f(...row.slice(0, -1)).item()])).toEqual(rows);
  });
  test("far below 0 zeta takes no longer than elsewhere", () => {
    expect(zeta(2, f64(-1e12 - 0.5)).item()).toBeCloseTo(Math.PI ** 2, 10);
  });
  test("orders of polygamma", () => {
    expect(polygamma(0, f64(1)).item()).toBe(digamma(f64(1)).item());
    for (const n of [-1, 0.5, NaN, 61]) expect(() => polygamma(n, 1)).toThrow(ArgumentError);
  });
});

describe("derivatives", () => {
  const rows: [string, Fn, Tensor][] = [
    ["erf", (x) => erf(x!), values([5])],
    ["erfc", (x) => erfc(x!), values([5])],
    ["erfInv", (x) => erfInv(x!), f64([-0.9, -0.3, 0.2, 0.7])],
    ["lgamma", (x) => lgamma(x!), f64([-1.3, 0.4, 2.5, 20])],
    ["digamma", (x) => digamma(x!), f64([-1.3, 0.4, 2.5, 20])],
    ["trigamma", (x) => trigamma(x!), f64([-1.3, 0.6, 2.5, 20])],
    ["besselI0e", (x) => besselI0e(x!), f64([-9, -1.3, 0.4, 7.5, 20])],
    ["besselI1e", (x) => besselI1e(x!), f64([-9, -1.3, 0.4, 7.5, 20])],
    ["igamma", (x) => igamma(f64([0.7, 3, 3, 20]), x!), f64([0.4, 1.3, 6, 21])],
    ["igammac", (x) => igammac(2.5, x!), f64([0.4, 1.3, 6, 21])],
    ["betainc", (x) => betainc(2, f64([3, 0.5, 9, 1]), x!), f64([0.1, 0.4, 0.6, 0.9])],
    ["zeta", (q) => zeta(3, q!), f64([-1.3, 0.6, 2.5, 20])],
  ];
  test.each(rows)("%s: of both orders, in both modes, and in batches", (_name, f, x) => {
    checkDerivatives(f, [x]);
    checkBatching(f, [x], [0]);
  });
  test("at the ends of the domain", () => {
    expectClose(derivatives((x) => erf(x!), [Infinity]), [0]);
    expectClose(derivatives((x) => erf(x!), [40]), [0]);
    expectClose(derivatives((x) => erfInv(x!), [1]), [Infinity]);
    expectClose(derivatives((x) => erfInv(x!), [0]), [Math.sqrt(Math.PI) / 2]);
    expectClose(derivatives((x) => lgamma(x!), [1]), [-0.5772156649015329], 1e-14);
    expectClose(derivatives((x) => besselI1e(x!), [0]), [0.5]);
    expectClose(derivatives((x) => igamma(1, x!), [0]), [1]);
    expectClose(derivatives((x) => betainc(1, 2, x!), [0]), [2]);
    expectClose(derivatives((x) => digamma(x!), [1]), [Math.PI ** 2 / 6], 1e-14);
  });
  test("by parameters there are none, in either mode", () => {
    const rows: [string, Fn][] = [["igamma", (a) => igamma(a!, 2)], ["igammac", (a) => igammac(a!, 2)], ["betainc", (b) => betainc(2, b!, 0.3)], ["zeta", (s) => zeta(s!, 2)]];
    for (const [name, f] of rows) {
      for (const attempt of [() => grad(f)(f64(1.5)), () => jvp(f, [f64(1.5)], [f64(1)]), () => grad(jit(f))(f64(1.5))]) {
        expect(attempt).toThrow(MissingRuleError);
        expect(attempt).toThrow(new RegExp(`${name} has no rule for differentiation by its parameters`));
      }
    }
  });
});

test("parameters and arguments are promoted and broadcast, in batches too", () => {
  const [a, x] = [f64([[0.5], [4]]), f64([0.3, 2, 7])];
  expect(igamma(a, x).shape).toEqual([2, 3]);
  expect(betainc(1, 2, array([1, 0], { dtype: "int32" })).aval.toString()).toBe("f32[2]");
  checkBatching((t, s) => igamma(t!, s!), [a, x], [0, null]);
  checkBatching((t, s) => zeta(add(t!, 2), s!), [a, f64([[1, 2], [3, 4]])], [0, 1]);
  expect(() => igamma(f64([1, 2]), x)).toThrow(ShapeError);
});
