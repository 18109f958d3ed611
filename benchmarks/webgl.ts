// The command: measures Gradus on WebGL beside its peers in headless Chromium, and writes results-webgl.json and its table of README.md.
//   --rounds N        5 unless given
//   --only PATTERN    workloads whose name matches; writes nothing
//   --libraries A,B   of gradus, tfjs, jax-js; writes nothing
//   --source          Gradus from its sources instead of its build
//   --write, --no-write

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, load } from "./src/machine.js";
import { replaceBetweenMarkers } from "./src/report.js";
import { PageLibrary, webglLibraries } from "./src/webgl/browser.js";
import { measureRows } from "./src/webgl/measure.js";
import { webglMarkdown, type WebGLResults } from "./src/webgl/report.js";
import { keyOf, rows } from "./src/webgl/rows.js";

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    libraries: { type: "string" },
    source: { type: "boolean", default: false },
    write: { type: "boolean" },
  },
});

const { source } = options;
const rounds = Number(options.rounds);
const pattern = new RegExp(options.only ?? "");
const chosen = webglLibraries.filter((name) => options.libraries?.split(",").includes(name) ?? true);
const whole = options.only === undefined && options.libraries === undefined;

const before = load();
const libraries: PageLibrary[] = [];
try {
  for (const name of chosen) libraries.push(await PageLibrary.start(name, source));
  const measured = await measureRows(libraries, rows.filter((r) => pattern.test(keyOf(r))), rounds, (line) => process.stderr.write(`${line}\n`));
  const results: WebGLResults = { machine: describeMachine(), browser: libraries[0]?.version ?? "", source, rounds, measured, load: { before, after: load() } };
  const report = webglMarkdown(results);
  console.log(report);
  if (options.write ?? whole) {
    const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    writeFileSync(path("results-webgl.json"), `${JSON.stringify(results, null, 1)}\n`);
    writeFileSync(path("README.md"), replaceBetweenMarkers(readFileSync(path("README.md"), "utf8"), report, "webgl results"));
  }
} finally {
  for (const library of libraries) await library.stop();
}
