// The worker that a program runs in: one worker, one program. The page terminates it when the program is replaced or does
// not come to an end, so nothing that a program does to its globals, or leaves running, is seen by the next one.

import { array, useBackend } from "@gradus/core";
import { webgl } from "@gradus/ops-webgl";
import { makeProgram } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import type { BackendName } from "../state.js";
import { captureConsole } from "./console.js";
import { makeShims } from "./modules.js";
import type { Exported, FromSandbox, ProgramText, ToSandbox } from "./protocol.js";
import { reportError } from "./report.js";
import { samplePlot, type ScalarFunction } from "./sample.js";

// Deep enough to reach the user's frame below those of the library.
Error.stackTraceLimit = 100;

const post = (message: FromSandbox): void => self.postMessage(message);

/** Where the user's program was loaded from. */
let program: string | undefined;
let functions: ReadonlyMap<string, ScalarFunction> = new Map();
let at: number | undefined;

const report = (error: unknown) => reportError(error, program);

async function run(code: string, backend: BackendName): Promise<void> {
  const started = performance.now();
  program = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  let exported: Exported | undefined;
  try {
    // The CPU is what the library computes on by itself.
    if (backend === "webgl") useBackend(webgl());
    exported = readExports((await import(/* @vite-ignore */ program)) as Record<string, unknown>);
  } catch (error) {
    post({ type: "error", error: report(error) });
  }
  post({ type: "ran", exported, milliseconds: performance.now() - started });
}

/** The conventions: `plots` names the functions to plot (all exported functions of one argument without it), `range` and `at` where. */
function readExports(module: Record<string, unknown>): Exported {
  const { plots, range } = module;
  const isFunction = (entry: [string, unknown]): entry is [string, ScalarFunction] => typeof entry[1] === "function";
  const named =
    typeof plots === "object" && plots !== null
      ? Object.entries(plots).filter(isFunction)
      : Object.entries(module).filter(isFunction).filter(([, f]) => f.length === 1);
  functions = new Map(named);
  at = typeof module["at"] === "number" && Number.isFinite(module["at"]) ? module["at"] : undefined;
  return { names: [...functions.keys()], range: isRange(range) ? range : undefined };
}

const isRange = (x: unknown): x is [number, number] =>
  Array.isArray(x) && x.length === 2 && x.every((bound) => Number.isFinite(bound)) && x[0] < x[1];

function trace(name: string, f: ScalarFunction): ProgramText {
  const text = (g: ScalarFunction) => {
    try {
      return makeProgram(g, { sources: true })(array(0)).toString();
    } catch (error) {
      return report(error);
    }
  };
  return { name, value: text(f), gradient: text((x) => grad(f)(x)) };
}

self.onmessage = ({ data }: MessageEvent<ToSandbox>) => {
  if (data.type === "ping") post({ type: "pong" });
  else if (data.type === "run") void run(data.code, data.backend);
  else if (data.type === "plot") post({ type: "plotted", plot: samplePlot(functions, data.range, at, report) });
  else post({ type: "traced", programs: [...functions].map(([name, f]) => trace(name, f)) });
};

self.addEventListener("error", (event) => {
  event.preventDefault();
  post({ type: "error", error: report(event.error ?? event.message) });
});
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  post({ type: "error", error: report(event.reason) });
});

captureConsole(() => program, (entry) => post({ type: "log", entry }));
post({ type: "ready", modules: makeShims() });
