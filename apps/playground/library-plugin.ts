// The sources of the packages as one module, `virtual:library`, for the editor's TypeScript. A glob of raw imports would do
// the same, at the price of a request for each of a hundred files whenever the dev server's page is opened.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const name = "virtual:library";
const packages = fileURLToPath(new URL("../../packages", import.meta.url));

/** Source files of the packages, as paths below the folder of packages. */
function sourceFiles(): string[] {
  return readdirSync(packages).flatMap((folder) => {
    if (folder === "conformance") return [];
    try {
      const files = readdirSync(join(packages, folder, "src"), { recursive: true, encoding: "utf8" });
      return files.filter((file) => file.endsWith(".ts") && !/\.test(-d)?\.ts$/.test(file)).map((file) => `${folder}/src/${file.replaceAll("\\", "/")}`);
    } catch {
      return []; // no sources
    }
  });
}

/** The plugin. The module's default export is a list of [path from the root of the repository, text]. */
export function library(): Plugin {
  return {
    name: "gradus-library",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      const entries = sourceFiles().map((path) => {
        const file = join(packages, path);
        this.addWatchFile(file);
        return [`packages/${path}`, readFileSync(file, "utf8")];
      });
      return `export default ${JSON.stringify(entries)};`;
    },
  };
}
