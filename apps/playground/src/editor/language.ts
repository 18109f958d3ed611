// What the editor's TypeScript knows: the sources of the packages, under the names that they are imported by, so that
// completion, hover and diagnostics come from the types of the library itself.

import * as monaco from "monaco-editor/editor.js";
import { getTypeScriptWorker, ModuleKind, type ModuleResolutionKind, ScriptTarget, typescriptDefaults } from "monaco-editor/languages/features/typescript/register.js";
import type { ModuleShim } from "../sandbox/protocol.js";
import { globals } from "./globals.js";
import type { PlaygroundWorker, Transpiled } from "./ts-worker.js";

/** The user's program. */
export const programUri: monaco.Uri = monaco.Uri.parse("file:///program.ts");

const manifests = import.meta.glob<Record<string, Record<string, string>>>(["../../../../packages/*/package.json", "!**/packages/conformance/**"], {
  import: "exports",
  eager: true,
});

/** Import specifiers and the sources behind them, from the packages' own `exports`. */
function specifiers(): Record<string, string[]> {
  const entries = Object.entries(manifests).flatMap(([manifest, exports]) => {
    const folder = manifest.split("/").at(-2) as string;
    const name = folder === "gradus" ? folder : `@gradus/${folder}`;
    return Object.entries(exports).flatMap(([subpath, conditions]) => {
      const source = conditions["@gradus/source"];
      return source === undefined ? [] : [[name + subpath.slice(1), [`file:///packages/${folder}/${source.slice(2)}`]] as [string, string[]]];
    });
  });
  return Object.fromEntries(entries);
}

// Changed in place when the library is there: telling Monaco of a new object would restart its worker, compiler and all.
const diagnostics = { onlyVisible: true, noSemanticValidation: true };

/** Sets the compiler up. Types are not checked before `loadLibrary`, or every import would be an error. */
export function configureTypeScript(): void {
  typescriptDefaults.setCompilerOptions({
    target: ScriptTarget.ESNext,
    module: ModuleKind.ESNext,
    // "Bundler", which Monaco's enumeration does not list.
    moduleResolution: 100 as ModuleResolutionKind,
    // "force": a program without imports is a module too.
    moduleDetection: 3,
    lib: ["lib.es2022.d.ts"],
    types: [],
    strict: true,
    baseUrl: "file:///",
    paths: specifiers(),
  });
  typescriptDefaults.setDiagnosticsOptions(diagnostics);
  typescriptDefaults.setEagerModelSync(true);
}

let loading: Promise<void> | undefined;

/** Tells the compiler about the library, once. */
export function loadLibrary(): Promise<void> {
  return (loading ??= import("virtual:library").then(({ default: sources }) => {
    const libs = sources.map(([path, content]) => ({ filePath: `file:///${path}`, content }));
    diagnostics.noSemanticValidation = false;
    typescriptDefaults.setExtraLibs([...libs, { filePath: "file:///globals.d.ts", content: globals }]);
  }));
}

/** The program as JavaScript for the sandbox. */
export async function transpile(source: string, modules: Readonly<Record<string, ModuleShim>>): Promise<Transpiled> {
  const worker = (await (await compiler())(programUri)) as unknown as PlaygroundWorker;
  return worker.transpile(source, modules);
}

// Monaco registers its compiler some time after the first editor shows TypeScript, and rejects requests until then.
async function compiler(attempts = 1000): ReturnType<typeof getTypeScriptWorker> {
  try {
    return await getTypeScriptWorker();
  } catch (error) {
    if (attempts === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 10));
    return compiler(attempts - 1);
  }
}
