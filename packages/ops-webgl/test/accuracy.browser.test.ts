// Elementary functions of float32 against those of JavaScript's doubles, in units in the last place of the result.
import { array, type Tensor, useBackend } from "@gradus/core";
import * as ops from "@gradus/ops";
import { beforeAll, expect, test } from "vitest";
import { webgl } from "../src/index.js";

beforeAll(() => useBackend(webgl()));

/** One unit in the last place of a float32 near x. */
const unit = (x: number): number => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -126) - 23);

/** Numbers from low to high, evenly spaced, or by their logarithms. */
const even = (low: number, high: number): Float32Array => Float32Array.from({ length: 4001 }, (_, i) => low + ((high - low) * i) / 4000);
const wide = (low: number, high: number): Float32Array => Float32Array.from({ length: 4001 }, (_, i) => low * (high / low) ** (i / 4000));
const both = (x: Float32Array): Float32Array => Float32Array.from([...x, ...x.map((v) => -v)]);

type Row = readonly [name: string, f: (x: Tensor) => Tensor, exact: (x: number) => number, x: Float32Array, ulps: number];

const rows: readonly Row[] = [
  ["exp", ops.exp, Math.exp, even(-87, 88.7), 2],
  ["exp2", ops.exp2, (x) => 2 ** x, even(-126, 127.9), 2],
  ["expm1", ops.expm1, Math.expm1, both(wide(1e-20, 88)), 3],
  ["log", ops.log, Math.log, wide(1.2e-38, 3e38), 2],
  ["log near 1", ops.log, Math.log, even(0.5, 2), 2],
  ["log2", ops.log2, Math.log2, wide(1.2e-38, 3e38), 3],
  ["log1p", ops.log1p, Math.log1p, wide(1e-20, 3e38), 4],
  ["log1p below 0", ops.log1p, Math.log1p, even(-0.999, 0), 4],
  ["sin", ops.sin, Math.sin, even(-20, 20), 3],
  ["cos", ops.cos, Math.cos, even(-20, 20), 3],
  ["tan", ops.tan, Math.tan, even(-1.5, 1.5), 5],
  ["sin of large numbers", ops.sin, Math.sin, both(wide(4096, 3e38)), 3],
  ["cos of large numbers", ops.cos, Math.cos, both(wide(4096, 3e38)), 3],
  ["asin", ops.asin, Math.asin, even(-1, 1), 4],
  ["acos", ops.acos, Math.acos, even(-1, 1), 4],
  ["atan", ops.atan, Math.atan, both(wide(1e-20, 1e20)), 4],
  ["sinh", ops.sinh, Math.sinh, both(wide(1e-20, 89)), 5],
  ["cosh", ops.cosh, Math.cosh, both(wide(1e-20, 89)), 5],
  ["tanh", ops.tanh, Math.tanh, both(wide(1e-20, 20)), 3],
  ["asinh", ops.asinh, Math.asinh, both(wide(1e-20, 1e38)), 5],
  ["acosh", ops.acosh, Math.acosh, wide(1.001, 1e38), 6],
  ["atanh", ops.atanh, Math.atanh, both(wide(1e-20, 0.999)), 6],
  ["cbrt", ops.cbrt, Math.cbrt, both(wide(1.2e-38, 3e38)), 3],
  ["pow to 1/3", (x) => ops.pow(x, 1 / 3), (x) => x ** Math.fround(1 / 3), wide(1.2e-38, 3e38), 4],
  ["pow to 17", (x) => ops.pow(x, array(17)), (x) => x ** 17, wide(0.01, 180), 4],
];

test.each(rows)("%s", (_name, f, exact, x, ulps) => {
  const got = f(array(x)).dataSync();
  let worst = { error: 0, at: 0 };
  x.forEach((v, i) => {
    const wanted = exact(v);
    // Sines near multiples of π are as exact as their argument was reduced: absolutely.
    const error = Math.abs((got[i] as number) - wanted) / unit(Math.max(Math.abs(wanted), 2 ** -126));
    if (!(error <= worst.error)) worst = { error, at: v };
  });
  expect(worst.error, `at ${worst.at}`).toBeLessThan(ulps);
});

test("odd functions keep the sign of zero, and extrema tell zeros apart", () => {
  const odd = [ops.sin, ops.tan, ops.asin, ops.atan, ops.sinh, ops.tanh, ops.asinh, ops.atanh, ops.expm1, ops.log1p, ops.cbrt, ops.sqrt, ops.sign, ops.floor, ops.ceil, ops.round, ops.trunc];
  for (const f of odd) expect(Array.from(f(array([-0, 0])).dataSync()), f.name).toEqual([-0, 0]);
  expect(Array.from(ops.round(array([-0.3, 0.3])).dataSync())).toEqual([-0, 0]);
  const [x, y] = [array([-0, 0, -0, NaN]), array([0, -0, -0, 1])];
  expect(Array.from(ops.max(x, y).dataSync())).toEqual([0, 0, -0, NaN]);
  expect(Array.from(ops.min(x, y).dataSync())).toEqual([-0, -0, -0, NaN]);
});
