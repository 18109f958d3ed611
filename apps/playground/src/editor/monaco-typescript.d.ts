// The part of Monaco's TypeScript worker that ships without types, as far as the playground uses it.

declare module "monaco-editor/languages/features/typescript/ts.worker.js" {
  interface Diagnostic {
    readonly messageText: string | { readonly messageText: string };
    readonly start?: number;
  }
  /** TypeScript's own API, bundled with Monaco. */
  interface TypeScript {
    transpileModule(
      source: string,
      options: { fileName: string; reportDiagnostics: boolean; compilerOptions: Record<string, unknown> },
    ): { outputText: string; sourceMapText?: string; diagnostics?: readonly Diagnostic[] };
    preProcessFile(source: string, readImports: boolean, javaScript: boolean): { importedFiles: readonly { fileName: string; pos: number; end: number }[] };
    readonly ScriptTarget: { readonly ES2022: number };
    readonly ModuleKind: { readonly ESNext: number };
  }
  export const ts: { readonly typescript: TypeScript };
  /** The language service behind the editor. */
  export class TypeScriptWorker {
    constructor(context: unknown, data: unknown);
  }
  export function initialize(create: (context: unknown, data: unknown) => TypeScriptWorker): void;
}
