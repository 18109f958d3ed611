// From a thrown value to what the page shows: class, message, code and the places in the user's program.

import { inspect } from "./inspect.js";
import type { ErrorReport, Position } from "./protocol.js";

/** The frames of a stack that lie in the module at `url`, innermost first. V8, SpiderMonkey and JavaScriptCore all print url:line:column. */
export function positionsIn(stack: string | undefined, url: string | undefined): Position[] {
  if (stack === undefined || url === undefined) return [];
  const frames = stack.split(`${url}:`).slice(1);
  return frames.flatMap((rest) => {
    const found = /^(\d+):(\d+)/.exec(rest);
    return found === null ? [] : [{ line: Number(found[1]), column: Number(found[2]) }];
  });
}

/** A thrown value for the page. `url` is where the user's program was loaded from. */
export function reportError(thrown: unknown, url: string | undefined): ErrorReport {
  if (!(thrown instanceof Error)) return { name: "Uncaught value", message: inspect(thrown) };
  const code = (thrown as { code?: unknown }).code;
  const [position, ...callers] = positionsIn(thrown.stack, url);
  const report = { name: thrown.name, message: thrown.message, position, callers };
  if (typeof code !== "string") return report;
  // Gradus errors end with their code, which the page shows in a place of its own.
  const suffix = thrown.message.indexOf(`\n  [${code}`);
  return { ...report, message: suffix < 0 ? thrown.message : thrown.message.slice(0, suffix), code };
}
