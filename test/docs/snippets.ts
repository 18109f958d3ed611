// The code blocks of a Markdown text.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const markdown = (folder: string): string[] =>
  readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url)))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);

/** Texts made from the code, which have tables and no blocks. */
const generated = ["docs/operations.md", "docs/accuracy.md"];

/** The documents whose blocks run. */
export const documents: readonly string[] = ["README.md", "CONTRIBUTING.md", ...markdown("docs"), ...markdown("docs/guide")].filter((path) => !generated.includes(path));

export interface Snippet {
  /** The line on which the block begins, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** What its comments `// → …` say that it prints, in order. */
  readonly expected: string;
}

/** The TypeScript blocks of a text. */
export function snippets(text: string): Snippet[] {
  const found: Snippet[] = [];
  let block: string[] | undefined;
  let start = 0;
  text.split("\n").forEach((line, i) => {
    if (block === undefined) {
      if (line === "```ts") {
        block = [];
        start = i + 1;
      }
    } else if (line === "```") {
      const expected = block.flatMap((l) => /\/\/ → (.*)$/.exec(l)?.[1] ?? []).join("\n");
      found.push({ line: start, code: block.join("\n"), expected });
      block = undefined;
    } else block.push(line);
  });
  return found;
}
