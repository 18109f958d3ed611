// Functions with a short way for usual arguments: unusual ones anywhere in a long loop change neither their own results nor those of
// others beside them. Short arrays have no loop of several vectors, and tell what every element has to be, to the bit.

import { add, array, mul, reduceSum, type Tensor, withBackend } from "@gradus/core";
import { cos, exp, exp2, log, log2, neg, reduceMax, rem, sin, sub, tan, tanh } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { compiling } from "./support.js";

const programs: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  exp: (x) => exp(x),
  exp2: (x) => exp2(x),
  log: (x) => log(x),
  log2: (x) => log2(x),
  sin: (x) => sin(x),
  cos: (x) => cos(x),
  tan: (x) => tan(x),
  rem: (x) => rem(x, 0.7),
  "several in one": (x) => add(mul(tanh(add(mul(x, 1.5), 0.3)), sin(x)), exp(neg(mul(x, x)))),
  "of one another": (x) => log(sub(exp(x), 1)),
};

const unusual = [NaN, Infinity, -Infinity, -0, 0, 1e-40, -1e-40, 87.5, 88.8, -87.5, -103.5, -110, 1e30, -1e30, 2 ** 20, -(2 ** 20) - 1, 127.5, -126.5, 2 ** -126, 3e38];

/** Arguments of which those at some places are unusual. */
const argumentsWith = (size: number, isUnusual: (i: number) => boolean): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => (isUnusual(i) ? (unusual[i % unusual.length] as number) : 0.25 + 3 * Math.abs(Math.sin(i))));

const places: Readonly<Record<string, (i: number, size: number) => boolean>> = {
  nowhere: () => false,
  "here and there": (i) => i % 97 === 5 || i % 71 === 70,
  "in a run": (i, size) => i > size / 3 && i < size / 2,
  "at both ends": (i, size) => i === 0 || i >= size - 2,
  everywhere: () => true,
};

const bits = (x: Float32Array): Uint32Array => new Uint32Array(x.buffer, x.byteOffset, x.length);

for (const [name, f] of Object.entries(programs)) {
  test(`${name}: unusual arguments among usual ones`, () => {
    const g = jit(f);
    const of = (x: Float32Array): Float32Array => withBackend(backend, () => (g(array(x)) as Tensor).dataSync()) as Float32Array;
    const backend = compiling();
    for (const size of [128, 131, 300, 1036, 4099]) {
      for (const [where, isUnusual] of Object.entries(places)) {
        const x = argumentsWith(size, (i) => isUnusual(i, size));
        const got = of(x);
        const wanted = new Float32Array(size + 16);
        for (let i = 0; i < size; i += 16) wanted.set(of(Float32Array.from({ length: 16 }, (_, k) => x[i + k] ?? 1)), i);
        const [a, b] = [bits(got), bits(wanted)];
        const wrong = a.findIndex((v, i) => v !== b[i] && !(Number.isNaN(got[i]) && Number.isNaN(wanted[i])));
        expect(wrong < 0 ? "" : `${size} elements, unusual ${where}: of ${x[wrong]} at ${wrong} ${got[wrong]}, expected ${wanted[wrong]}`).toBe("");
      }
    }
  });
}

test("sums and extrema of such functions, and what they are of", () => {
  const backend = compiling();
  const g = jit((x: Tensor) => { const e = exp(x); return [e, reduceSum(e, 1), reduceMax(e, 1)]; });
  for (const [rows, columns] of [[3, 128], [4, 259], [5, 1030], [2, 2100]] as const) {
    for (const isUnusual of Object.values(places)) {
      const x = argumentsWith(rows * columns, (i) => isUnusual(i, rows * columns)).map((v) => (Number.isNaN(v) || v > 80 ? -Infinity : v));
      const [e, sums, largest] = withBackend(backend, () => (g(array(x, { shape: [rows, columns] })) as Tensor[]).map((t) => t.dataSync())) as Float32Array[];
      for (let i = 0; i < rows; i++) {
        const row = [...(e as Float32Array).subarray(i * columns, (i + 1) * columns)];
        const exact = [...x.subarray(i * columns, (i + 1) * columns)].map(Math.exp);
        row.forEach((v, k) => expect(Math.abs(v - (exact[k] as number))).toBeLessThanOrEqual(2e-7 * (exact[k] as number) + 2 ** -149));
        expect(sums?.[i]).toBeCloseTo(exact.reduce((a, b) => a + b, 0), 2);
        expect(largest?.[i]).toBe(Math.max(...row));
      }
    }
  }
});
