// Monaco names a compiler worker of its own, for pages that set up none. The playground does, so the build leaves out that
// one, and with it a second copy of the compiler: half the site.

import type { Plugin } from "vite";

/** The plugin. */
export function oneCompiler(): Plugin {
  return {
    name: "gradus-one-compiler",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/monaco-editor.*[\\/]typescript[\\/]workerManager\.js$/.test(id)) return undefined;
      const without = code.replace(/createWorker: \(\) => new Worker\(.*\),\n/, "");
      if (without === code) this.error("Monaco's workerManager.js has changed: it names no worker that could be left out.");
      return { code: without, map: null };
    },
  };
}
