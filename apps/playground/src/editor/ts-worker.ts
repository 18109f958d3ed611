// Monaco's TypeScript worker with one method more: from the user's TypeScript to a module that the sandbox can load.
// The editor's compiler is there anyway, so what runs is what the editor checked, and no second one is shipped.

import { initialize, ts, TypeScriptWorker } from "monaco-editor/languages/features/typescript/ts.worker.js";
import type { ModuleShim, Position } from "../sandbox/protocol.js";

/** JavaScript with its source map, or what stands in the way of it. */
export interface Transpiled {
  readonly code: string;
  readonly map: string;
  readonly problems: readonly { readonly message: string; readonly position: Position }[];
}

const { typescript } = ts;
const fileName = "program.ts";

export class PlaygroundWorker extends TypeScriptWorker {
  /** Strips the types and points the imports at the shims. Types are not checked: a program with type errors may run. */
  async transpile(source: string, modules: Readonly<Record<string, ModuleShim>>): Promise<Transpiled> {
    const { outputText, sourceMapText, diagnostics } = typescript.transpileModule(source, {
      fileName,
      reportDiagnostics: true,
      compilerOptions: { target: typescript.ScriptTarget.ES2022, module: typescript.ModuleKind.ESNext, sourceMap: true },
    });
    const problems = (diagnostics ?? []).map(({ messageText, start }) => ({
      message: typeof messageText === "string" ? messageText : messageText.messageText,
      position: positionAt(source, start ?? 0),
    }));
    for (const { fileName: specifier, pos } of typescript.preProcessFile(source, true, false).importedFiles) {
      if (specifier in modules) continue;
      const message = `There is no module "${specifier}" here: programs import ${Object.keys(modules).join(", ")}.`;
      problems.push({ message, position: positionAt(source, pos) });
    }
    return { code: redirect(outputText, modules), map: sourceMapText ?? "", problems };
  }
}

/** Replaces module specifiers by addresses. What follows them on their lines is no code of interest, so the source map stays true. */
function redirect(code: string, modules: Readonly<Record<string, ModuleShim>>): string {
  let out = "";
  let last = 0;
  for (const { fileName: specifier, pos } of typescript.preProcessFile(code, true, true).importedFiles) {
    // `pos` is where the quoted specifier starts, or its text, depending on the kind of import.
    const start = code.indexOf(specifier, pos);
    out += code.slice(last, start) + (modules[specifier]?.url ?? specifier);
    last = start + specifier.length;
  }
  return out + code.slice(last);
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) as string).length + 1 };
}

self.onmessage = () => initialize((context, data) => new PlaygroundWorker(context, data));
