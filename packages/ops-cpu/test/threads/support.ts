// Threads for tests: waiting until they are there, and ending them.

import { expect, vi } from "vitest";

/** Waits until something holds; how long that takes says nothing. */
export const until = (holds: () => boolean): Promise<unknown> => vi.waitFor(() => expect(holds()).toBe(true), { timeout: 50_000, interval: 5 });
