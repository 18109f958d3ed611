// Rules of the house that no linter knows: file length, error classes, a lockfile without addresses.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { expectNone, runIfMain } from "./checks.mjs";
import { isTest, readPackages, root } from "./packages.mjs";

/** @typedef {import('./packages.mjs').SourceFile} SourceFile */

const longest = 400;

/** Sources beyond the length a reader takes in. @param {SourceFile[]} files */
export function longFiles(files) {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    return lines > longest ? [`${path} has ${lines} lines, at most ${longest} are allowed`] : [];
  });
}

/** Places that make a plain Error: every cause has a class of its own. @param {SourceFile[]} files */
export function plainErrors(files) {
  return files.flatMap(({ path, text }) => {
    /** @type {string[]} */
    const found = [];
    /** @param {any} node */
    const look = (node) => {
      if (node.callee.type !== "Identifier" || node.callee.name !== "Error") return;
      found.push(`${path}:${text.slice(0, node.start).split("\n").length} makes a plain Error; give the cause a class`);
    };
    new Visitor({ NewExpression: look, CallExpression: look }).visit(parseSync(path, text).program);
    return found;
  });
}

/** Lines of a lockfile that tie it to one registry. @param {string} lockfile */
export function lockedAddresses(lockfile) {
  return lockfile
    .split("\n")
    .flatMap((line, i) => (/https?:|tarball:/.test(line) ? [`line ${i + 1}: ${line.trim()}`] : []));
}

const sources = () =>
  readPackages().flatMap(({ folder, files }) =>
    files.filter(({ path }) => !isTest(path)).map(({ path, text }) => ({ path: `${folder}/${path}`, text })),
  );

export const checks = () => [
  { name: `no source over ${longest} lines`, run: () => expectNone(longFiles(sources())) },
  { name: "no plain Error in sources", run: () => expectNone(plainErrors(sources())) },
  {
    name: "no addresses in the lockfile",
    run: () => expectNone(lockedAddresses(readFileSync(join(root, "pnpm-lock.yaml"), "utf8"))),
  },
];

await runIfMain(import.meta.url, checks);
