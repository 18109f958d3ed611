// What a library brings to the benchmark: for each workload that it can do, how one iteration goes and what it gives.

import type { WorkloadName } from "./workloads.js";

export interface Task {
  /** One timed iteration, up to a result that is computed. A promise is awaited within the iteration. */
  readonly call: () => unknown;
  /** The elements of the result of an iteration, in row-major order. */
  readonly values: () => ArrayLike<number>;
  /**
   * One timed iteration where a device computes behind the page's back: it ends when its result is in JavaScript, the loss of a step, or the
   * whole of an array. What `values` does unless given.
   */
  readonly read?: () => unknown;
}

/** A workload that is not there is one that the library cannot do. */
export type Suite = Partial<Record<WorkloadName, Task>>;
