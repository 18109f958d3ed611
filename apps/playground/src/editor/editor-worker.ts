// Monaco's own worker: word highlights, links and differences.

import "monaco-editor/editor/editor.worker.js";
