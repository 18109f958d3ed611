// What the end-to-end tests share: servers of the sources and of the build, and a browser with the page open.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium, type Page } from "playwright";
import { createServer, preview } from "vite";
import { chromiumLaunch } from "../../../scripts/find-chromium.mjs";
import { encodeState, type State } from "../src/state.js";

export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** Undefined where there is no browser; `npm test` fails there, a bare vitest run leaves these tests out. */
export const launch: ReturnType<typeof chromiumLaunch> = chromiumLaunch();

/** Long enough for a loaded machine with two cores; a run takes milliseconds. */
export const patience = 60_000;

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

export interface Site {
  readonly url: string;
  /** Whatever the browser reported as an error or warning since the site was opened. */
  readonly complaints: string[];
  /** Opens a page, changed by a script if one is given, and waits for its first run. */
  open(hash?: string, script?: () => void): Promise<Page>;
  close(): Promise<void>;
}

/** Serves the sources. */
export async function serveSources(): Promise<Server> {
  const server = await createServer({
    root,
    logLevel: "error",
    // A folder of its own: an `npm start` beside the tests is not disturbed.
    cacheDir: "node_modules/.vite-test",
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
  });
  await server.listen();
  const address = server.httpServer?.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** Builds the site, as `npm run build` does but elsewhere, and serves what was built. */
export async function serveBuild(): Promise<Server> {
  const outDir = ".tmp/site";
  const vite = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin", "vite.js");
  // In a process of its own: in this one NODE_ENV is "test".
  await promisify(execFile)(process.execPath, [vite, "build", "--logLevel", "error", "--outDir", outDir], { cwd: root, env: { ...process.env, NODE_ENV: "production" } });
  const server = await preview({ root, logLevel: "error", build: { outDir }, preview: { host: "127.0.0.1", port: 0 } });
  return { url: server.resolvedUrls?.local[0] ?? "", close: () => server.close() };
}

/** Opens a browser on a served site. */
export async function openSite(server: Server): Promise<Site> {
  const browser = await chromium.launch(launch ?? {});
  // One context for all pages: what the first has loaded the next find in the cache.
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 800 } });
  const complaints: string[] = [];
  return {
    url: server.url,
    complaints,
    async open(hash = "", script) {
      const page = await context.newPage();
      if (script !== undefined) await page.addInitScript(script);
      page.setDefaultTimeout(patience);
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(server.url + hash);
      await ended(page, 0);
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** How many runs have come to an end. */
const runs = (page: Page): Promise<number> => page.evaluate(() => Number(document.querySelector<HTMLElement>("#status")?.dataset["runs"] ?? 0));

const ended = (page: Page, before: number): Promise<unknown> =>
  page.waitForFunction((n) => Number(document.querySelector<HTMLElement>("#status")?.dataset["runs"] ?? 0) > n, before, { timeout: patience });

/** Does something that makes a program run, and waits for its end. */
export async function running(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await runs(page);
  await act();
  await ended(page, before);
}

/** The address of a program. The limit is generous, because the machine may be busy. */
export const linkTo = (code: string, state: Partial<State> = {}): Promise<string> => encodeState({ view: "plot", layout: "overlay", backend: "cpu", limit: 5, ...state, code });

/** Shows a program as if its link had been opened, and waits for its end. */
export async function runProgram(page: Page, code: string, state: Partial<State> = {}): Promise<void> {
  const hash = await linkTo(code, state);
  await running(page, () =>
    page.evaluate((next) => {
      location.hash = next;
    }, hash),
  );
}

/** The output, entry by entry. */
export const output = (page: Page): Promise<string[]> => page.locator("#output .entry, #output .note, #output .empty").allInnerTexts();

/** The colours of a plot's pixels, as "r,g,b". */
export function coloursOf(page: Page, panel: number): Promise<string[]> {
  return page
    .locator(".charts canvas")
    .nth(panel)
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set<string>();
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
      return [...colours];
    });
}
