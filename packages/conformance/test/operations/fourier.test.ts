// Fourier transforms of many lengths against the sums of the definition, Parseval's theorem, the law of transposition, errors.

import { ArgumentError, array, DTypeError, ShapeError, type Tensor } from "@gradus/core";
import { add, fft, type FftKind, mul, reduceSum } from "@gradus/ops";
import { grad } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, f64, pullback, values } from "./support.js";

const of = (x: Tensor): number[] => Array.from(x.dataSync());
const norm = (...parts: readonly number[][]): number => Math.sqrt(parts.flat().reduce((s, v) => s + v * v, 0));

/** The sums, term by term; angles are reduced in whole numbers. */
function direct(re: readonly number[], im: readonly number[], sign: number): [number[], number[]] {
  const n = re.length;
  const c = Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const s = Array.from({ length: n }, (_, k) => sign * Math.sin((2 * Math.PI * k) / n));
  const sum = (k: number, part: 0 | 1): number =>
    re.reduce((t, x, i) => {
      const [a, b] = [c[(i * k) % n]!, s[(i * k) % n]!];
      return t + (part === 0 ? x * a - im[i]! * b : x * b + im[i]! * a);
    }, 0);
  return [re.map((_, k) => sum(k, 0)), re.map((_, k) => sum(k, 1))];
}

const lengths = [...Array.from({ length: 40 }, (_, i) => i + 1), 64, 81, 97, 120, 125, 127, 128, 210, 211, 256, 343, 509, 512, 961, 1009, 1024];
describe("every length", () => {
  test.each(lengths)("%i", (n) => {
    const [x, y] = [values([n], 1), values([n], 2)];
    const wanted = direct(of(x), of(y), -1);
    const size = norm(...wanted);
    const away = (got: readonly Tensor[], expected: readonly number[][]): number => norm(...got.map((g, i) => of(g).map((v, k) => v - expected[i]![k]!)));
    const out = fft([x, y]);
    expect(away(out, wanted)).toBeLessThan(1e-13 * size);
    // In float32 the rounding of the operands alone is half an ulp, 6e-8.
    expect(away(fft([x, y].map((v) => array(v.dataSync(), { dtype: "float32" })) as [Tensor, Tensor]), wanted)).toBeLessThan(1.2e-7 * size);
    expect(away(fft(out, { kind: "ifft" }), [of(x), of(y)])).toBeLessThan(1e-13 * norm(of(x), of(y)));
    const half = fft(x, { kind: "rfft" });
    const spectrum = direct(of(x), of(x).map(() => 0), -1);
    expect(half[0].shape).toEqual([(n >> 1) + 1]);
    expect(away(half, spectrum.map((s) => s.slice(0, (n >> 1) + 1)))).toBeLessThan(1e-13 * norm(...spectrum));
    expect(away([fft(half, { kind: "irfft", lengths: [n] })], [of(x)])).toBeLessThan(1e-13 * norm(of(x)));
    // Parseval
    expect(Math.abs(norm(...out.map(of)) / Math.sqrt(n) / norm(of(x), of(y)) - 1)).toBeLessThan(1e-13);
  });
});

test("special values", () => {
  expect(fft(f64([1, 0, 0, 0, 0])).map((t) => t.js())).toEqual([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0]]);
  expect(fft(f64([1, -1, 1, -1])).map((t) => t.js())).toEqual([[0, 0, 4, 0], [0, 0, 0, 0]]);
  // What is its own mirror image is taken as real.
  expect(fft([f64([1, 0, 2]), f64([5, 0, 7])], { kind: "irfft" }).js()).toEqual([0.75, -0.25, 0.75, -0.25]);
  expect(of(fft(f64([1, NaN, 0]))[0]).every(Number.isNaN)).toBe(true);
  expect(of(fft(f64([1, Infinity, 0]))[0]).every((v) => !Number.isFinite(v))).toBe(true);
});

