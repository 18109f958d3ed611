// What a library brings to the benchmark: for each workload that it can do, how one iteration goes and what it gives.

import type { WorkloadName } from "./workloads.js";

export interface Task {
  /** One timed iteration, up to a result that is computed. A promise is awaited within the iteration. */
  readonly call: () => unknown;
  /** The elements of the result of an iteration, in row-major order. */
  readonly values: () => ArrayLike<number>;
}

/** A workload that is not there is one that the library cannot do. */
export type Suite = Partial<Record<WorkloadName, Task>>;
