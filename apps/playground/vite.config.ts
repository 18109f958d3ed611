import { defineConfig } from "vite";
import { library } from "./library-plugin.js";

// The dev server serves the sources of the packages, so no build is needed to start and edits show at once.
const conditions = ["@gradus/source", "module", "browser", "development|production"];

export default defineConfig({
  plugins: [library()],
  resolve: { conditions },
  worker: {
    format: "es",
    // Tracing with sources skips the frames of the library, which it knows by such a path.
    rolldownOptions: { output: { entryFileNames: "assets/@gradus/playground/dist/[name]-[hash].js" } },
  },
  optimizeDeps: {
    // Listed here, the parts of Monaco that only workers import are known before the first page asks for them.
    include: [
      "@jridgewell/trace-mapping",
      "monaco-editor/editor.js",
      "monaco-editor/editor/contrib/suggest/browser/suggestController.js",
      "monaco-editor/editor/editor.worker.js",
      "monaco-editor/features/*/register.js",
      "monaco-editor/languages/definitions/typescript/register.js",
      "monaco-editor/languages/features/typescript/register.js",
      "monaco-editor/languages/features/typescript/ts.worker.js",
      "uplot",
    ],
  },
});
