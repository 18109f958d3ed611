// What a synchronous read of the device means here: the page waits for it, which a program may want to know or to rule out.

import { ArgumentError, ConcretizationError } from "@gradus/core";
import { userPosition } from "@gradus/tracing";

/** Whether reads that the page waits for are done, done and told on the console once for each line that asks, or an error. */
export type SyncReads = "allow" | "warn" | "forbid";

const policies: readonly unknown[] = ["allow", "warn", "forbid"] satisfies SyncReads[];
const mend = "`await x.data()` reads without waiting. Told once for each line.";

export class ReadPolicy {
  readonly #policy: SyncReads;
  readonly #told = new Set<string>();
  /** Reads that the page waited for. */
  count = 0;

  constructor(policy: SyncReads) {
    if (!policies.includes(policy)) throw new ArgumentError(`webgl: syncReads is ${String(policy)}; expected "allow", "warn" or "forbid".`);
    this.#policy = policy;
  }

  /** A read of `what`. @throws ConcretizationError where such reads are forbidden */
  ask(what: string): void {
    if (this.#policy !== "allow") this.#tell(what);
    this.count++;
  }

  #tell(what: string): void {
    const line = userPosition() ?? "a line that the stack does not show";
    const text = `the page waits for the device to read ${what}, at ${line}`;
    if (this.#policy === "forbid") {
      throw new ConcretizationError(
        `webgl({ syncReads: "forbid" }): ${text}. Use \`await x.data()\`. dataSync(), item(), js() and printing read at once, and so do loops and branches whose condition is on the device.`,
      );
    }
    if (this.#told.has(line)) return;
    this.#told.add(line);
    console.warn(`webgl: ${text}. ${mend}`);
  }
}
