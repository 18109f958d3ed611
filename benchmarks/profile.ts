// The command that says where the time of a workload goes in Gradus: profile.ts NAME [SECONDS], for example
//   tsx profile.ts "grad of sin·cos" 5

import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle, output } from "./src/bundle.js";
import { type Share, summarize } from "./src/profile-summary.js";
import { workloadNames } from "./src/workloads.js";

const [, , name = "", seconds = "4"] = process.argv;
if (!workloadNames.some((n) => n === name)) throw new RangeError(`name one workload: ${workloadNames.join("; ")}`);

const folder = join(output, "profile");
rmSync(folder, { recursive: true, force: true });
const file = await bundle("src/processes/profiled.ts", "profiled", { source: true, map: true });
const flags = ["--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir", folder];
spawnSync(process.execPath, [...flags, file, name, seconds], { stdio: "inherit" });
const { functions, lines } = summarize(join(folder, readdirSync(folder)[0] as string), `${file}.map`, Number(seconds));
const print = (title: string, shares: readonly Share[]): void => {
  console.log(`\n${title}`);
  for (const { what, share } of shares) console.log(`${(100 * share).toFixed(1).padStart(6)} %  ${what}`);
};
print("functions, time in themselves", functions.slice(0, 28));
print("lines, over the whole run", lines.slice(0, 25));
