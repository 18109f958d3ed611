// Every TypeScript block of the documentation runs, prints what its `// →` comments say, and passes the type checker.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { documents, snippets } from "./docs/snippets.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = here("./.tmp/");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const files: string[] = [];
for (const path of documents) {
  const text = readFileSync(here(`../${path}`), "utf8");
  const found = snippets(text);
  describe(path, () => {
    it("has snippets", () => expect(found.length).toBeGreaterThan(0));
    it("names files and folders that exist", () => {
      const named = [...text.matchAll(/`((?:apps|benchmarks|docs|examples|packages|scripts|test)\/[\w./-]*)`/g)].map((m) => `../${m[1]}`);
      const linked = [...text.matchAll(/\]\(([\w./-]+)(?:#[\w-]*)?\)/g)].map((m) => `../${dirname(path)}/${m[1]}`);
      expect([...named, ...linked].filter((p) => !existsSync(here(p)))).toEqual([]);
    });
    for (const { line, code, expected } of found) {
      const file = `${folder}${path.replaceAll(/\W/g, "-")}-${line}.ts`;
      // A module of its own for each, whatever it declares.
      writeFileSync(file, `${code}\nexport {};\n`);
      files.push(file);
      it(`line ${line} prints what it says`, async () => {
        const printed: string[] = [];
        const log = vi.spyOn(console, "log").mockImplementation((...args: unknown[]) => {
          printed.push(args.map((a) => (typeof a === "string" ? a : inspect(a))).join(" "));
        });
        try {
          await import(/* @vite-ignore */ file);
        } finally {
          log.mockRestore();
        }
        expect(printed.join("\n")).toBe(expected);
      });
    }
  });
}

it("every snippet passes the type checker", () => {
  // Newcomers write lambdas without annotations; everything else is as strict as the library.
  const config = { extends: "../../tsconfig.check.json", compilerOptions: { noImplicitAny: false, strictNullChecks: false, exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: false, useUnknownInCatchVariables: false }, include: ["*.ts"] };
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config));
  const tsc = spawnSync(process.execPath, [here("../node_modules/typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
  expect(files.length).toBeGreaterThan(0);
  expect(tsc.stdout).toBe("");
  expect(tsc.status).toBe(0);
}, 60_000);
