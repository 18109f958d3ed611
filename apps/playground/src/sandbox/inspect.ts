// How values print: tensors and programs by their own toString, plain data as it would be written, the rest by its class.

import { isTensor } from "@gradus/core";

const longestArray = 100;
const longestText = 10_000;
const width = 76; // characters of a line before entries go below one another
const deepest = 4;

/** A value as text, for people. Strings at the top are printed as they are. */
export function inspect(value: unknown): string {
  const text = typeof value === "string" ? value : print(value, "", 0, new Set());
  return text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text;
}

function print(value: unknown, indent: string, depth: number, above: Set<object>): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return printFunction(value);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (isTensor(value)) return value.toString();
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (above.has(value)) return "[circular]";
  const inside = new Set(above).add(value);
  const inner = `${indent}  `;
  const entry = (x: unknown): string => print(x, inner, depth + 1, inside);
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    const items = Array.from(value as ArrayLike<unknown>);
    const name = Array.isArray(value) ? "" : `${value.constructor.name}(${items.length}) `;
    if (depth > deepest) return `${name}[…]`;
    const rest = items.length > longestArray ? [`… ${items.length - longestArray} more`] : [];
    return name + wrap("[", [...items.slice(0, longestArray).map(entry), ...rest], "]", indent);
  }
  if (value instanceof Map) return `Map ${wrap("{", [...value].map(([k, v]) => `${entry(k)} => ${entry(v)}`), "}", indent)}`;
  if (value instanceof Set) return `Set ${wrap("{", [...value].map(entry), "}", indent)}`;
  if (value instanceof Promise) return "Promise";
  const name = className(value);
  // A class that prints itself (Program, Aval, TreeDef) knows best.
  if (name !== "" && String(value.toString) !== String(Object.prototype.toString)) return printSelf(value);
  if (depth > deepest) return `${name}{…}`;
  const fields = Object.entries(value).map(([k, v]) => `${/^[\w$]+$/.test(k) ? k : JSON.stringify(k)}: ${entry(v)}`);
  return (name && `${name} `) + wrap("{", fields, "}", indent);
}

function printFunction(f: Function): string {
  return /^class\s/.test(Function.prototype.toString.call(f)) ? `[class ${f.name}]` : `[function ${f.name || "(anonymous)"}]`;
}

/** The class of an object that is no plain one. */
function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return "";
  return (prototype as object).constructor?.name ?? "";
}

function printSelf(value: object): string {
  try {
    return (value as { toString(): string }).toString();
  } catch {
    return `[${className(value)}]`;
  }
}

function wrap(open: string, parts: readonly string[], close: string, indent: string): string {
  if (parts.length === 0) return open + close;
  const space = open === "{" ? " " : "";
  const line = `${open}${space}${parts.join(", ")}${space}${close}`;
  if (line.length + indent.length <= width && !line.includes("\n")) return line;
  return `${open}\n${parts.map((p) => `${indent}  ${p}`).join(",\n")}\n${indent}${close}`;
}
