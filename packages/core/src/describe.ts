// Values as error messages name them.

import { isTensor } from "./tensor.js";

/** A value as an error message names it. */
export function describe(x: unknown): string {
  if (x === undefined) return "undefined (is a return or an argument missing?)";
  if (x === null) return "null";
  if (isTensor(x)) return `a tensor ${x.aval}`;
  if (Array.isArray(x)) return "a JS array (wrap data in array(…); trees are for transformations)";
  if (ArrayBuffer.isView(x)) return "a typed array (wrap it: array(data))";
  if (typeof x === "function") return `the function ${x.name || "(anonymous)"}`;
  if (typeof x === "string") return `the string ${JSON.stringify(x)}`;
  if (typeof x === "object") return `an object with keys ${Object.keys(x).slice(0, 5).join(", ") || "(none)"}`;
  return `a ${typeof x}`;
}
