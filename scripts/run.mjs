// `npm start` and `npm test`, from a bare clone. Nothing is imported that an install would have to bring first.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromiumLaunch } from "./find-chromium.mjs";
import { fetchPnpm } from "./pnpm.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const [command, ...args] = process.argv.slice(2);
/** @type {ReturnType<typeof fetchPnpm>} */
let pnpm;

/** Dependencies, as locked. The browser that npm ships is left out where there is another or it cannot run. @param {boolean} browser */
const install = (browser) =>
  pnpm.run("install", "--frozen-lockfile", ...(browser ? [] : ["--filter", "!@gradus/browser-fallback"])) === 0;

/** What vitest counted. A suite that could not be loaded has no tests to fail, so it counts as one. @param {number} status @param {string} report */
function countTests(status, report) {
  /** @type {any} */
  let result;
  try {
    result = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const broken = result.testResults.filter(
    (/** @type {any} */ file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = result.numFailedTests + broken.length;
  return {
    passed: result.numPassedTests,
    // An error outside of any test fails the run too.
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** @param {string[]} options */
function vitest(options) {
  const report = ".tmp/vitest.json";
  mkdirSync(".tmp", { recursive: true });
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return countTests(pnpm.run("exec", "vitest", "run", ...reporters, ...options), report);
}

async function test() {
  const total = { passed: 0, failed: 0 };
  /** @param {{ passed: number, failed: number, skipped?: number }} count */
  const add = ({ passed, failed, skipped }) => {
    total.passed += passed;
    total.failed += failed;
    if (skipped) console.log(`${skipped} skipped`);
  };
  /** @param {string} name @param {boolean} ok */
  const stage = (name, ok) => {
    console.log(ok ? `ok      ${name}` : `FAILED  ${name}`);
    add(ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
    return ok;
  };
  /** @param {string} task */
  const turbo = (task) =>
    stage(task, pnpm.run("exec", "turbo", "run", task, "--continue", "--output-logs=errors-only") === 0);
  /** @param {string} script */
  const checks = async (script) => {
    console.log(script);
    const { runChecks } = await import("./checks.mjs");
    add(await runChecks((await import(`./${script}.mjs`)).checks()));
  };

  try {
    pnpm = fetchPnpm(root);
    // The checks start pnpm too.
    process.env.PATH = pnpm.env.PATH;
    const bring = !chromiumLaunch() && process.platform === "linux" && process.arch === "x64";
    if (stage("install", install(bring))) {
      if (bring) spawnSync(process.execPath, ["tools/browser/install.mjs"], { stdio: "inherit" });
      const browser = stage("browser", chromiumLaunch() !== undefined);
      if (!browser)
        console.error("No browser was found, so the browser tests cannot run: install Chromium or set CHROMIUM_PATH.");
      // With arguments it is a quick run of some tests.
      if (args.length > 0) add(vitest(args));
      else {
        const built = turbo("build");
        turbo("typecheck");
        turbo("lint");
        await checks("check-boundaries");
        await checks("check-sources");
        add(vitest([]));
        if (built) await checks("check-bundle");
        else stage("check-bundle (there is no build to pack)", false);
      }
    }
  } catch (error) {
    // Whatever goes wrong, the last line says so.
    console.error(error);
    stage("set-up", false);
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

if (command === "test") await test();
else if (command === "start") {
  pnpm = fetchPnpm(root);
  const ok = install(false);
  // After `npm start --`, arguments are Vite's: --port 5199.
  process.exitCode = ok ? pnpm.run("--filter", "@gradus/playground", "run", "dev", ...args) : 1;
} else throw new Error("usage: node scripts/run.mjs start|test");
