// Running programs: each in a fresh worker, of which one is always kept ready, so that stopping a program costs nothing.

import type { Transpiled } from "../editor/ts-worker.js";
import type { ErrorReport, Exported, LogEntry, Plot, ProgramText } from "../sandbox/protocol.js";
import type { BackendName } from "../state.js";
import { explainLinkError } from "./link-errors.js";
import { SourcePositions } from "./positions.js";
import { type Modules, Sandbox, type SandboxEvent } from "./sandbox.js";

/** What happens to the program that was started last. Positions are in its TypeScript. */
export interface RunnerEvents {
  onStart(): void;
  onLog(entry: LogEntry): void;
  onError(error: ErrorReport): void;
  /** The program came to its end; without exports if by an error. */
  onRan(exported: Exported | undefined, milliseconds: number): void;
  onPlot(plot: Plot): void;
  onPrograms(programs: readonly ProgramText[]): void;
  /** The program was stopped: by the user, or because it blocked for longer than allowed. */
  onStop(reason: "user" | "timeout", milliseconds: number): void;
}

export type Transpile = (source: string, modules: Modules) => Promise<Transpiled>;

export class Runner {
  /** How long a program may block, in milliseconds. */
  limit: number;
  readonly #transpile: Transpile;
  readonly #events: RunnerEvents;
  #spare: Sandbox | undefined;
  #current: Sandbox | undefined;
  #positions: SourcePositions | undefined;
  #started = 0;
  #run = 0;

  constructor(transpile: Transpile, events: RunnerEvents, limit: number) {
    this.#transpile = transpile;
    this.#events = events;
    this.limit = limit;
    this.#prepare();
  }

  /** Runs a program in the place of the one before. */
  async run(source: string, backend: BackendName): Promise<void> {
    const run = ++this.#run;
    this.#current?.terminate();
    this.#current = undefined;
    this.#events.onStart();
    this.#started = performance.now();
    try {
      const sandbox = this.#prepare();
      const modules = await sandbox.ready;
      const { code, map, problems } = await this.#transpile(source, modules);
      if (run !== this.#run) return;
      if (problems.length > 0) {
        for (const problem of problems) this.#events.onError({ name: "SyntaxError", ...problem });
        this.#events.onRan(undefined, performance.now() - this.#started);
        return;
      }
      this.#positions = new SourcePositions(map);
      this.#spare = undefined;
      this.#current = sandbox;
      sandbox.onEvent = (event) => this.#receive(event, source, modules);
      this.#started = performance.now();
      sandbox.send({ type: "run", code, backend }, this.limit);
    } catch (error) {
      if (run !== this.#run) return;
      this.#spare?.terminate();
      this.#spare = undefined;
      this.#events.onError({ name: "The playground failed", message: String(error) });
      this.#events.onRan(undefined, 0);
    }
  }

  /** Samples the functions of the program over a range. */
  plot(range: readonly [number, number]): void {
    this.#current?.send({ type: "plot", range }, this.limit);
  }

  /** Traces the functions of the program. */
  trace(): void {
    this.#current?.send({ type: "programs" }, this.limit);
  }

  stop(): void {
    this.#run++;
    this.#current?.terminate();
    this.#current = undefined;
    this.#events.onStop("user", performance.now() - this.#started);
    this.#prepare();
  }

  /** The worker of the next run. */
  #prepare(): Sandbox {
    return (this.#spare ??= new Sandbox());
  }

  #receive(event: SandboxEvent, source: string, modules: Modules): void {
    const events = this.#events;
    const positions = this.#positions as SourcePositions;
    if (event.type === "log") events.onLog(positions.entry(event.entry));
    else if (event.type === "error") events.onError(explainLinkError(positions.error(event.error), source, modules));
    else if (event.type === "plotted") events.onPlot(positions.plot(event.plot));
    else if (event.type === "traced") events.onPrograms(event.programs.map((p) => positions.program(p)));
    else if (event.type === "ran") {
      events.onRan(event.exported, event.milliseconds);
      this.#prepare();
    } else {
      this.#current = undefined;
      events.onStop("timeout", event.milliseconds);
      this.#prepare();
    }
  }
}
