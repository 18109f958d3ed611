// An import of a name that a module does not export: browsers report it with the address of the shim and without a place.

import type { ErrorReport, ModuleShim } from "../sandbox/protocol.js";

/** The error in the user's terms, with its place in the source; other errors as they are. */
export function explainLinkError(error: ErrorReport, source: string, modules: Readonly<Record<string, ModuleShim>>): ErrorReport {
  if (error.name !== "SyntaxError") return error;
  // V8 and SpiderMonkey: "… export named 'x'"; JavaScriptCore: "Importing binding name 'x' is not found."
  const name = /(?:export named:?|binding name) '([^']+)'/.exec(error.message)?.[1];
  if (name === undefined) return error;
  const from = Object.entries(modules).find(([, { url }]) => error.message.includes(url))?.[0];
  const similar = from === undefined ? undefined : closest(name, modules[from]?.names ?? []);
  const message = `${from === undefined ? "The module" : `"${from}"`} has no export "${name}".${similar === undefined ? "" : ` Did you mean "${similar}"?`}`;
  return { name: error.name, message, position: importOf(name, source) };
}

function importOf(name: string, source: string): ErrorReport["position"] {
  for (const clause of source.matchAll(/\bimport\b[^;]*?\bfrom\b/g)) {
    const found = new RegExp(`\\b${name.replaceAll("$", "\\$")}(?!\\w)`).exec(clause[0]);
    if (found === null) continue;
    const lines = source.slice(0, clause.index + found.index).split("\n");
    return { line: lines.length, column: (lines.at(-1) as string).length + 1 };
  }
  return undefined;
}

/** The name that the fewest changes of letters lead to, if they are few. */
function closest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < least) [best, least] = [candidate, d];
  }
  return best;
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + same));
    }
    row = next;
  }
  return row[b.length] as number;
}
