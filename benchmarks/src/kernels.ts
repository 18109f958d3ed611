// The command's part of the kernels: a process that measures most of them, and processes of their own for what a process does once.

import { fork, spawnSync } from "node:child_process";
import { bundle } from "./bundle.js";
import { NoTimeError } from "./first-calls.js";
import type { Outcome } from "./kernels/outcome.js";
import { watchLoop } from "./memory.js";

/** A process of kernels that ended with an error. */
export class KernelsError extends Error {
  override readonly name = "KernelsError";
}

/** Measures all kernels. */
export async function measureKernels(source: boolean, quick: boolean, progress: (line: string) => void): Promise<Outcome[]> {
  const outcomes = await inProcess(await bundle("src/processes/kernels.ts", "kernels", { source }), quick, progress);
  const cold = await bundle("src/kernels/cold.ts", "kernels-cold", { source });
  const times = Array.from({ length: quick ? 3 : 10 }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, [cold], { encoding: "utf8" });
    const time = Number.parseFloat(stdout);
    if (!Number.isFinite(time)) throw new NoTimeError(`${cold} printed "${stdout.trim()}".\n${stderr.slice(-1000)}`);
    return time;
  });
  outcomes.push({ title: "40 operations, traced before: compiled and called, the first program of a process", unit: "ns", value: Math.min(...times), must: 1e6, good: 1e6 });
  const iterations = quick ? 500 : 5000;
  for (const how of ["eager", "compiled"]) {
    const watched = await watchLoop("gradus-large", `${how} ${iterations}`, source);
    const title = `${iterations} results of 4 MB in a synchronous loop, ${how}: peak resident`;
    outcomes.push({ title, unit: "bytes", value: "peak" in watched ? watched.peak : undefined, must: 400e6, good: 250e6, ...("failure" in watched ? { note: watched.failure } : {}) });
  }
  return outcomes;
}

function inProcess(file: string, quick: boolean, progress: (line: string) => void): Promise<Outcome[]> {
  return new Promise((resolve, reject) => {
    const outcomes: Outcome[] = [];
    const child = fork(file);
    child.on("message", (message: Outcome | string) => {
      if (typeof message === "object") {
        outcomes.push(message);
        progress(message.title);
        return;
      }
      if (message === "done") resolve(outcomes);
      else reject(new KernelsError(message));
      child.kill();
    });
    child.once("exit", (code) => reject(new KernelsError(`the process of the kernels ended with ${code}`)));
    child.send(quick);
  });
}
