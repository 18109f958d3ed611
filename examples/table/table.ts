// Expectations beside measurements: what the examples of third-party operations and handlers print. What is expected is
// written down first, as text; a row whose measurement differs says so, and fails the program.

import { isTensor } from "gradus";

/**
 * What is measured, what is expected, and the measurement. Expected is a result as `text` prints it, or the name of an error,
 * with words that its message must contain: `"MissingRuleError: the words"`.
 */
export type Row = readonly [what: string, expected: string, measure: () => unknown];

/** Measures and prints rows under a title. */
export function report(title: string, rows: readonly Row[]): void {
  console.log(title);
  const width = Math.max(...rows.map(([what]) => what.length));
  for (const [what, expected, measure] of rows) {
    const fault = faultOf(expected, measure);
    console.log(`  ${fault === undefined ? "ok" : "NO"}  ${what.padEnd(width)}  ${expected}${fault === undefined ? "" : `, got ${fault}`}`);
    if (fault !== undefined) process.exitCode = 1;
  }
}

/** What was measured, where it is not what was expected. */
function faultOf(expected: string, measure: () => unknown): string | undefined {
  try {
    const got = text(measure());
    return got === expected ? undefined : got;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [name, words = ""] = expected.split(": ");
    return error.name === name && error.message.includes(words) ? undefined : String(error.stack);
  }
}

/** Numbers to four decimals; arrays, tensors and objects as one writes them. */
export function text(x: unknown): string {
  if (isTensor(x)) return text(x.js());
  if (typeof x === "number") return String(Number(x.toFixed(4)));
  if (Array.isArray(x)) return `[${x.map(text).join(", ")}]`;
  if (typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype) {
    return `{${Object.entries(x).map(([key, value]) => `${key}: ${text(value)}`).join(", ")}}`;
  }
  return String(x);
}
