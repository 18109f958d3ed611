// The command: measures Gradus beside its peers and writes results.json and the tables of README.md.
//   --quick           3 short rounds, no start-up, no memory; writes nothing
//   --rounds N        8 unless given
//   --only PATTERN    workloads whose name matches; writes nothing
//   --libraries A,B   of gradus, tfjs-cpu, tfjs-wasm, jax-js, numpy, torch, jax; writes nothing
//   --python A,B      interpreters that have NumPy, PyTorch and JAX, the first that has one for each; python3 unless given. What none
//                     has is left out, and said
//   --first           first calls of compiled functions and nothing else; writes nothing
//   --kernels         kernels beside what bounds them and nothing else; writes nothing, with --write their table
//   --source          Gradus from its sources instead of its build
//   --write, --no-write

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Library, type LibraryName, libraryNames } from "./src/libraries.js";
import { describeMachine, load } from "./src/machine.js";
import { measureFirstCalls } from "./src/first-calls.js";
import { measureKernels } from "./src/kernels.js";
import { kernelsMarkdown } from "./src/kernels/report.js";
import { measureMemory } from "./src/memory.js";
import { firstCallTable, markdown, replaceBetweenMarkers, type Results } from "./src/report.js";
import { measure } from "./src/rounds.js";
import { measureStartups } from "./src/startup.js";
import { workloadNames } from "./src/workloads.js";

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string" },
    libraries: { type: "string" },
    first: { type: "boolean", default: false },
    kernels: { type: "boolean", default: false },
    python: { type: "string", multiple: true, default: ["python3"] },
    source: { type: "boolean", default: false },
    write: { type: "boolean" },
  },
});

const { quick, source } = options;
const rounds = Number(options.rounds ?? (quick ? 3 : 8));
const pattern = new RegExp(options.only ?? "");
const workloads = workloadNames.filter((name) => pattern.test(name));
const chosen = libraryNames.filter((name) => options.libraries?.split(",").includes(name) ?? true);
const whole = !quick && options.only === undefined && options.libraries === undefined;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (options.first) {
  console.log(firstCallTable(await measureFirstCalls(10, source, options.libraries?.includes("jax-js") ?? true)));
  process.exit();
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** Puts results into results.json, and tables between the markers of the README. */
function write(results: object, sections: Readonly<Record<string, string>>): void {
  writeFileSync(path("results.json"), `${JSON.stringify(results, null, 1)}\n`);
  const readme = readFileSync(path("README.md"), "utf8");
  writeFileSync(path("README.md"), Object.entries(sections).reduce((text, [section, content]) => replaceBetweenMarkers(text, content, section), readme));
}

if (options.kernels) {
  const machine = describeMachine();
  const outcomes = await measureKernels(source, quick, say);
  const report = kernelsMarkdown(machine, outcomes);
  console.log(report);
  if (options.write) write({ ...(JSON.parse(readFileSync(path("results.json"), "utf8")) as object), kernels: { machine, outcomes } }, { kernels: report });
  process.exit();
}

const before = load();
const libraries: Library[] = [];
const missing: Partial<Record<LibraryName, string>> = {};
try {
  for (const name of chosen) {
    const started = await Library.start(name, source, options.python.flatMap((names) => names.split(",")));
    if (typeof started === "string") missing[name] = started;
    else libraries.push(started);
  }
  const milliseconds = 1e6;
  const plan = { workloads, rounds, warm: (quick ? 100 : 250) * milliseconds, reading: (quick ? 15 : 30) * milliseconds };
  const measured = await measure(libraries, plan, say);
  for (const library of libraries) library.stop();

  say(whole ? "start-up, memory and kernels" : "done");
  const results: Results = {
    machine: describeMachine(libraries),
    missing,
    source,
    rounds,
    measured,
    startups: whole ? await measureStartups(15, source) : undefined,
    firstCalls: whole ? await measureFirstCalls(10, source, true) : undefined,
    memory: whole ? await measureMemory(source) : undefined,
    kernels: whole ? { machine: describeMachine(), outcomes: await measureKernels(source, false, say) } : undefined,
    load: { before, after: load() },
  };
  const report = markdown(results);
  const kernels = results.kernels && kernelsMarkdown(results.kernels.machine, results.kernels.outcomes);
  console.log(report, ...(kernels === undefined ? [] : [`\n\n${kernels}`]));
  if (options.write ?? whole) write(results, { results: report, ...(kernels === undefined ? {} : { kernels }) });
} finally {
  for (const library of libraries) library.stop();
}
