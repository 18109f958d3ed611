// Largest and smallest elements: NaN wins wherever it is, and 0 is larger than −0, as in Math.max and Math.min.

import { array, mul, type Tensor, withBackend } from "@gradus/core";
import { reduceMax, reduceMin } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { scalarOnly } from "../../src/wasm/features.js";
import { compiling } from "./support.js";

/** Few different values, chosen by a linear congruence, so that ties, zeros of both signs and rows without a number are frequent. */
function filled(size: number, values: readonly number[], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return values[(state >>> 16) % values.length] as number;
  });
}

const contents: Record<string, readonly number[]> = {
  "zeros": [0, -0],
  "negative zeros": [-0],
  "zeros below": [0, -0, -1, -Infinity],
  "zeros above": [0, -0, 2, Infinity],
  "negative zeros and others": [-0, -0, -0, -3, -1e-40],
  "some NaN": [...new Array<number>(60).fill(1), NaN, -2, Infinity, -Infinity],
  "NaN alone": [NaN],
  "infinities": [Infinity, -Infinity],
};

/** Along the last or the first axis of [rows, columns]. */
function wanted(join: (a: number, b: number) => number, data: Float32Array, [rows, columns]: readonly [number, number], axis: 0 | 1): number[] {
  const start = join(-Infinity, Infinity) > 0 ? -Infinity : Infinity;
  const out = new Array<number>(axis === 1 ? rows : columns).fill(start);
  data.forEach((v, i) => {
    const k = axis === 1 ? Math.floor(i / columns) : i % columns;
    out[k] = join(out[k] as number, v);
  });
  return out;
}

const shapes = [[3, 64], [5, 37], [2, 3000], [70, 7], [40, 300], [9, 4]] as const;

for (const [engine, backend] of [["vectors", compiling()], ["single elements", compiling(scalarOnly)]] as const) {
  for (const axis of [0, 1] as const) {
    test(`in ${engine}, along axis ${axis}`, () => {
      withBackend(backend, () => {
        const both = jit((x: Tensor): Tensor[] => [reduceMax(x, axis), reduceMin(x, axis), reduceMax(mul(x, -1), axis)]);
        for (const [name, values] of Object.entries(contents)) {
          for (const shape of shapes) {
            const data = filled(shape[0] * shape[1], values, shape[1]);
            const got = both(array(data, { shape: [...shape] })).map((t) => [...(t.dataSync() as Float32Array)]);
            const expected = [wanted(Math.max, data, shape, axis), wanted(Math.min, data, shape, axis), wanted(Math.max, data.map((v) => -v), shape, axis)];
            expect({ name, shape, got }).toEqual({ name, shape, got: expected.map((e) => e.map(Math.fround)) });
          }
        }
      });
    });
  }
}
