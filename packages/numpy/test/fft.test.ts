// np.fft against NumPy's own (jax/fft.py made the reference), derivatives by differences, errors.

import { ArgumentError, array, reduceSum, ShapeError, type Tensor, useBackend } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { checkGrads } from "@gradus/conformance";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { describe, expect, test } from "vitest";
import * as np from "../src/index.js";
import { expectNear, host, reference, type Result } from "./reference.js";

useBackend(cpu());

const wanted = reference("fft");
const f64 = (data: unknown): Tensor => array(data as number[], { dtype: "float64" });
const x = f64(wanted.x);
const z = (wanted.z as unknown[]).map(f64) as [Tensor, Tensor];
const f = np.fft;

const cases: Record<string, () => Result> = {
  "fft of a real array": () => f.fft(x),
  "fft cut": () => f.fft(z, 3),
  "fft filled": () => f.fft(z, 5, 1),
  "fft on axis 0": () => f.fft(z, null, 0),
  "ifft cut": () => f.ifft(z, 2, -2),
  "rfft filled": () => f.rfft(x, 7, 1),
  "rfft cut": () => f.rfft(x, 3),
  "irfft of 5": () => f.irfft(z, 5),
  "irfft of 9": () => f.irfft(z, 9, 0),
  "hfft of 5": () => f.hfft(z, 5),
  "ihfft of 3": () => f.ihfft(x, 3),
  fft2: () => f.fft2(z),
  ifft2: () => f.ifft2(z, [4, 2]),
  rfft2: () => f.rfft2(x),
  irfft2: () => f.irfft2(z, [3, 5]),
  "fftn with lengths": () => f.fftn(z, [2, 5], [1, 2]),
  "fftn of axes": () => f.fftn(z, null, [2, 0]),
  ifftn: () => f.ifftn(z),
  rfftn: () => f.rfftn(x),
  "rfftn of axes": () => f.rfftn(x, null, [2, 0]),
  "irfftn of axes": () => f.irfftn(z, null, [0, 1]),
  "fftfreq 5": () => f.fftfreq(5, 0.5),
  "fftfreq 6": () => f.fftfreq(6),
  "rfftfreq 2": () => f.rfftfreq(2),
  "rfftfreq 7": () => f.rfftfreq(7, 0.25),
  fftshift: () => f.fftshift(x),
  "fftshift of an axis": () => f.fftshift(z, 1),
  ifftshift: () => f.ifftshift(x, [0, 1]),
};
for (const norm of ["backward", "ortho", "forward"] as const) {
  Object.assign(cases, {
    [`fft ${norm}`]: () => f.fft(z, null, -1, norm),
    [`ifft ${norm}`]: () => f.ifft(z, null, -1, norm),
    [`rfft ${norm}`]: () => f.rfft(x, null, -1, norm),
    [`irfft ${norm}`]: () => f.irfft(z, null, -1, norm),
    [`hfft ${norm}`]: () => f.hfft(z, null, -1, norm),
    [`ihfft ${norm}`]: () => f.ihfft(x, null, -1, norm),
    [`fftn ${norm}`]: () => f.fftn(z, null, null, norm),
    [`irfftn ${norm}`]: () => f.irfftn(z, null, null, norm),
  });
}
test("every case of the reference is here", () => expect(["x", "z", ...Object.keys(cases)].sort()).toEqual(Object.keys(wanted).sort()));
test.each(Object.keys(cases))("%s", (name) => {
  const got = (cases[name] as () => Result)();
  expectNear(host(got), wanted[name]!, name.includes("freq") ? 1e-7 : 1e-13);
});

test("integers and booleans become float32, parts of two widths float64", () => {
  expect(f.fft(array([1, 2], { dtype: "int32" })).map((t) => t.dtype)).toEqual(["float32", "float32"]);
  expect(f.rfft(array([true, false]))[0].js()).toEqual([1, 1]);
  expect(f.fft([array([1, 2]), f64([0, 0])])[1].dtype).toBe("float64");
  expect(f.fft([array([1, 2]), 0])[0].js()).toEqual([3, -1]);
  expect(f.ifft(f.fft(array([1, 2, 3]))).map((t) => t.dtype)).toEqual(["float32", "float32"]);
});

type F = (x: Tensor) => Tensor;
const sum = ([re, im]: readonly Tensor[]): Tensor => np.add(np.square(re!), np.multiply(im!, np.sin(re!)));
const smooth: [string, F][] = [
  ["fft", (v) => sum(f.fft([v, np.sin(v)], 5, 1))],
  ["rfft, ortho", (v) => sum(f.rfft(v, null, 0, "ortho"))],
  ["irfft", (v) => np.sin(f.irfft([v, np.square(v)], 6))],
  ["hfft", (v) => np.sin(f.hfft([v, np.square(v)], 3, 1))],
  ["ihfft", (v) => sum(f.ihfft(v))],
  ["fft2", (v) => sum(f.fft2(v))],
  ["irfftn", (v) => np.square(f.irfftn(f.rfftn(v)))],
];
describe.each(smooth)("%s", (_name, g) => {
  const at = f64([[0.3, -1.2, 0.7, 2.1], [1.4, 0.5, -0.6, 0.1], [0.2, 0.9, -0.4, 1.3]]);
  test("has right derivatives", () => checkGrads(g, [at], { order: 2, atol: 1e-5, rtol: 1e-5 }));
  test("is the same under jit and vmap", () => {
    expectNear(host(jit(g)(at)), host(g(at)));
    expectNear(host(vmap(g)(np.stack([at, at]))), [host(g(at)), host(g(at))]);
  });
});

test("a convolution is a product of spectra", () => {
  const [a, b] = [f64([1, 2, 3, 0]), f64([0, 1, 0.5, 0])];
  const [[ar, ai], [br, bi]] = [f.fft(a), f.fft(b)];
  const product: [Tensor, Tensor] = [np.subtract(np.multiply(ar, br), np.multiply(ai, bi)), np.add(np.multiply(ar, bi), np.multiply(ai, br))];
  expectNear(host(f.ifft(product)[0]), [1.5, 1, 2.5, 4]);
  expect(reduceSum(np.abs(f.ifft(product)[1])).item()).toBeLessThan(1e-14);
});

const bad: [string, () => unknown, new (message: string) => Error][] = [
  ["a scalar", () => f.fft(1), ShapeError],
  ["a scalar of all axes", () => f.fftn(1), ShapeError],
  ["an axis", () => f.fft(x, null, 3), ShapeError],
  ["an axis twice", () => f.fftn(x, null, [1, -2]), ShapeError],
  ["a length of 0", () => f.fft(x, 0), ShapeError],
  ["nothing", () => f.rfft(f64([])), ShapeError],
  ["one entry for irfft", () => f.irfft(f64([1])), ShapeError],
  ["lengths that are no axes", () => f.fftn(x, [2, 2], [0]), ShapeError],
  ["a pair for rfft", () => f.rfft(z as never), ArgumentError],
  ["three parts", () => f.fft([x, x, x] as never), ArgumentError],
  ["another norm", () => f.fft(x, null, -1, "half" as never), ArgumentError],
  ["no frequencies", () => f.fftfreq(0), ArgumentError],
  ["a distance of 0", () => f.rfftfreq(2, 0), ArgumentError],
  ["a shift of an axis", () => f.fftshift(x, 3), ShapeError],
];
test.each(bad)("refuses %s", (_name, g, error) => expect(g).toThrow(error));
