// Reductions over windows in the module, against the eager kernels: values and places, at every dtype and with and without vectors.

import { allocate, array, bind, type DType, type Tensor, withBackend } from "@gradus/core";
import { reduceWindow, type WindowGeometry, type WindowOptions, windowPlaceP } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { CompilingCpu } from "../../src/compiling.js";
import { windows } from "../../src/index.js";
import { TiledCpu } from "../../src/tiled.js";
import { featuresOf, kinds } from "../wasm/loops.js";
import { values } from "../wasm/values.js";

interface Case extends WindowOptions {
  readonly shape: readonly number[];
  readonly window: readonly number[];
}

const cases: readonly Case[] = [
  { shape: [1], window: [1] },
  { shape: [9], window: [1] },
  { shape: [37], window: [3] },
  { shape: [37], window: [20], strides: 3 },
  { shape: [6, 7], window: [1, 1], strides: [2, 3] },
  { shape: [2, 9, 11, 5], window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
  { shape: [2, 8, 8, 1], window: [1, 3, 3, 1], strides: [1, 2, 2, 1], padding: "SAME" },
  { shape: [2, 3, 10, 9], window: [1, 1, 3, 2], strides: [1, 1, 1, 2], padding: [[0, 0], [0, 0], [1, 2], [0, 3]] },
  { shape: [13, 15], window: [5, 6] },
  { shape: [13, 15], window: [5, 6], strides: 2, padding: "SAME_LOWER" },
  { shape: [12, 14], window: [10, 2], strides: [1, 3], windowDilation: [1, 4] },
  { shape: [5, 6], window: [2, 3], baseDilation: [2, 3], padding: [[3, 1], [0, 2]] },
  { shape: [9, 9], window: [2, 2], padding: [[-1, -2], [-3, 1]] },
  { shape: [3, 8], window: [1, 2], padding: [[0, 0], [4, 4]], baseDilation: [1, 3], strides: [1, 2] },
  { shape: [0, 3], window: [2, 2], padding: [[2, 2], [0, 0]] },
  { shape: [2, 3, 4], window: [2, 3, 4] },
];

const eager = new TiledCpu([windows]);

/** What a function of one array gives when it is evaluated and when it is compiled, as lists. */
function both(f: (x: Tensor) => Tensor, data: ReturnType<typeof values>, dtype: DType, shape: readonly number[], compiling: CompilingCpu): [number[], number[]] {
  const run = (backend: TiledCpu, g: (x: Tensor) => Tensor): number[] => withBackend(backend, () => [...g(array(data, { dtype, shape })).dataSync()]);
  return [run(compiling, jit(f) as (x: Tensor) => Tensor), run(eager, f)];
}

test.each(kinds)("%s: every window as the eager kernels have it", (kind) => {
  const compiling = new CompilingCpu([windows], featuresOf(kind));
  for (const { shape, window, ...options } of cases) {
    const size = shape.reduce((n, d) => n * d, 1);
    for (const dtype of ["float32", "float64", "int32", "uint32"] as const) {
      const data = values(dtype, size, 30);
      for (const reduction of ["sum", "max", "min"] as const) {
        // Sums of thirds differ by rounding where the order of additions does: those of whole numbers do not.
        const exact = reduction === "sum" ? allocate(dtype, size).map((_, i) => Math.trunc(data[i] as number)) : data;
        const [seen, expected] = both((x) => reduceWindow(x, reduction, window, options), exact, dtype, shape, compiling);
        expect({ dtype, shape, window, options, reduction, out: seen }).toEqual({ dtype, shape, window, options, reduction, out: expected });
      }
    }
  }
  expect(compiling.stats()).toMatchObject({ programs: cases.length * 12, hostCalls: 0 });
});

const geometryOf = ({ shape, window, strides = 1, padding, baseDilation = 1, windowDilation = 1 }: Case): WindowGeometry => {
  const list = (of: number | readonly number[]): readonly number[] => (typeof of === "number" ? shape.map(() => of) : of);
  return { window, strides: list(strides), padding: Array.isArray(padding) ? (padding as [number, number][]) : shape.map(() => [0, 0]), baseDilation: list(baseDilation), windowDilation: list(windowDilation) };
};

test.each(kinds)("%s: the places of extrema as the eager kernel has them", (kind) => {
  const compiling = new CompilingCpu([windows], featuresOf(kind));
  for (const of of cases) {
    const size = of.shape.reduce((n, d) => n * d, 1);
    for (const dtype of ["float32", "float64", "int32", "uint32"] as const) {
      for (const reduction of ["max", "min"] as const) {
        const [seen, expected] = both((x) => bind(windowPlaceP, [x], { ...geometryOf(of), reduction }), values(dtype, size, 8), dtype, of.shape, compiling);
        expect({ of, dtype, reduction, out: seen }).toEqual({ of, dtype, reduction, out: expected });
      }
    }
  }
  expect(compiling.stats()).toMatchObject({ programs: cases.length * 8, hostCalls: 0 });
});
