// The functions that shaders call, each with what it needs. Only those that a shader uses are put into it.

import { basics } from "./glsl-basics.js";
import { exponentials } from "./glsl-exponential.js";
import { inverses } from "./glsl-inverse.js";
import { logarithms } from "./glsl-logarithm.js";
import { trigonometry } from "./glsl-trigonometric.js";

const library: Readonly<Record<string, string>> = { ...basics, ...exponentials, ...logarithms, ...trigonometry, ...inverses };
const order = Object.keys(library);

/** The sources of the library functions that some text calls, directly or through others, callees first. */
export function calledFunctions(text: string): string {
  const used = new Set<string>();
  const visit = (source: string): void => {
    for (const [name] of source.matchAll(/\bg_\w+(?=\()/g)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(library[name] as string);
    }
  };
  visit(text);
  return order.filter((name) => used.has(name)).map((name) => library[name]).join("\n");
}
