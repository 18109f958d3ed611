import { expect, test } from "vitest";
import { emitCopyMatrix } from "../../src/wasm/copy-matrix.js";
import { element } from "../../src/wasm/element.js";
import { ModuleBuilder } from "../../src/wasm/encoder.js";
import { features } from "../../src/wasm/features.js";

test.each(["float32", "float64"] as const)("copies matrices of %s from every layout, and nothing beside them", (dtype) => {
  for (const width of [undefined, 16]) {
    const m = new ModuleBuilder();
    m.memory(64, "memory");
    (emitCopyMatrix(m, element(dtype, features()), width) as { exported?: string }).exported = "copy";
    const { copy, memory } = new WebAssembly.Instance(new WebAssembly.Module(m.assemble())).exports as { copy: (...args: number[]) => void; memory: WebAssembly.Memory };
    const x = dtype === "float32" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
    const size = x.BYTES_PER_ELEMENT;
    for (const [rows, columns] of [[0, 3], [3, 0], [1, 1], [2, 2], [3, 5], [4, 16], [7, 16], [37, 600], [70, 257], [33, 512]] as const) {
      for (const [row, column] of [[columns + 1, 1], [1, rows + 1], [2 * columns, 2], [0, 1], [1, 0], [-columns - 1, 1], [1, -rows]] as const) {
        x.fill(-1);
        const from = 1000 + Math.max(0, -row * rows) + Math.max(0, -column * columns);
        const last = from + Math.abs(row) * rows + Math.abs(column) * columns;
        for (let i = 1000; i <= last; i++) x[i] = i;
        const [to, step] = [last + 20, columns + 3];
        const expected = x.slice(0, to + rows * step + 20);
        for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) expected[to + i * step + j] = x[from + i * row + j * column] as number;
        copy(to * size, step * size, from * size, row * size, column * size, rows, columns);
        const wrong = expected.findIndex((v, i) => v !== x[i]);
        if (wrong >= 0) expect.fail(`${rows} × ${columns}, steps ${row} and ${column}: element ${wrong - to} is ${x[wrong]}, not ${expected[wrong]}`);
      }
    }
  }
});
