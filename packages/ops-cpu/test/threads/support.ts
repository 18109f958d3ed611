// Threads for tests: waiting until they are there.

import { expect } from "vitest";

/** Waits until something holds; how long that takes says nothing. What fails meanwhile fails the test. */
export async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 50_000; !holds(); ) {
    if (performance.now() > end) expect.unreachable("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
