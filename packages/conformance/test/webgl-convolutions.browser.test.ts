// Convolutions that are large enough for tiles, and their gradients, in Chromium: on WebGL as on the CPU.
import { array, mul, reduceSum, type Tensor, withBackend } from "@gradus/core";
import { conv, type ConvOptions } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { webgl } from "@gradus/ops-webgl";
import { grad } from "@gradus/vjp";
import { expect, test } from "vitest";

const host = cpu();
const device = webgl();

const numbers = (shape: readonly number[], seed: number): Tensor =>
  array(Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(seed + 1.7 * i + 0.0013 * i * (i % 89))), { shape: [...shape] });

const nhwc = ["NHWC", "HWIO", "NHWC"] as const;

/** The convolution, and both gradients of a weighted sum of it. */
function all(x: readonly number[], k: readonly number[], options: ConvOptions): ArrayLike<number>[] {
  const [a, b] = [numbers(x, 1), numbers(k, 2)];
  const y = conv(a, b, options);
  const weights = numbers(y.shape, 3);
  const loss = (p: Tensor, q: Tensor): Tensor => reduceSum(mul(conv(p, q, options), weights));
  return [y, ...(grad(loss, { argnums: [0, 1] })(a, b) as [Tensor, Tensor])].map((t) => t.dataSync());
}

test.each<[name: string, x: number[], kernel: number[], options: ConvOptions]>([
  ["one feature, same", [4, 14, 14, 1], [3, 3, 1, 8], { padding: "SAME", dimensionNumbers: nhwc }],
  ["a step of 2", [2, 12, 12, 8], [3, 3, 8, 12], { strides: 2, padding: "SAME", dimensionNumbers: nhwc }],
  ["features that fill no texel", [2, 9, 11, 3], [2, 3, 3, 10], { padding: [[1, 0], [2, 1]], dimensionNumbers: nhwc }],
  ["6 features to 7", [3, 10, 8, 6], [3, 3, 6, 7], { strides: [1, 2], dimensionNumbers: nhwc }],
  ["dilation of both", [2, 8, 8, 4], [3, 2, 4, 8], { padding: [[2, 3], [1, 4]], dilation: [2, 1], inputDilation: [1, 3], dimensionNumbers: nhwc }],
  ["features first", [3, 4, 12, 12], [8, 4, 3, 3], { strides: 2, padding: "SAME" }],
  ["features last, kernel first", [2, 10, 10, 8], [16, 8, 3, 3], { dimensionNumbers: ["NHWC", "OIHW", "NCHW"] }],
  ["one axis", [4, 40, 8], [5, 8, 12], { padding: "SAME", dimensionNumbers: ["NHC", "HIO", "NHC"] }],
  ["three axes", [2, 6, 5, 6, 4], [2, 3, 2, 4, 8], { dimensionNumbers: ["NDHWC", "DHWIO", "NDHWC"] }],
  ["1 × 1", [4, 12, 12, 12], [1, 1, 12, 20], { dimensionNumbers: nhwc }],
  ["a window as large as the array", [3, 8, 8, 8], [8, 8, 8, 24], { dimensionNumbers: nhwc }],
])("%s", (_name, x, kernel, options) => {
  const draws = device.stats()["draws"] as number;
  const got = withBackend(device, () => all(x, kernel, options));
  expect(device.stats()["draws"]).toBeGreaterThan(draws);
  const wanted = withBackend(host, () => all(x, kernel, options));
  got.forEach((values, i) => {
    const exact = wanted[i] as ArrayLike<number>;
    expect(values.length).toBe(exact.length);
    let [worst, largest] = [0, 1];
    for (let j = 0; j < values.length; j++) {
      worst = Math.max(worst, Math.abs((values[j] as number) - (exact[j] as number)));
      largest = Math.max(largest, Math.abs(exact[j] as number));
    }
    expect(worst / largest).toBeLessThan(5e-6);
  });
});

test("values that are no numbers stay where they are read", () => {
  const run = (): ArrayLike<number> => {
    const x = new Float32Array(6 * 6 * 4).fill(1);
    x[4 * 7 + 1] = NaN; // at (1, 1)
    return conv(array(x, { shape: [1, 6, 6, 4] }), array(new Float32Array(3 * 3 * 4 * 16).fill(1), { shape: [3, 3, 4, 16] }), { padding: "SAME", dimensionNumbers: nhwc }).dataSync();
  };
  const isNaN = (data: ArrayLike<number>): boolean[] => Array.from(data, Number.isNaN);
  expect(isNaN(withBackend(device, run))).toEqual(isNaN(withBackend(host, run)));
});
