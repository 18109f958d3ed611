// The packages of the workspace as the checks see them: manifest and TypeScript files, read once.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @typedef {{ path: string, text: string }} SourceFile path below the package's folder, with forward slashes
 * @typedef {{ folder: string, manifest: any, files: SourceFile[] }} Package
 */

/** @param {string} folder @returns {SourceFile[]} */
function typeScriptFiles(folder) {
  return ["src", "test"]
    .filter((part) => existsSync(join(folder, part)))
    .flatMap((part) => readdirSync(join(folder, part), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(folder, file).split(sep).join("/"), text: readFileSync(file, "utf8") }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @returns {Package[]} */
export function readPackages() {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({
      folder: relative(root, folder).split(sep).join("/"),
      manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
      files: typeScriptFiles(folder),
    }));
}

/** Whether a file of a package is there for its tests only. @param {string} path */
export const isTest = (path) => path.startsWith("test/") || /\.test(-d)?\.tsx?$/.test(path);
