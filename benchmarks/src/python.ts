// Libraries in Python, where they are installed: a process that answers a line of JSON with a line of JSON.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Request } from "./child.js";

/** Asks a process, and waits for its answer. */
export type Channel = (request: Request) => Promise<unknown>;

const folder = fileURLToPath(new URL("../python", import.meta.url));

/** A library that answers. */
export interface Started {
  readonly channel: Channel;
  readonly stop: () => void;
}

/** A process of a library, by the first interpreter that has it; a line that says why where none does. */
export async function startPython(name: string, interpreters: readonly string[]): Promise<Started | string> {
  const reasons: string[] = [];
  for (const interpreter of interpreters) {
    const started = await startBy(name, interpreter);
    if (typeof started !== "string") return started;
    reasons.push(started);
  }
  return [...new Set(reasons)].join("; ");
}

async function startBy(name: string, interpreter: string): Promise<Started | string> {
  const child = spawn(interpreter, ["serve.py", name], { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
  const complaints: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(String(chunk)));
  child.stdin.on("error", () => undefined); // the end of the process says more
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(complaints.join("").trim().split("\n").at(-1) || `the process ended with ${code}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const channel = async (request: Request): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await lines.next();
    if (line.done === true) return { error: await ended };
    return JSON.parse(line.value);
  };
  // Its first answer, and whether there is one, tells whether it can be used.
  const hello = (await channel({ do: "list" })) as { error?: string };
  return hello.error === undefined ? { channel, stop: () => child.kill() } : hello.error;
}
