// Every import of a package resolves to its own files or to what the dependency table lets it stand on.
import { posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { expectNone, runIfMain } from "./checks.mjs";
import { dependencyTable, testExternals } from "./dependency-table.mjs";
import { isTest, readPackages } from "./packages.mjs";

/**
 * @typedef {import('./packages.mjs').Package} Package
 * @typedef {{ specifier: string | undefined, line: number }} Import
 */

/** Module specifiers of a file: import, export from, import(), type import("…"). @param {string} path @param {string} text */
export function importsOf(path, text) {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`);
  /** @type {Import[]} */
  const found = [];
  /** @param {any} source */
  const add = (source) => {
    if (!source) return;
    const line = text.slice(0, source.start).split("\n").length;
    found.push({ specifier: typeof source.value === "string" ? source.value : undefined, line });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
  }).visit(program);
  return found;
}

/** @param {string} specifier */
function split(specifier) {
  const parts = specifier.split("/");
  const name = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  return { name, subpath: `.${specifier.slice(name.length)}` };
}

/**
 * What is wrong with one import, or undefined.
 * @param {Package} from @param {string} path @param {string | undefined} specifier @param {Package[]} all
 */
function fault(from, path, specifier, all) {
  if (specifier === undefined) return "imports a computed name, which cannot be checked";
  const test = isTest(path);
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(path), specifier);
    if (target.startsWith("..")) return `reaches out of its package with '${specifier}'`;
    if (!test && !target.startsWith("src/")) return `reaches out of src with '${specifier}'`;
    const source = target.replace(/\.js$/, ".ts");
    const exists = target.endsWith(".js") && from.files.some((file) => file.path === source);
    if (!exists) return `'${specifier}' is no source file (write './name.js' for name.ts)`;
    return !test && isTest(source) ? `imports the test '${specifier}'` : undefined;
  }
  if (specifier.startsWith("node:")) return test ? undefined : `imports '${specifier}', which browsers do not have`;

  const { name, subpath } = split(specifier);
  const row = dependencyTable[from.manifest.name];
  const target = all.find((other) => other.manifest.name === name);
  if (!target) {
    const allowed = [...(row?.external ?? []), ...(test ? testExternals : [])];
    return allowed.includes(name) ? undefined : `imports '${specifier}', which the dependency table does not list`;
  }
  const declared = test ? Object.keys(from.manifest.devDependencies ?? {}) : [];
  if (name !== from.manifest.name && !row?.packages.includes(name) && !declared.includes(name)) {
    return `imports '${specifier}', which ${from.manifest.name} may not depend on`;
  }
  if (name === from.manifest.name && !test) return `imports its own package by name; use a relative path`;
  return subpath in target.manifest.exports ? undefined : `imports '${specifier}', which ${name} does not export`;
}

/** Imports that cross a boundary, one line each. @param {Package[]} packages */
export function boundaryFaults(packages) {
  return packages.flatMap((pkg) =>
    pkg.files.flatMap((file) =>
      importsOf(file.path, file.text).flatMap(({ specifier, line }) => {
        const message = fault(pkg, file.path, specifier, packages);
        return message ? [`${pkg.folder}/${file.path}:${line} ${message}`] : [];
      }),
    ),
  );
}

/** Manifests that say something else than the dependency table, one line each. @param {Package[]} packages */
export function manifestFaults(packages) {
  return packages.flatMap(({ folder, manifest }) => {
    const row = dependencyTable[manifest.name];
    if (!row) return [`${folder}: ${manifest.name} has no row in scripts/dependency-table.mjs`];
    const expected = [...row.packages, ...(row.external ?? [])].sort().join(", ");
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    return declared.sort().join(", ") === expected
      ? []
      : [`${folder}/package.json depends on [${declared.join(", ")}], the dependency table says [${expected}]`];
  });
}

export const checks = () => [
  { name: "manifests follow the dependency table", run: () => expectNone(manifestFaults(readPackages())) },
  { name: "imports stay inside package boundaries", run: () => expectNone(boundaryFaults(readPackages())) },
];

await runIfMain(import.meta.url, checks);
