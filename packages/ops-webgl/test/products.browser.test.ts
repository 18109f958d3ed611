// Products of matrices that take the tiled path, of sizes that fill no tile, in any layout, against sums in doubles.
import { array, reduceSum, type Tensor, transpose, withBackend } from "@gradus/core";
import { dotGeneral, slice } from "@gradus/ops";
import { expect, test } from "vitest";
import { webgl } from "../src/index.js";

const data = (n: number, seed: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(seed + i * 1.7));
const matrix = (rows: number, columns: number, seed: number): Tensor => array(data(rows * columns, seed), { shape: [rows, columns] });

/** Σ a[i, l]·b[l, j] in doubles. */
function expectProduct(c: Tensor, a: Tensor, b: Tensor): void {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1] as number;
  const [x, y, z] = [a.dataSync(), b.dataSync(), c.dataSync()];
  expect(c.shape).toEqual([m, n]);
  let worst = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (x[i * k + l] as number) * (y[l * n + j] as number);
      worst = Math.max(worst, Math.abs(sum - (z[i * n + j] as number)));
    }
  }
  expect(worst).toBeLessThan(1e-7 * k);
}

const product = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, { contract: [[1], [0]] });

test.each([[32, 32, 32], [37, 41, 53], [8, 200, 33], [129, 9, 66]])("%i × %i × %i", (m, k, n) => {
  const backend = webgl();
  withBackend(backend, () => {
    const [a, b] = [matrix(m, k, 1), matrix(k, n, 2)];
    const textures = backend.stats()["liveTextures"] as number;
    const draws = backend.stats()["draws"] as number;
    const c = product(a, b);
    // Tiles are drawn and joined, after operands that do not end with their texels were laid out; all but the result is freed.
    expect((backend.stats()["draws"] as number) - draws).toBe(2 + (k % 4 > 0 ? 1 : 0) + (k % 4 > 0 || n % 4 > 0 ? 1 : 0));
    expect(backend.stats()["liveTextures"]).toBe(textures + 1);
    expectProduct(c, a, b);
  });
});

test("transposed and sliced operands", () => {
  withBackend(webgl(), () => {
    const a = slice(transpose(matrix(60, 50, 3)), [1, 2], [45, 58], [1, 2]);
    const b = transpose(matrix(35, 28, 4));
    expectProduct(product(a, b), a, b);
  });
});

test("stacks of products", () => {
  withBackend(webgl(), () => {
    const [a, b] = [array(data(3 * 33 * 34, 5), { shape: [3, 33, 34] }), array(data(3 * 35 * 34, 6), { shape: [3, 35, 34] })];
    const c = dotGeneral(a, b, { contract: [[2], [2]], batch: [[0], [0]] });
    for (let g = 0; g < 3; g++) {
      const part = (x: Tensor): Tensor => reduceSum(slice(x, [g, 0, 0], [g + 1, x.shape[1] as number, x.shape[2] as number]), 0);
      expectProduct(part(c), part(a), transpose(part(b)));
    }
  });
});

test("integers wrap around", () => {
  withBackend(webgl(), () => {
    const x = array(Int32Array.from({ length: 40 * 40 }, (_, i) => 65_537 * (i % 7)), { shape: [40, 40] });
    const got = product(x, x).dataSync();
    const host = x.dataSync();
    let wanted = 0;
    for (let l = 0; l < 40; l++) wanted = (wanted + Math.imul(host[3 * 40 + l] as number, host[l * 40 + 5] as number)) | 0;
    expect(got[3 * 40 + 5]).toBe(wanted);
  });
});
