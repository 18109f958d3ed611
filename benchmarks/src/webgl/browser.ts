// The libraries in Chromium: each in a browser of its own, so that one that loses its context, or hangs, takes no other with it.

import { readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright";
import { chromiumLaunch } from "../../../scripts/find-chromium.mjs";
import { bundle } from "../bundle.js";
import { LibraryError } from "../libraries.js";
import type { Agent } from "./page.js";

/** In the order of the report. Gradus comes first. */
export const webglLibraries = ["gradus", "tfjs", "jax-js"] as const;
export type WebGLLibrary = (typeof webglLibraries)[number];

export const webglTitles: Record<WebGLLibrary, string> = { gradus: "Gradus", tfjs: "tfjs webgl", "jax-js": "jax-js webgl" };

const patience = 180_000; // of one question
const address = "https://localhost/"; // nothing is served there: the page is made here, and secure as an application's is

/** A library in its page. */
export class PageLibrary {
  readonly name: WebGLLibrary;
  readonly #file: string;
  #browser: Browser | undefined;
  #page: Page | undefined;

  private constructor(name: WebGLLibrary, file: string) {
    this.name = name;
    this.#file = file;
  }

  /** Bundles a library and opens its page. */
  static async start(name: WebGLLibrary, source: boolean): Promise<PageLibrary> {
    const file = await bundle(`src/webgl/pages/${name}.ts`, `webgl-${name}`, { source, browser: true });
    const library = new PageLibrary(name, file);
    await library.restart();
    return library;
  }

  /** A fresh browser: after a failure nothing of the old one is trusted. */
  async restart(): Promise<void> {
    await this.stop();
    const launch = chromiumLaunch();
    if (launch === undefined) throw new LibraryError("there is no Chromium: install one, or name it in CHROMIUM_PATH.");
    this.#browser = await chromium.launch(launch);
    const page = await this.#browser.newPage();
    let failure: Error | undefined;
    page.on("pageerror", (error) => (failure ??= error));
    await page.route(`${address}**`, (route) =>
      route.request().url() === address
        ? route.fulfill({ contentType: "text/html", body: `<!doctype html><title>${this.name}</title><script type="module" src="page.js"></script>` })
        : route.fulfill({ contentType: "text/javascript", body: readFileSync(this.#file, "utf8") }),
    );
    await page.goto(address);
    await page.waitForFunction(() => "agent" in globalThis, undefined, { timeout: patience }).catch((error: unknown) => {
      throw new LibraryError(`${this.name}: ${failure?.stack ?? String(error)}`);
    });
    this.#page = page;
  }

  /** Asks the page. @throws LibraryError for what fails there, and for what takes too long */
  async ask<K extends keyof Agent>(what: K, ...args: Parameters<Agent[K]>): Promise<Awaited<ReturnType<Agent[K]>>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new LibraryError(`no answer within ${patience / 1000} s`)), patience);
    });
    try {
      const answer = (this.#page as Page).evaluate(([name, given]) => (globalThis as any).agent[name](...given), [what, args] as const);
      return (await Promise.race([answer, late])) as Awaited<ReturnType<Agent[K]>>;
    } catch (error) {
      throw new LibraryError(`${this.name}, ${what} ${args.join(" ")}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  get version(): string {
    return this.#browser?.version() ?? "";
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    this.#browser = undefined;
  }
}
