// The processes of the libraries: one each, so that none pays for another's garbage or sees its types, kept for the whole
// run, so that each is measured with its caches as full as they are in a program that does many things.

import { type ChildProcess, fork } from "node:child_process";
import { bundle } from "./bundle.js";
import type { Answer, Request } from "./child.js";
import type { Reading } from "./timing.js";
import type { WorkloadName } from "./workloads.js";

/** The libraries by name, in the order of the report. Gradus comes first. */
export const libraryNames = ["gradus", "tfjs-cpu", "tfjs-wasm", "jax-js"] as const;
export type LibraryName = (typeof libraryNames)[number];

/** What the report calls them. */
export const titles: Record<LibraryName, string> = {
  gradus: "Gradus",
  "tfjs-cpu": "tfjs cpu",
  "tfjs-wasm": "tfjs wasm",
  "jax-js": "jax-js",
};

/** A failure in the process of a library. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
}

/** A library in its process. */
export class Library {
  readonly name: LibraryName;
  readonly workloads: ReadonlySet<WorkloadName>;
  readonly #process: ChildProcess;

  private constructor(name: LibraryName, process: ChildProcess, workloads: ReadonlySet<WorkloadName>) {
    this.name = name;
    this.#process = process;
    this.workloads = workloads;
  }

  /** Bundles and starts a library. */
  static async start(name: LibraryName, source: boolean): Promise<Library> {
    const file = await bundle(`src/processes/${name}.ts`, name, { source, commonJs: name.startsWith("tfjs") });
    // tfjs greets users of Node in many lines on stderr.
    const child = fork(file, { stdio: ["ignore", "inherit", name.startsWith("tfjs") ? "ignore" : "inherit", "ipc"] });
    return new Library(name, child, new Set((await ask(name, child, { do: "list" })) as WorkloadName[]));
  }

  async check(name: WorkloadName): Promise<number[]> {
    return (await ask(this.name, this.#process, { do: "check", name })) as number[];
  }

  async warm(name: WorkloadName, budget: number): Promise<void> {
    await ask(this.name, this.#process, { do: "warm", name, budget });
  }

  async read(name: WorkloadName, budget: number): Promise<Reading> {
    return (await ask(this.name, this.#process, { do: "read", name, budget })) as Reading;
  }

  /** Ends the process. */
  stop(): void {
    this.#process.kill();
  }
}

function ask(name: LibraryName, child: ChildProcess, request: Request): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new LibraryError(`${name}, ${request.do} ${request.name ?? ""}: ${why}`));
    const ended = (code: number | null): void => fail(`the process ended with ${code}`);
    child.once("exit", ended);
    child.once("message", (answer: Answer) => {
      child.off("exit", ended);
      if ("error" in answer) fail(answer.error);
      else resolve(answer.value);
    });
    child.send(request);
  });
}
