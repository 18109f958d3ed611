// The processes of the libraries: one each, so that none pays for another's garbage or sees its types, kept for the whole
// run, so that each is measured with its caches as full as they are in a program that does many things.

import { type ChildProcess, fork } from "node:child_process";
import { bundle } from "./bundle.js";
import type { Answer, Request } from "./child.js";
import { type Channel, startPython } from "./python.js";
import { type Reading, spin } from "./timing.js";
import type { WorkloadName } from "./workloads.js";

/** The libraries by name, in the order of the report. Gradus comes first; the last ones are in Python. */
export const libraryNames = ["gradus", "tfjs-cpu", "tfjs-wasm", "jax-js", "numpy", "torch", "jax"] as const;
export type LibraryName = (typeof libraryNames)[number];

const inPython: ReadonlySet<LibraryName> = new Set<LibraryName>(["numpy", "torch", "jax"]);

/** What the report calls them. */
export const titles: Record<LibraryName, string> = {
  gradus: "Gradus",
  "tfjs-cpu": "tfjs cpu",
  "tfjs-wasm": "tfjs wasm",
  "jax-js": "jax-js",
  numpy: "NumPy",
  torch: "PyTorch",
  jax: "JAX",
};

/** A failure in the process of a library. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
}

/** A library in its process. */
export class Library {
  readonly name: LibraryName;
  readonly workloads: ReadonlySet<WorkloadName>;
  /** Where the command does not know it. */
  readonly version: string | undefined;
  /** Ends the process. */
  readonly stop: () => void;
  readonly #channel: Channel;

  private constructor(name: LibraryName, channel: Channel, stop: () => void, workloads: readonly WorkloadName[], version?: string) {
    this.name = name;
    this.workloads = new Set(workloads);
    this.version = version;
    this.stop = stop;
    this.#channel = channel;
  }

  /** Bundles and starts a library, one in Python by the first interpreter that has it; a line that says why where it is not on this machine. */
  static async start(name: LibraryName, source: boolean, interpreters: readonly string[]): Promise<Library | string> {
    if (inPython.has(name)) {
      const started = await startPython(name, interpreters);
      if (typeof started === "string") return started;
      const { version, workloads } = (await ask(name, started.channel, { do: "list" })) as { version: string; workloads: WorkloadName[] };
      return new Library(name, started.channel, started.stop, workloads, version);
    }
    const file = await bundle(`src/processes/${name}.ts`, name, { source, commonJs: name.startsWith("tfjs") });
    // tfjs greets users of Node in many lines on stderr.
    const child = fork(file, { stdio: ["ignore", "inherit", name.startsWith("tfjs") ? "ignore" : "inherit", "ipc"] });
    const channel = channelOf(child);
    return new Library(name, channel, () => child.kill(), (await ask(name, channel, { do: "list" })) as WorkloadName[]);
  }

  async check(name: WorkloadName): Promise<number[]> {
    return (await this.#ask({ do: "check", name })) as number[];
  }

  async warm(name: WorkloadName, budget: number): Promise<void> {
    await this.#ask({ do: "warm", name, budget });
  }

  async read(name: WorkloadName, budget: number): Promise<Reading> {
    if (this.version === undefined) return (await this.#ask({ do: "read", name, budget })) as Reading;
    // How busy the machine is, is told by one loop for all: Python's own would tell of Python.
    const before = spin();
    const samples = (await this.#ask({ do: "read", name, budget })) as number[];
    return { samples, spins: [before, spin()] };
  }

  #ask(request: Request): Promise<unknown> {
    return ask(this.name, this.#channel, request);
  }
}

async function ask(name: LibraryName, channel: Channel, request: Request): Promise<unknown> {
  const answer = (await channel(request)) as Answer;
  if ("error" in answer) throw new LibraryError(`${name}, ${request.do} ${request.name ?? ""}: ${answer.error}`);
  return answer.value;
}

function channelOf(child: ChildProcess): Channel {
  return (request) =>
    new Promise((resolve) => {
      const ended = (code: number | null): void => resolve({ error: `the process ended with ${code}` });
      child.once("exit", ended);
      child.once("message", (answer: Answer) => {
        child.off("exit", ended);
        resolve(answer);
      });
      child.send(request);
    });
}
