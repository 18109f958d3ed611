// Starting threads: worker threads of Node, module workers of pages.

/** What both kinds of workers have. */
export interface Thread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  /** In Node: does not keep the process alive. */
  unref?(): void;
  on?(event: "error" | "exit", listener: (cause: unknown) => void): void;
  addEventListener?(event: "error", listener: (event: { readonly message?: string }) => void): void;
}

type WorkerClass = new (url: unknown, options: object) => Thread;

interface Host {
  readonly Worker?: WorkerClass;
  readonly process?: { getBuiltinModule?(name: string): { readonly Worker: WorkerClass } | undefined };
}

// The types of what only some hosts have.
declare const URL: new (path: string, base: string) => unknown;
declare const Worker: WorkerClass;

const host = (): Host => globalThis as unknown as Host;
const nodeWorker = (): WorkerClass | undefined => host().process?.getBuiltinModule?.("node:worker_threads")?.Worker;

/** Whether there are workers at all. */
export const hasWorkers = (): boolean => (nodeWorker() ?? host().Worker) !== undefined;

// Sources and what is built lie side by side in the package, at the same depth.
function newThread(): Thread {
  const NodeWorker = nodeWorker();
  const here = (import.meta as unknown as { url: string }).url;
  if (NodeWorker !== undefined) return new NodeWorker(new URL("../../src/threads/worker.js", here), { execArgv: [] });
  // Bundlers look for just this expression.
  return new Worker(new URL("../../src/threads/worker.js", (import.meta as unknown as { url: string }).url), { type: "module" });
}

/** Starts a thread that does not keep the process alive; `ended` hears of its end. */
export function startThread(ended: (cause: string) => void): Thread {
  const thread = newThread();
  if (thread.on === undefined) thread.addEventListener?.("error", ({ message }) => ended(message ?? "its file could not be loaded"));
  else {
    thread.on("error", (error) => ended(error instanceof Error ? error.message : String(error)));
    thread.on("exit", (code) => ended(`it ended with code ${String(code)}`));
  }
  thread.unref?.();
  return thread;
}
