// Reads that the page waits for: allowed, told, or refused; and what is not one of them.
import { add, array, type Tensor, withBackend } from "@gradus/core";
import { exp } from "@gradus/ops";
import { afterEach, expect, test, vi } from "vitest";
import { webgl, type WebGLBackend } from "../src/index.js";

const on = <T>(backend: WebGLBackend, f: () => T): T => withBackend(backend, f);
const refused = expect.objectContaining({ name: "ConcretizationError", message: expect.stringMatching(/reads\.browser\.test\.ts.*await x\.data\(\)/s) });

afterEach(() => vi.restoreAllMocks());

test("warn tells once for each line, with the line", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const backend = webgl({ syncReads: "warn" });
  const x = on(backend, () => exp(array([0, 0])));
  for (let i = 0; i < 3; i++) expect(x.js()).toEqual([1, 1]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toMatch(/read f32\[2\], at .*reads\.browser\.test\.ts\S*:\d+:\d+\. `await x\.data\(\)`/);
  x.dataSync();
  expect(warn).toHaveBeenCalledTimes(2);
  expect(backend.stats()["syncReads"]).toBe(4);
});

test("forbid refuses every way of reading at once, and names the one that does not wait", async () => {
  const backend = webgl({ syncReads: "forbid" });
  const x = on(backend, () => exp(array([0])));
  for (const read of [() => x.dataSync(), () => x.item(), () => x.js(), () => String(x), () => JSON.stringify(x)]) expect(read).toThrow(refused);
  expect(backend.stats()["syncReads"]).toBe(0);
  expect(Array.from(await x.data())).toEqual([1]);
  expect(() => backend.isZero(x)).toThrow(refused);
});

test("numbers that are on no device are read in any case", () => {
  const backend = webgl({ syncReads: "forbid" });
  const two: Tensor = on(backend, () => add(1, 1));
  expect(two.item()).toBe(2);
});

test("a policy that is none is refused", () => {
  expect(() => webgl({ syncReads: "never" as "allow" })).toThrow(expect.objectContaining({ name: "ArgumentError", message: expect.stringContaining('"warn"') }));
});
