// What arguments have to be before anything is done with them.

import { describe } from "./describe.js";
import { ArgumentError, ShapeError } from "./errors.js";

/** @throws ArgumentError naming `what` unless `f` is a function */
export function assertFunction(f: unknown, what: string, place = " as first argument"): void {
  if (typeof f !== "function") throw new ArgumentError(`${what} needs a function${place}, got ${typeof f}.`);
}

/** A list that a caller gave. @throws ShapeError naming `what` unless it is an array */
export function asList<T>(x: readonly T[], what: string): readonly T[] {
  if (!Array.isArray(x)) throw new ShapeError(`${what} is ${describe(x)}, and has to be a JS array.`);
  return x;
}
