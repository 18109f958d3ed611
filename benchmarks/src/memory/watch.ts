// Watches the memory of a process that does one thing over and over, in one synchronous loop, as training loops are.

export interface Watched {
  /** What one iteration leaves behind for good, in bytes: heap and array buffers, after a collection, on the second half. */
  readonly retained: number;
  /** Growth of the resident set over the second half, per iteration. */
  readonly resident: number;
  /** The largest resident set, in bytes. */
  readonly peak: number;
  readonly iterations: number;
  /** The loss at the end, or what the loop ends with: that it worked. */
  readonly result: number;
}

function used(): number {
  // Twice: buffers of dead arrays are given back after the collection that found them.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Runs `step` over and over and sends what was seen. `result` reads the end. */
export function watch(iterations: number, step: () => void, result: () => number): void {
  const half = iterations / 2;
  let peak = 0;
  const run = (): void => {
    for (let i = 0; i < half; i++) {
      step();
      if (i % 10 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    }
  };
  run();
  const before = { used: used(), resident: process.memoryUsage.rss() };
  run();
  const resident = process.memoryUsage.rss();
  const watched: Watched = {
    retained: (used() - before.used) / half,
    resident: (resident - before.resident) / half,
    peak,
    iterations,
    result: result(),
  };
  process.send?.(watched);
}
