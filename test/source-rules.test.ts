// The other rules of the house see what they are there to see.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { lockedAddresses, longFiles, plainErrors } from "../scripts/check-sources.mjs";

const file = (text: string) => [{ path: "a.ts", text }];

test("a source may have 400 lines and not 401", () => {
  expect(longFiles(file("x;\n".repeat(400)))).toEqual([]);
  expect(longFiles(file("x;\n".repeat(401)))).toEqual([expect.stringContaining("401 lines")]);
});

test("a plain Error is found, an error class and a comment are not", () => {
  expect(plainErrors(file("\nthrow new Error('x');"))).toEqual([expect.stringContaining("a.ts:2")]);
  expect(plainErrors(file("throw Error('x');"))).toHaveLength(1);
  expect(plainErrors(file("throw new ShapeError('x'); // new Error('x')"))).toEqual([]);
});

test("an address in the lockfile is found", () => {
  expect(lockedAddresses("a:\n  resolution: {integrity: sha512-x}")).toEqual([]);
  expect(lockedAddresses("a:\n  resolution: {tarball: x}")).toEqual(["line 2: resolution: {tarball: x}"]);
});

test.each(["import", "import type"])("the linter finds a cycle made of `%s`", (keyword) => {
  const folder = mkdtempSync(join(tmpdir(), "gradus-cycle-"));
  try {
    writeFileSync(join(folder, "a.ts"), `${keyword} { B } from './b.js';\nexport class A { b?: B; }\n`);
    writeFileSync(join(folder, "b.ts"), `${keyword} { A } from './a.js';\nexport class B { a?: A; }\n`);
    const repo = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
    const { stdout, status } = spawnSync(
      process.execPath,
      [repo("node_modules/oxlint/bin/oxlint"), "-c", repo(".oxlintrc.json"), folder],
      {
        cwd: repo("."),
        encoding: "utf8",
      },
    );
    expect(stdout).toContain("import(no-cycle)");
    expect(status).not.toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
