// The workers behind the editor. The compiler is large and the first run waits for it, so it is started before the editor.

const startTypeScript = (): Worker => new Worker(new URL("./ts-worker.ts", import.meta.url), { type: "module", name: "typescript" });

let typeScript: Worker | undefined;

/** Starts the compiler and tells Monaco where its workers are. */
export function startWorkers(): void {
  typeScript = startTypeScript();
  globalThis.MonacoEnvironment = {
    getWorker(_, label) {
      if (label !== "typescript") return new Worker(new URL("./editor-worker.ts", import.meta.url), { type: "module", name: label });
      const worker = typeScript ?? startTypeScript();
      typeScript = undefined;
      return worker;
    },
  };
}
