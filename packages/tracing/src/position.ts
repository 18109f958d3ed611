// Where in the user's program we are.

import { ArgumentError } from "@gradus/core";

/** The first frame of the call stack outside this library, as file:line:column, which V8, SpiderMonkey and JavaScriptCore print. */
export function userPosition(): string | undefined {
  // V8's own setting; elsewhere it is only a property.
  const settings = Error as { stackTraceLimit?: number };
  const limit = settings.stackTraceLimit;
  settings.stackTraceLimit = 50;
  const lines = (new ArgumentError("").stack ?? "").split("\n").slice(1);
  if (limit !== undefined) settings.stackTraceLimit = limit;
  const user = lines.find((l) => /:\d+:\d+/.test(l) && !/[\\/](@gradus|packages)[\\/][\w-]+[\\/](src|dist)[\\/]/.test(l));
  return user === undefined ? undefined : /([^\s(@]+:\d+:\d+)\)?$/.exec(user.trim())?.[1];
}
