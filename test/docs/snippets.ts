// The code blocks of a Markdown text.

/** The documents whose blocks run. */
export const documents = ["README.md", "CONTRIBUTING.md", "docs/errors.md"];

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
