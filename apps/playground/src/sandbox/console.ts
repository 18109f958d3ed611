// The console that programs print to: each call becomes one entry of the output, with its place in the program.

import { inspect } from "./inspect.js";
import type { LogEntry, LogLevel } from "./protocol.js";
import { positionsIn, reportError } from "./report.js";

/** Entries after which the rest is dropped: a loop that prints must not drown the page. */
const most = 1000;

/** Redirects `console` to `emit`. `program` gives the address that the user's program was loaded from. */
export function captureConsole(program: () => string | undefined, emit: (entry: LogEntry) => void): void {
  let count = 0;
  const to = (level: LogLevel) => (...args: readonly unknown[]): void => {
    // The dev server's client lives in this worker too, and has things to say.
    if (typeof args[0] === "string" && args[0].startsWith("[vite]")) return;
    if (++count > most) {
      if (count === most + 1) emit({ level: "warn", parts: [`Further output is not shown: the first ${most} lines are above.`] });
      return;
    }
    const parts = args.map((arg) => (arg instanceof Error ? reportError(arg, program()) : inspect(arg)));
    emit({ level, parts, position: positionsIn(new Error().stack, program())[0] });
  };
  const log = to("log");
  const error = to("error");
  Object.assign(console, { log, info: log, debug: log, dir: log, table: log, trace: log, warn: to("warn"), error });
  console.assert = (condition?: boolean, ...args: readonly unknown[]): void => {
    if (condition !== true) error("Assertion failed:", ...args);
  };
}
