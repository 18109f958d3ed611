import { defineConfig } from "vite";
import { library } from "./library-plugin.js";
import { oneCompiler } from "./monaco-plugin.js";

// The dev server serves the sources of the packages, so no build is needed to start and edits show at once.
const conditions = ["@gradus/source", "module", "browser", "development|production"];

export default defineConfig({
  plugins: [library(), oneCompiler()],
  // The built site can be served from any folder.
  base: "./",
  // Monaco is one editor and one compiler; there is nothing smaller to load first.
  build: { chunkSizeWarningLimit: 8000 },
  resolve: { conditions },
  worker: {
    format: "es",
    // Tracing with sources skips the frames of the library, which it knows by such a path.
    rolldownOptions: { output: { entryFileNames: "assets/@gradus/playground/dist/[name]-[hash].js" } },
  },
  optimizeDeps: {
    // Workers are not searched for dependencies: unlisted, these would be found late, and the page loaded twice.
    include: ["monaco-editor/editor/editor.worker.js", "monaco-editor/languages/features/typescript/ts.worker.js"],
  },
});
