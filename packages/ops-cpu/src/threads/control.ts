// What threads tell each other: words of shared memory, and behind them a mailbox for modules. A job is a function, called once for
// each chunk; whoever is free takes the next chunk by counting down `left`, so that nobody waits for a thread that sleeps.

/** The index of each word. */
export interface Words {
  /** Chunks of the job that nobody has taken yet. */
  readonly left: number;
  /** Chunks that have been computed. */
  readonly done: number;
  /** What the job is: the place of a module, the number of a function in it, and its argument. */
  readonly slot: number;
  readonly part: number;
  readonly base: number;
  /** Counts up when there is something to do; threads sleep on it. */
  readonly calls: number;
  /** How many of them sleep. */
  readonly asleep: number;
  /** Whether the one that waits for the end of the job sleeps on `done`. */
  readonly waiting: number;
  /** The number of the module in the mailbox, its bytes, where to keep it, and how many threads have it. */
  readonly load: number;
  readonly bytes: number;
  readonly offered: number;
  readonly loaded: number;
  /** Threads that have started. */
  readonly ready: number;
  /** Whether a function failed in a thread. */
  readonly failed: number;
  /** Chunks that others than the caller computed, in all. */
  readonly helped: number;
}

// Words that are written often, by different threads, have cache lines of their own.
export const words: Words = { left: 0, done: 16, calls: 32, asleep: 48, waiting: 49, slot: 64, part: 65, base: 66, load: 67, bytes: 68, offered: 69, loaded: 70, ready: 71, failed: 72, helped: 80 };

/** Where the mailbox begins, in bytes, and how many bytes it has. */
export const mailbox = 512;
export const largestModule: number = 2 ** 20;
