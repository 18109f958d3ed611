// The sources of the packages as texts, for the editor's TypeScript. Loaded on demand: the page runs programs without them.

const texts = import.meta.glob<string>(["../../../../packages/*/src/**/*.ts", "!**/*.test.ts", "!**/*.test-d.ts", "!**/packages/conformance/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Path from the root of the repository, and text. */
export const librarySources: readonly (readonly [path: string, text: string])[] = Object.entries(texts).map(([path, text]) => [path.slice(path.indexOf("packages/")), text]);
