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
  let [worst, largest] = [0, 1];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (x[i * k + l] as number) * (y[l * n + j] as number);
      worst = Math.max(worst, Math.abs(sum - (z[i * n + j] as number)));
      largest = Math.max(largest, Math.abs(sum));
    }
  }
  expect(worst).toBeLessThan(2e-6 * largest + 1e-8 * k);
}

const product = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, { contract: [[1], [0]] });

// Draws: one where rows of the result are whole texels and the product is small; otherwise tiles are drawn and joined, after operands
// whose texels would straddle their rows were laid out.
test.each([
  [32, 32, 32, 1],
  [16, 64, 64, 1],
  [1, 40, 12, 1],
  [3, 6, 8, 3],
  [64, 64, 64, 2],
  [37, 41, 53, 4],
  [8, 200, 33, 3],
  [129, 9, 66, 4],
  [300, 48, 260, 2],
])("%i × %i × %i", (m, k, n, draws) => {
  const backend = webgl();
  withBackend(backend, () => {
    const [a, b] = [matrix(m, k, 1), matrix(k, n, 2)];
    const before = backend.stats();
    const c = product(a, b);
    expect((backend.stats()["draws"] as number) - (before["draws"] as number)).toBe(draws);
    // All but the result is freed.
    expect(backend.stats()["liveTextures"]).toBe((before["liveTextures"] as number) + 1);
    expectProduct(c, a, b);
  });
});

// Rows of 192 texels straddle the rows of a texture, those of 128 do not.
test.each([
  [24, 44, 20],
  [64, 50, 64],
  [512, 48, 36],
  [768, 24, 768],
  [31, 768, 28],
])("%i × %i × %i in every order of the axes", (m, k, n) => {
  withBackend(webgl(), () => {
    for (const a of [matrix(m, k, 1), transpose(matrix(k, m, 2))]) {
      for (const b of [matrix(k, n, 3), transpose(matrix(n, k, 4))]) expectProduct(product(a, b), a, b);
    }
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
