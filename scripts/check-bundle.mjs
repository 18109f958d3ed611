// The published packages as a stranger gets them: packed, installed in an empty folder, run, bundled and weighed.
// Needs a build (`npm test` does one; by hand: `pnpm exec turbo run build`).
import { spawnSync } from "node:child_process";
import { accessSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { budgets, installed } from "./bundle-budget.mjs";
import { expectNone, runIfMain } from "./checks.mjs";
import { root } from "./packages.mjs";

/** @typedef {import('./bundle-budget.mjs').Budget} Budget */

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
  return stdout.trim();
}

/** npm through the script that npm itself names where it started us: `npm` alone is no program on Windows. @param {string[]} args @param {string} cwd */
function npm(args, cwd) {
  const script = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined;
  return script ? run(process.execPath, [script, ...args], cwd) : run("npm", args, cwd);
}

/** Packs the installed set and installs the tarballs, and nothing else, in an empty folder. */
function packAndInstall() {
  const folder = mkdtempSync(join(tmpdir(), "gradus-bundle-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const tarballs = join(folder, "tarballs");
  const app = join(folder, "app");
  mkdirSync(tarballs);
  mkdirSync(app);
  const filters = installed.flatMap((name) => ["--filter", `./packages/${name}`]);
  run("pnpm", ["-r", ...filters, "pack", "--pack-destination", tarballs], root);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const files = readdirSync(tarballs).map((name) => join(tarballs, name));
  // Offline: whatever the tarballs ask for beyond each other is a fault to be seen here.
  npm(["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", ...files], app);
  return app;
}

/** @param {string} contents @param {string} resolveDir */
async function bundle(contents, resolveDir) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** Everything in the umbrella, from the workspace: a name that is not even in here is misspelt. */
async function bundleEverything() {
  const umbrella = join(root, "packages", "gradus");
  const names = Object.keys(JSON.parse(readFileSync(join(umbrella, "package.json"), "utf8")).dependencies);
  const lines = names.map((name, i) => `import * as m${i} from "${name}";`);
  lines.push(`console.log(${names.map((_, i) => `m${i}`).join(", ")});`);
  return bundle(lines.join("\n"), umbrella);
}

/** @param {string} text @param {string} word */
const has = (text, word) => new RegExp(`(?<![\\w$])${word}(?![\\w$])`).test(text);

/** @param {() => string} app @param {Budget} budget @returns {import('./checks.mjs').Check[]} */
const checksOf = (app, budget) => {
  const { name, source, limit, goal, present, absent } = budget;
  /** @type {Promise<string> | undefined} */
  let pending;
  const code = () => (pending ??= bundle(source, app()));
  return [
    {
      name: `${name} runs from the installed tarballs`,
      run: () => {
        const file = join(app(), `${name.replaceAll(" ", "-")}.mjs`);
        writeFileSync(file, source);
        const printed = run(process.execPath, [file], app());
        if (Number(printed).toPrecision(6) !== budget.prints)
          throw new Error(`printed ${printed}, expected ${budget.prints}`);
        return printed;
      },
    },
    {
      name: `${name} type-checks against the installed tarballs`,
      run: () => {
        const file = `${name.replaceAll(" ", "-")}.ts`;
        writeFileSync(join(app(), file), source);
        const tsc = [join(root, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", "--target", "es2022"];
        run(process.execPath, [...tsc, "--types", "", "--module", "nodenext", file], app());
        run(
          process.execPath,
          [...tsc, "--types", "", "--module", "esnext", "--moduleResolution", "bundler", file],
          app(),
        );
      },
    },
    {
      name: `${name} weighs at most ${limit} bytes, minified and gzipped`,
      run: async () => {
        const bytes = gzipSync(await code(), { level: 9 }).length;
        const note = `${bytes} bytes${goal ? `, goal ${goal}` : ""}`;
        if (bytes > limit) throw new Error(note);
        return note;
      },
    },
    {
      name: `${name} carries no unused operation`,
      run: async () => {
        const text = await code();
        expectNone([
          ...present
            .filter((word) => !has(text, word))
            .map((word) => `'${word}' is not in the bundle, though it is used`),
          ...absent
            .filter((word) => has(text, word))
            .map((word) => `'${word}' is in the bundle, though it is not used`),
        ]);
      },
    },
  ];
};

/** @param {() => string} app @returns {import('./checks.mjs').Check[]} */
const exportsChecks = (app) =>
  ["@gradus/core/src/index.ts", "@gradus/core/dist/index.js", "@gradus/ops-cpu/dist/eager.js"].map((path) => ({
    name: `exports refuse ${path}`,
    run: () => {
      // It is there, and still cannot be imported.
      accessSync(join(app(), "node_modules", path));
      const script = `import("${path}").then(() => console.log("loaded"), (e) => console.log(e.code))`;
      const printed = run(process.execPath, ["--input-type=module", "-e", script], app());
      if (printed !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw new Error(printed);
    },
  }));

/** @returns {import('./checks.mjs').Check[]} */
export const checks = () => {
  /** @type {string | undefined} */
  let installation;
  const app = () => {
    if (!installation) throw new Error("nothing is installed");
    return installation;
  };
  return [
    {
      name: `${installed.length} packages pack and install into an empty folder`,
      run: () => void (installation = packAndInstall()),
    },
    ...budgets.flatMap((budget) => checksOf(app, budget)),
    {
      name: "the names that must not appear exist",
      run: async () => {
        const everything = await bundleEverything();
        const names = new Set(budgets.flatMap(({ absent }) => absent));
        expectNone([...names].filter((name) => !has(everything, name)).map((name) => `'${name}' is nowhere in Gradus`));
      },
    },
    ...exportsChecks(app),
  ];
};

await runIfMain(import.meta.url, checks);
