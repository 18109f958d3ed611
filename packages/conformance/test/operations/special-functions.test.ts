// erf, erfc, erfInv, lgamma, digamma and polygamma: accuracy against high-precision values (special-functions.py), special
// values, derivatives.

import { readFileSync } from "node:fs";
import { array, ArgumentError, type DType, type Tensor } from "@gradus/core";
import { digamma, erf, erfc, erfInv, lgamma, polygamma, trigamma } from "@gradus/ops";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, derivatives, expectClose, f64, type Fn, values } from "./support.js";

const table = JSON.parse(readFileSync(new URL("special-functions.json", import.meta.url), "utf8")) as Record<string, [number, number][]>;

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
};

describe("accuracy", () => {
  for (const [k, dtype] of (["float32", "float64"] as const).entries()) {
    test.each(Object.entries(functions))(`%s in ${dtype}`, (name, { f, bounds, absolute }) => {
      const rows = table[name]!;
      const got = f(array(rows.map(([x]) => x), { dtype })).dataSync();
      let worst = 0;
      let at = 0;
      rows.forEach(([x, y], i) => {
        const wanted = dtype === "float32" && Math.abs(y) >= 2 ** 128 ? Math.sign(y) * Infinity : y;
        if (got[i] === wanted) return;
        const error = Math.abs(got[i]! - wanted);
        if (error <= (absolute?.[k] ?? 0)) return;
        const ulps = error / ulp(wanted, dtype);
        if (!(ulps <= worst)) [worst, at] = [ulps, x];
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
    expectClose(derivatives((x) => digamma(x!), [1]), [Math.PI ** 2 / 6], 1e-14);
  });
});
