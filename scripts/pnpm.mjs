// Fetches the pnpm that package.json pins and runs it: a clone needs nothing but Node and npm.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname } from "node:path";

/** @param {string} root folder of the repository */
export function fetchPnpm(root) {
  const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
  const windows = process.platform === "win32";
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };

  // Where install scripts are blocked, `npx pnpm` is a file without a shebang that turbo cannot start; `npm_execpath`
  // is the native binary everywhere. Asked from outside the workspace, which is not installed yet, and with
  // --prefer-offline, since npx without a network else retries for a minute before it looks into its cache.
  const probe = spawnSync(
    windows ? "npx.cmd" : "npx",
    ["--yes", "--prefer-offline", packageManager.split("+")[0], "exec", "node", "-p", "process.env.npm_execpath"],
    { cwd: tmpdir(), encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], env, shell: windows },
  );
  const executable = probe.stdout?.trim();
  if (probe.status !== 0 || !executable) throw new Error(`could not fetch ${packageManager} through npx`);

  // turbo and `pnpm run` look for pnpm on the path.
  env.PATH = dirname(executable) + delimiter + (env.PATH ?? "");
  return {
    env,
    /** Runs pnpm in the repository and returns its exit status. @param {...string} args */
    run: (...args) => spawnSync(executable, args, { cwd: root, stdio: "inherit", env }).status ?? 1,
  };
}
