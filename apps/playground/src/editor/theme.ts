// The editor's colours, light and dark, following the page.

import * as monaco from "monaco-editor/editor.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Defines both themes and follows the preference of the system. */
export function defineThemes(): void {
  monaco.editor.defineTheme("gradus-light", {
    base: "vs",
    inherit: true,
    rules: [
      { token: "comment", foreground: "6b7280" },
      { token: "keyword", foreground: "7c3aed" },
      { token: "string", foreground: "a3480c" },
      { token: "number", foreground: "0b7261" },
      { token: "type.identifier", foreground: "1d4fd8" },
    ],
    colors: {
      "editor.background": "#ffffff",
      "editor.lineHighlightBackground": "#f4f5f8",
      "editor.lineHighlightBorder": "#00000000",
      "editorLineNumber.foreground": "#a3a8b3",
      "editorLineNumber.activeForeground": "#4b5160",
    },
  });
  monaco.editor.defineTheme("gradus-dark", {
    base: "vs-dark",
    inherit: true,
    rules: [
      { token: "comment", foreground: "8a92a3" },
      { token: "keyword", foreground: "c4a5ff" },
      { token: "string", foreground: "f0a875" },
      { token: "number", foreground: "6fd6c0" },
      { token: "type.identifier", foreground: "8fb4ff" },
    ],
    colors: {
      "editor.background": "#171a21",
      "editor.lineHighlightBackground": "#1e222b",
      "editor.lineHighlightBorder": "#00000000",
      "editorLineNumber.foreground": "#565d6c",
      "editorLineNumber.activeForeground": "#aab1c0",
      "editorWidget.background": "#1e222b",
    },
  });
  const apply = (): void => monaco.editor.setTheme(dark.matches ? "gradus-dark" : "gradus-light");
  apply();
  dark.addEventListener("change", apply);
}
