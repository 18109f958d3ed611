import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunch } from "./scripts/find-chromium.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folders = (parent: string): string[] =>
  existsSync(here(parent))
    ? readdirSync(here(parent)).filter((name) => existsSync(here(`${parent}/${name}/package.json`)))
    : [];

// Tests run on the sources: no build is needed first, and coverage and stack traces need no maps.
const conditions = (side: "node" | "browser"): string[] => ["@gradus/source", "module", side, "development|production"];

const browserTests = "test/**/*.browser.test.ts";
const ignored = ["**/node_modules/**", "**/dist/**"];

const node = (name: string, root: string, include: string[]) => ({
  resolve: { conditions: conditions("node") },
  ssr: { resolve: { conditions: conditions("node") } },
  test: {
    name,
    root: here(root),
    include,
    // Nothing is measured by the clock: a limit is for what hangs, and a busy machine is slow.
    testTimeout: 60_000,
    exclude: [...ignored, "**/*.browser.test.ts"],
  },
});

// A whole application in a browser, beside everything else on two cores: what a busy moment spoils is tried again.
const app = (name: string) => {
  const project = node(name, `apps/${name}`, inPackage);
  return { ...project, test: { ...project.test, retry: 2, expect: { poll: { timeout: 30_000 } } } };
};

const inPackage = ["src/**/*.test.ts", "test/**/*.test.ts"];

/** Tests of types, `*.test-d.ts`: the compiler runs once over all of them. */
const types = {
  test: {
    name: "types",
    root: here("."),
    include: [],
    typecheck: {
      enabled: true,
      only: true,
      checker: "tsc" as const,
      include: ["packages/*/{src,test}/**/*.test-d.ts"],
      exclude: ignored,
      tsconfig: here("tsconfig.types.json"),
    },
  },
};

const launchOptions = chromiumLaunch();
const browser = {
  resolve: { conditions: conditions("browser") },
  // Listed here, an npm dependency of a browser test causes no re-optimisation (and reload) in the middle of the run.
  optimizeDeps: { include: ["fast-check"] },
  test: {
    name: "browser",
    root: here("."),
    include: [`packages/*/${browserTests}`],
    // A software rasteriser takes its time, beside everything else on two cores even more.
    testTimeout: 300_000,
    exclude: ignored,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: launchOptions ?? {} }),
      instances: [{ browser: "chromium" as const }],
    },
  },
};

export default defineConfig({
  test: {
    coverage: { provider: "v8", include: ["packages/*/src/**/*.ts"] },
    passWithNoTests: true,
    projects: [
      ...folders("packages").map((name) => node(name, `packages/${name}`, inPackage)),
      ...folders("apps").map((name) => app(name)),
      ...folders("examples").map((name) => node(`example-${name}`, `examples/${name}`, ["**/*.test.ts"])),
      ...(existsSync(here("benchmarks")) ? [node("benchmarks", "benchmarks", ["**/*.test.ts"])] : []),
      ...(existsSync(here("test")) ? [node("repo", "test", ["**/*.test.ts"])] : []),
      types,
      // Without a browser a bare `vitest` runs the Node tests only; `npm test` fails.
      ...(launchOptions ? [browser] : []),
    ],
  },
});
