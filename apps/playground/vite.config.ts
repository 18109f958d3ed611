import { defineConfig } from "vite";

// The dev server serves the sources of the packages, so no build is needed to start and edits show at once.
const conditions = ["@gradus/source", "module", "browser", "development|production"];

export default defineConfig({
  resolve: { conditions },
  worker: { format: "es" },
});
