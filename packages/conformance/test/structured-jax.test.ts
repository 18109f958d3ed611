// Convolutions and reductions over windows beside JAX's, values and cotangents, in float64: `jax/structured.py` made the reference.

import { readFileSync } from "node:fs";
import { array, type Tensor, useBackend } from "@gradus/core";
import * as ops from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { vjp } from "@gradus/vjp";
import { expect, test } from "vitest";

useBackend(cpu());

interface Row {
  readonly operands: number[][];
  readonly options: object;
  readonly kind: "sum" | "max" | "min";
  readonly window: number[];
  readonly shape: number[];
  readonly out: number[];
  readonly cotangents: number[][];
}
type Name = "convGeneral" | "convTranspose" | "reduceWindow";
const reference = JSON.parse(readFileSync(new URL("jax/structured.json", import.meta.url), "utf8")) as Record<Name, Row[]>;

const wave = (shape: readonly number[], seed: number): Tensor =>
  array(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7 + seed)), { shape });

function expectNear(got: Tensor, wanted: readonly number[]): void {
  const values = got.dataSync();
  expect(values.length).toBe(wanted.length);
  const worst = wanted.reduce((most, w, i) => Math.max(most, Math.abs(w - (values[i] as number))), 0);
  expect(worst).toBeLessThan(1e-11);
}

const apply: Record<Name, (row: Row) => (...xs: Tensor[]) => Tensor> = {
  convGeneral: ({ options }) => (x, k) => ops.convGeneral(x as Tensor, k as Tensor, options),
  convTranspose: ({ options }) => (x, k) => ops.convTranspose(x as Tensor, k as Tensor, options),
  reduceWindow: ({ options, kind, window }) => (x) => ops.reduceWindow(x as Tensor, kind, window, options),
};

const rows = (Object.keys(apply) as Name[]).flatMap((name) => reference[name].map((row): [string, Name, Row] => [`${name} ${row.kind ?? ""} ${JSON.stringify(row.options)}`, name, row]));

test.each(rows)("%s", (_label, name, row) => {
  const xs = row.operands.map((shape, i) => wave(shape, i + 1));
  const f = apply[name](row);
  for (const g of [f, jit(f)]) {
    const [out, pullback] = vjp(g, xs) as [Tensor, (ct: Tensor) => Tensor[]];
    expect(out.shape).toEqual(row.shape);
    expectNear(out, row.out);
    pullback(wave(out.shape, 9)).forEach((ct, i) => expectNear(ct, row.cotangents[i] as number[]));
  }
});
