// Linear algebra against JAX 0.10.2: values, and Jacobians in both modes. The reference is made by jax/linalg.py.

import { readFileSync } from "node:fs";
import { array, type Tensor, useBackend } from "@gradus/core";
import { jacfwd } from "@gradus/jvp";
import * as ops from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jacrev } from "@gradus/vjp";
import { expect, test } from "vitest";
import * as np from "../src/index.js";

useBackend(cpu());

interface Reference {
  readonly name: string;
  readonly x: number[][];
  readonly values: unknown[];
  readonly jacobians: unknown[];
}
const { cases } = JSON.parse(readFileSync(new URL("jax/linalg.json", import.meta.url), "utf8")) as { cases: Reference[] };

const squares = (xs: Tensor[]): Tensor[] => xs.map((x) => ops.square(x));
const functions: Record<string, (x: Tensor) => Tensor | Tensor[]> = {
  cholesky: (x) => ops.cholesky(x),
  lu: (x) => ops.lu(x)[0],
  qr: (x) => ops.qr(x, { fullMatrices: false }),
  "qr, full": (x) => ops.qr(x),
  eigh: (x) => squares(ops.eigh(x)),
  svd: (x) => squares(ops.svd(x, { fullMatrices: false })),
  triangularSolve: (x) => ops.triangularSolve(x, x, { lower: true }),
  solve: (x) => np.linalg.solve(x, np.arange(1, x.shape[0]! + 1, 1, "float64")),
  det: (x) => np.linalg.det(x),
  slogdet: (x) => np.linalg.slogdet(x),
  pinv: (x) => np.linalg.pinv(x),
  "nuclear norm": (x) => np.linalg.norm(x, "nuc"),
  cond: (x) => np.linalg.cond(x),
  expm: (x) => np.linalg.expm(x),
};

function near(got: readonly Tensor[], wanted: readonly unknown[]): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((t, k) => {
    const [g, w] = [[t.js()].flat(9), [wanted[k]].flat(9)] as [number[], number[]];
    expect(g.length).toBe(w.length);
    const scale = Math.max(1, ...w.map(Math.abs));
    g.forEach((v, i) => expect(Math.abs(v - w[i]!), `result ${k}, element ${i}: ${v}, expected ${w[i]}`).toBeLessThan(1e-11 * scale));
  });
}

test.each(cases.map((c) => [c.name, `${c.x.length} × ${c.x[0]!.length}`, c] as const))("%s of %s", (name, _size, { x, values, jacobians }) => {
  const at = array(x, { dtype: "float64" });
  const f = (y: Tensor): Tensor[] => [functions[name]!(y)].flat();
  near(f(at), values);
  near(jacfwd(f)(at) as Tensor[], jacobians);
  near(jacrev(f)(at) as Tensor[], jacobians);
});
