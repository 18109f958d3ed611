// Memory over a long training loop, each library in a process of its own.

import { fork } from "node:child_process";
import { bundle } from "./bundle.js";
import type { Watched } from "./memory/watch.js";

export interface Memory extends Partial<Watched> {
  readonly title: string;
  /** Why the loop did not run to its end. */
  readonly failure?: string;
}

const loops = [
  { title: "Gradus, nothing freed", entry: "gradus" },
  { title: "tfjs cpu, nothing freed", entry: "tfjs", argument: "naive" },
  { title: "tfjs cpu, tf.tidy and dispose", entry: "tfjs", argument: "tidy" },
  { title: "jax-js, .ref at every use", entry: "jax-js", argument: "ref" },
  { title: "jax-js, by its rules", entry: "jax-js", argument: "owned" },
  { title: "Gradus, results of 4 MB, nothing freed", entry: "gradus-large" },
];

/** Watches all loops. */
export async function measureMemory(source: boolean): Promise<Memory[]> {
  const results: Memory[] = [];
  for (const { title, entry, argument } of loops) {
    results.push({ title, ...(await watchLoop(entry, argument, source)) });
  }
  return results;
}

/** Watches one loop. */
export async function watchLoop(entry: string, argument: string | undefined, source: boolean): Promise<Watched | { failure: string }> {
  return watchProcess(await bundle(`src/memory/${entry}.ts`, `memory-${entry}`, { source, commonJs: entry === "tfjs" }), argument);
}

function watchProcess(file: string, argument = ""): Promise<Watched | { failure: string }> {
  return new Promise((resolve) => {
    let errors = "";
    const child = fork(file, [argument], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "pipe", "ipc"] });
    child.stderr?.on("data", (chunk) => (errors += chunk));
    child.once("message", (watched: Watched) => {
      resolve(watched);
      child.kill();
    });
    child.once("exit", () => resolve({ failure: /^\w*Error: .*/m.exec(errors)?.[0] ?? "ended early" }));
  });
}
