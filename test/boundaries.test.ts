// The boundary check sees what it is there to see: each test plants one violation in a small made-up workspace.
import { expect, test } from "vitest";
import { boundaryFaults, importsOf, manifestFaults } from "../scripts/check-boundaries.mjs";
import { dependencyTable } from "../scripts/dependency-table.mjs";

const pkg = (name: string, files: Record<string, string>, manifest: object = {}) => ({
  folder: `packages/${name}`,
  manifest: { name: `@gradus/${name}`, exports: { ".": {} }, ...manifest },
  files: Object.entries(files).map(([path, text]) => ({ path, text })),
});
const core = pkg("core", { "src/index.ts": "" }, { exports: { ".": {}, "./scalar": {} } });
const ops = pkg("ops", { "src/index.ts": "" });

/** Faults of @gradus/jvp (which may use core and batching) with this text as src/a.ts. */
const faults = (text: string, path = "src/a.ts", manifest: object = {}) =>
  boundaryFaults([core, ops, pkg("jvp", { [path]: text, "src/b.ts": "", "src/b.test.ts": "" }, manifest)]);

test("what a package may import passes", () => {
  expect(
    faults(`import { a } from './b.js';\nimport { b } from '@gradus/core';\nexport * from '@gradus/core/scalar';`),
  ).toEqual([]);
});

test.each([
  ["import { sin } from '@gradus/ops';", "may not depend on"],
  ["import type { Sin } from '@gradus/ops';", "may not depend on"],
  ["export * from '@gradus/ops';", "may not depend on"],
  ["export { sin } from '@gradus/ops';", "may not depend on"],
  ["const m = await import('@gradus/ops');", "may not depend on"],
  ["let x: import('@gradus/ops').Sin;", "may not depend on"],
  ["import fs = require('@gradus/ops');", "may not depend on"],
  ["import { bind } from '@gradus/core/src/bind.js';", "does not export"],
  ["import { bind } from '@gradus/core/dist/bind.js';", "does not export"],
  ["import { bind } from '../../core/src/bind.js';", "reaches out of its package"],
  ["import { b } from '../test/b.js';", "reaches out of src"],
  ["import { b } from './b';", "no source file"],
  ["import { b } from './missing.js';", "no source file"],
  ["import { b } from './b.test.js';", "imports the test"],
  ["import { jvp } from '@gradus/jvp';", "its own package by name"],
  ["import { readFileSync } from 'node:fs';", "browsers do not have"],
  ["import { readFileSync } from 'fs';", "does not list"],
  ["import fc from 'fast-check';", "does not list"],
  ["import lodash from 'lodash';", "does not list"],
  ["const m = await import(name);", "cannot be checked"],
])("%s is refused", (line, reason) => {
  expect(faults(`export const x = 1;\n${line}`)).toEqual([
    expect.stringMatching(new RegExp(`^packages/jvp/src/a.ts:2 .*${reason}`)),
  ]);
});

test("a test may use vitest, node and the development dependencies, and no other package", () => {
  const text = `import { test } from 'vitest';\nimport 'node:fs';\nimport { sin } from '@gradus/ops';`;
  expect(faults(text, "src/a.test.ts")).toEqual([expect.stringContaining("may not depend on")]);
  expect(faults(text, "test/a.ts", { devDependencies: { "@gradus/ops": "workspace:^" } })).toEqual([]);
});

test("comments and strings are not imports", () => {
  expect(importsOf("a.ts", `// import 'x';\nconst s = "import 'y'";`)).toEqual([]);
});

test("a file that does not parse is reported, not passed over", () => {
  expect(() => importsOf("a.ts", "import {")).toThrow("a.ts");
});

test("a manifest that departs from the table is refused", () => {
  const dependencies = { "@gradus/core": "workspace:^", "@gradus/ops": "workspace:^" };
  expect(manifestFaults([pkg("jvp", {}, { dependencies })])).toEqual([
    expect.stringContaining("the dependency table says"),
  ]);
  expect(manifestFaults([pkg("unknown", {})])).toEqual([expect.stringContaining("has no row")]);
});

test("the table has no cycle", () => {
  const visit = (name: string, above: string[]): void => {
    expect(above).not.toContain(name);
    for (const next of dependencyTable[name]?.packages ?? []) visit(next, [...above, name]);
  };
  for (const name of Object.keys(dependencyTable)) visit(name, []);
});
