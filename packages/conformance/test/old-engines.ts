// What engines without vectors, or without WebAssembly, must give all the same: the table of operations, and random programs.

import { useBackend } from "@gradus/core";
import { type CpuBackend, cpu } from "@gradus/ops-cpu";
import { expectAll, operations, testOperation, testRandomPrograms } from "../src/index.js";

/** Values and compiled values of every operation, and random programs; the backend that ran them. */
export async function checkEngine(): Promise<CpuBackend> {
  const backend = cpu();
  useBackend(backend);
  await expectAll(operations.flatMap((o) => testOperation(o, { dtypes: ["float32", "float64", "int32"] })).filter((c) => / · (value|compiled)$/.test(c.name)));
  for (const special of [false, true]) await expectAll(testRandomPrograms(() => backend, { runs: 250, seed: 6, dtype: "float32", sizes: "odd", special, checks: ["compiled"] }));
  await expectAll(testRandomPrograms(() => backend, { runs: 100, seed: 7, checks: ["compiledGradient", "mapped"] }));
  return backend;
}
