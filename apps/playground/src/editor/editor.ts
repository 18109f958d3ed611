// The editor: Monaco, because it carries TypeScript's language service (completion and hover from the real types of the
// library) and its compiler, which also makes the JavaScript that runs. Only TypeScript is loaded of its languages.

import "./features.js";
import "monaco-editor/languages/definitions/typescript/register.js";
import * as monaco from "monaco-editor/editor.js";
import type { Position } from "../sandbox/protocol.js";
import { configureTypeScript, programUri } from "./language.js";
import { defineThemes } from "./theme.js";

export interface Editor {
  text(): string;
  /** Replaces the program without calling `onChange`. */
  setText(text: string): void;
  /** Puts the cursor there and the focus into the editor. */
  reveal(position: Position): void;
  /** Underlines the places where the program failed. */
  mark(errors: readonly { readonly position: Position; readonly message: string }[]): void;
  /** Moves to the next problem that the compiler found. */
  nextProblem(): void;
}

export interface EditorEvents {
  onChange(): void;
  onRun(): void;
  /** The number of type errors changed. */
  onProblems(count: number): void;
}

const owner = "gradus";

export function createEditor(element: HTMLElement, text: string, events: EditorEvents): Editor {
  configureTypeScript();
  defineThemes();
  const model = monaco.editor.createModel(text, "typescript", programUri);
  model.updateOptions({ tabSize: 2 });
  const editor = monaco.editor.create(element, {
    model,
    ariaLabel: "Program, in TypeScript. Press Control M to let Tab leave the editor.",
    automaticLayout: true,
    fixedOverflowWidgets: true,
    fontFamily: getComputedStyle(element).getPropertyValue("--mono"),
    fontSize: 13,
    lineHeight: 20,
    folding: false,
    guides: { indentation: false },
    glyphMargin: false,
    lineDecorationsWidth: 12,
    lineNumbersMinChars: 3,
    minimap: { enabled: false },
    overviewRulerLanes: 0,
    padding: { top: 10, bottom: 10 },
    renderLineHighlight: "line",
    scrollBeyondLastLine: false,
    scrollbar: { alwaysConsumeMouseWheel: false, verticalScrollbarSize: 10, horizontalScrollbarSize: 10 },
    stickyScroll: { enabled: false },
    suggest: { showInlineDetails: false },
    unicodeHighlight: { ambiguousCharacters: false },
    wordWrap: "on",
    wrappingIndent: "indent",
  });
  let silent = false;
  model.onDidChangeContent(() => {
    monaco.editor.setModelMarkers(model, owner, []);
    if (!silent) events.onChange();
  });
  editor.addAction({
    id: "gradus.run",
    label: "Run the program",
    keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter],
    run: () => events.onRun(),
  });
  monaco.editor.onDidChangeMarkers((uris) => {
    if (!uris.some((uri) => uri.toString() === model.uri.toString())) return;
    const markers = monaco.editor.getModelMarkers({ resource: model.uri, owner: "typescript" });
    events.onProblems(markers.filter((m) => m.severity === monaco.MarkerSeverity.Error).length);
  });
  return {
    text: () => model.getValue(),
    setText(next) {
      silent = true;
      // An edit, not a new value: undo brings the former program back.
      editor.pushUndoStop();
      model.pushEditOperations(null, [{ range: model.getFullModelRange(), text: next }], () => null);
      editor.pushUndoStop();
      editor.setPosition({ lineNumber: 1, column: 1 });
      editor.setScrollTop(0);
      silent = false;
    },
    reveal({ line, column }) {
      editor.setPosition({ lineNumber: line, column });
      editor.revealLineInCenterIfOutsideViewport(line);
      editor.focus();
    },
    mark(errors) {
      const markers = errors.map(({ position: { line, column }, message }) => {
        const word = model.getWordAtPosition({ lineNumber: line, column });
        return {
          severity: monaco.MarkerSeverity.Error,
          source: "run",
          message,
          startLineNumber: line,
          startColumn: column,
          endLineNumber: line,
          endColumn: word?.endColumn ?? column + 1,
        };
      });
      monaco.editor.setModelMarkers(model, owner, markers);
    },
    nextProblem() {
      void editor.getAction("editor.action.marker.next")?.run();
      editor.focus();
    },
  };
}
