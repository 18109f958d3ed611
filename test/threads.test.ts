// Threads in pages: where headers isolate a page from others, and where they do not.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumLaunch } from "../scripts/find-chromium.mjs";
import type { Report } from "./threads-page.js";

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const launch = chromiumLaunch();
const address = "https://localhost/"; // nothing is served there
const timeout = 120_000;
const script = "text/javascript";

describe.runIf(launch)("threads in a page", () => {
  let browser: Browser;
  let page: string;

  beforeAll(async () => {
    const bundle = await build({ entryPoints: [file("threads-page.ts")], bundle: true, format: "esm", target: "es2022", conditions: ["@gradus/source"], write: false, logLevel: "error" });
    page = bundle.outputFiles[0]?.text as string;
    browser = await chromium.launch(launch);
  }, timeout);
  afterAll(() => browser.close());

  /** What threads-page.ts reports, in a page that is served with such headers. */
  async function report(headers: Record<string, string>): Promise<Report> {
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.route(`${address}**`, (route) => {
      const url = route.request().url();
      if (url === address) return route.fulfill({ headers, contentType: "text/html", body: '<!doctype html><script type="module" src="app/dist/page.js"></script>' });
      if (url.endsWith("/page.js")) return route.fulfill({ headers, contentType: script, body: page });
      if (url.endsWith("/src/threads/worker.js")) return route.fulfill({ headers, contentType: script, body: readFileSync(file("../packages/ops-cpu/src/threads/worker.js"), "utf8") });
      return route.fulfill({ status: 404 });
    });
    await tab.goto(address);
    await tab.waitForFunction(() => "report" in globalThis, undefined, { timeout });
    const result = await tab.evaluate(() => (globalThis as unknown as { report: Report }).report);
    await context.close();
    return result;
  }

  test("there are some where it is cross-origin isolated, and results are the same", { timeout }, async () => {
    const { threads, helped, last, differs } = await report({ "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" });
    expect({ threads, last, differs }).toEqual({ threads: 2, last: "2 threads", differs: false });
    expect(helped).toBeGreaterThan(0);
  });

  test("there are none where it is not, and the plan says why", { timeout }, async () => {
    const { threads, helped, last, differs } = await report({});
    expect({ threads, helped, differs }).toEqual({ threads: 1, helped: 0, differs: false });
    expect(last).toMatch(/^one thread: .*cross-origin isolated/);
  });
});