const maps: [string, FftKind, readonly number[], readonly (readonly number[])[]][] = [
  ["fft", "fft", [3, 4], [[2, 3, 4], [2, 3, 4]]],
  ["ifft", "ifft", [7], [[2, 7], [2, 7]]],
  ["rfft, even", "rfft", [3, 4], [[3, 4]]],
  ["rfft, odd", "rfft", [5], [[5]]],
  ["irfft, even", "irfft", [3, 4], [[3, 3], [3, 3]]],
  ["irfft, odd", "irfft", [5], [[2, 3], [2, 3]]],
];
describe.each(maps)("%s", (_name, kind, dims, shapes) => {
  const f = (...xs: Tensor[]): Tensor[] => [fft((xs.length === 1 ? xs[0] : xs) as Tensor, { kind: kind as "fft", lengths: dims })].flat();
  test.each([0, 1])("the part %i has right derivatives", (part) => {
    if (kind === "irfft" && part === 1) return;
    checkDerivatives((...xs) => f(...xs)[part]!, shapes.map((s, i) => values(s, i + 1)));
  });
  test("⟨f(x), y⟩ = ⟨x, fᵀ(y)⟩", () => {
    const xs = shapes.map((s, i) => values(s, i + 1));
    const outs = f(...xs);
    const ys = outs.map((o, i) => values(o.shape, i + 5));
    const joined = (...us: Tensor[]): Tensor => f(...us).map((o, i) => reduceSum(mul(o, ys[i]!))).reduce((a, b) => add(a, b));
    const back = pullback(joined, xs, f64(1) as Tensor);
    const right = back.reduce((s, g, i) => s + reduceSum(mul(g, xs[i]!)).item(), 0);
    expect(Math.abs(joined(...xs).item() - right)).toBeLessThan(1e-12);
  });
  test("under vmap", () => {
    checkBatching((...xs) => f(...xs)[0]!, shapes.map((s, i) => values([...s.slice(0, 1), 3, ...s.slice(1)], i + 1)), shapes.map(() => 1));
    if (shapes.length === 2) checkBatching((...xs) => f(...xs)[0]!, [values([3, ...shapes[0]!], 1), values(shapes[1]!, 2)], [0, null]);
  });
});

test("the gradient of the energy of a spectrum", () => {
  // Σ|X|² = n Σ x², so its gradient is 2nx.
  const x = values([12]);
  const energy = (v: Tensor): Tensor => fft(v).map((p) => reduceSum(mul(p, p))).reduce((a, b) => add(a, b));
  of(grad(energy)(x)).forEach((g, i) => expect(g).toBeCloseTo(24 * of(x)[i]!, 11));
});

const bad: [string, () => unknown, new (message: string) => Error][] = [
  ["a scalar", () => fft(1), ShapeError],
  ["an empty axis", () => fft(f64([])), ShapeError],
  ["another length", () => fft(f64([1, 2]), { lengths: [3] }), ShapeError],
  ["too many axes", () => fft(f64([1, 2]), { lengths: [1, 2] }), ShapeError],
  ["no axis", () => fft(f64([1, 2]), { lengths: [] }), ShapeError],
  ["half a spectrum of another length", () => fft([f64([1, 2]), f64([1, 2])], { kind: "irfft", lengths: [4] }), ShapeError],
  ["parts of two shapes", () => fft([f64([1, 2]), f64([1])]), ShapeError],
  ["parts of two dtypes", () => fft([f64([1, 2]), array([1, 2])]), DTypeError],
  ["integers", () => fft(array([1, 2], { dtype: "int32" })), DTypeError],
  ["a pair for rfft", () => fft([f64([1]), f64([1])], { kind: "rfft" }), ArgumentError],
  ["three parts", () => fft([f64([1]), f64([1]), f64([1])] as never), ArgumentError],
  ["another kind", () => fft(f64([1]), { kind: "dct" as never }), ArgumentError],
];
test.each(bad)("refuses %s", (_name, f, error) => expect(f).toThrow(error));
