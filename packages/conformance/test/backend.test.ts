// The CPU backend under the kit for backends, in Node; conformance.browser.test.ts runs the same in Chromium.
import { add, array, type Backend, broadcastTo, mul, type Tensor, transpose, withBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { expect, test } from "vitest";
import { expectAll, runCases, skipTable, testBackend } from "../src/index.js";

test("cpu() passes", { timeout: 180_000 }, async () => {
  const cases = testBackend(() => cpu());
  const { passed } = await expectAll(cases);
  console.log(`${passed} cases of the backend cpu\n${skipTable(cases)}`);
  expect(passed).toBeGreaterThan(3000);
});

test("law 8: with nothing else on the stack, an operation is one application that broadcasts and promotes by itself", () => {
  const backend = cpu();
  const applied = (f: () => unknown): { [counter: string]: number } => {
    const before = backend.stats();
    withBackend(backend, f);
    return Object.fromEntries(Object.entries(backend.stats()).map(([k, v]) => [k, v - (before[k] ?? 0)]));
  };
  const [column, row] = withBackend(backend, () => [array([[1], [2]]), array([1, 2, 3], { dtype: "int32" })]) as [Tensor, Tensor];
  expect(applied(() => add(column, row))).toMatchObject({ elementwise: 1, kernels: 0, uploads: 0, downloads: 0, bytes: 24 });
  expect(applied(() => mul(column, 2))).toMatchObject({ elementwise: 1, kernels: 0, uploads: 0 });
  // Views copy nothing.
  expect(applied(() => transpose(broadcastTo(column, [2, 1000])))).toMatchObject({ bytes: 0, uploads: 0, downloads: 0 });
});

/** A backend that is the CPU's but for what a test changes. */
function broken(change: (backend: Backend) => Partial<Backend>): () => Backend {
  return () => {
    const backend = cpu();
    return new Proxy(backend, {
      get(target, key) {
        const own = change(backend)[key as keyof Backend];
        if (own !== undefined) return own;
        const value = target[key as keyof typeof target] as unknown;
        return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
  };
}

test.each<[string, (backend: Backend) => Partial<Backend>, RegExp]>([
  ["keeps the array that it is given", (b) => ({ put: (data, aval) => b.put(data, aval, true) }), /data is copied in and out/],
  ["takes NaN for zero", (b) => ({ isZero: (x: Tensor) => b.read(x).every((v) => !(Math.abs(v) > 0)) }), /zeros are known/],
  ["is late with other data", (b) => ({ readAsync: async (x: Tensor) => (await b.readAsync(x)).slice(1) }), /readAsync/],
  ["counts nothing", () => ({ stats: () => ({ kernels: 0 }) }), /operations are counted/],
])("a backend that %s is found out", async (_what, change, name) => {
  const { failures } = await runCases(testBackend(broken(change), { operations: [], words: 0 }));
  expect(failures.map((f) => f.name).filter((n) => name.test(n))).not.toEqual([]);
});

test("what a backend does not do is skipped, with its reason", () => {
  const cases = testBackend(() => cpu(), { unsupported: (operation, dtype) => (operation.name === "sin" && dtype === "float64" ? "no doubles" : undefined) });
  expect(skipTable(cases)).toMatch(/ {4}\d skipped: no doubles \(cpu: sin 0-d float64; cpu: sin array float64; …\)/);
});
