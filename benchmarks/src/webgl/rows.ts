// The workloads that are measured on WebGL, in the order of the report.

import { type Workload, type WorkloadName, workload } from "../workloads.js";

/** How an iteration ends: `read` waits for the result, `data()` is told when it is there. */
export type End = "read" | "await";

export interface Row {
  readonly name: WorkloadName;
  readonly end: End;
  /** Instead of the workload's own. */
  readonly title?: string;
  /** Milliseconds that Gradus should take with the software rasteriser of Chromium on two cores. */
  readonly target?: number;
}

const row = (name: WorkloadName, target?: number, title?: string): Row => ({ name, end: "read", ...(target !== undefined && { target }), ...(title !== undefined && { title }) });

export const rows: readonly Row[] = [
  { name: "sin, length 10", end: "await", title: "sin(x), length 10, `await data()`", target: 1.5 },
  row("sin, length 10", undefined, "the same, `dataSync()`"),
  row("W1, 1e6", undefined, "tanh(1.5x+.3)·sin x + exp(−x²), n = 1e6, read back"),
  row("W1 jit, 1e6", 35, "the same, jit"),
  row("matmul, 256"),
  row("matmul, 512", 45),
  row("matmul, 512, first transposed"),
  row("matmul, 512, second transposed"),
  row("MLP step", undefined, "MLP 784-512-256-10, batch 128, SGD step"),
  row("MLP step, jit", 60),
  row("CNN step, jit", 500),
  row("transformer block, jit", 90, "transformer block, value and gradient, jit"),
  row("RNN, jit", 45, "RNN, 50 steps, hidden 64, batch 16, value and gradient, jit"),
  row("softmax of rows, jit"),
  row("logsumexp of rows, jit"),
  row("normalised rows, jit"),
  row("sum of all, jit"),
  row("sum along axis 0, jit"),
  row("sum along axis 1, jit"),
  row("max along axis 1, jit"),
];

/** What tells rows apart. */
export const keyOf = ({ name, end }: Row): string => (end === "read" ? name : `${name}, awaited`);

export const titleOf = ({ name, title }: Row): string => title ?? (workload(name) as Workload).title;
