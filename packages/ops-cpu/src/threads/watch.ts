// Whether a job gains by being shared. Where other programs hold the cores it does not: threads that wake up late do none of it, and one
// that is put off in the middle of a chunk is waited for. From time to time a job is done alone, and if that takes no longer it is
// withheld from threads for a while. Counts and durations are given from outside.

const compared = 16; // runs with threads
const probes = 4; // runs without
const [firstStretch, longestStretch] = [32, 1024]; // runs between comparisons
const [firstPause, longestPause] = [64, 4096]; // runs that are withheld
const longestPauseTime = 2000; // milliseconds
const leastHelp = 1 / 16; // of the chunks
const leastGain = 0.95; // of the time alone

export class Watch {
  #phase: "shared" | "alone" | "withheld" = "shared";
  /** Runs until the phase ends. */
  #left: number = firstStretch;
  #stretch = firstStretch;
  #pause = firstPause;
  #together = 0;
  #alone = 0;
  #helped = 0;
  #chunks = 0;

  /** Whether the next run is to be shared. */
  get isShared(): boolean {
    return this.#phase === "shared";
  }

  /** Whether it is not, because runs before have not gained by that. */
  get isWithheld(): boolean {
    return this.#phase === "withheld";
  }

  /** Takes note of a run: how long it took in milliseconds, of how many chunks it was, and how many of them others did. */
  done(time: number, chunks: number, helped: number): void {
    if (this.#phase === "shared" && this.#left <= compared) {
      this.#together += time / compared;
      this.#chunks += chunks;
      this.#helped += helped;
    }
    if (this.#phase === "alone") this.#alone += time / probes;
    if (--this.#left > 0) return;
    if (this.#phase === "withheld") this.#share(compared);
    else if (this.#phase === "shared" && this.#helped >= leastHelp * this.#chunks) this.#enter("alone", probes);
    else if (this.#phase === "shared" || this.#together > leastGain * this.#alone) this.#withhold();
    else {
      this.#pause = firstPause;
      this.#stretch = Math.min(2 * this.#stretch, longestStretch);
      this.#share(this.#stretch);
    }
  }

  #share(runs: number): void {
    this.#together = this.#alone = this.#helped = this.#chunks = 0;
    this.#enter("shared", runs);
  }

  // The longer, the more often in a row there was no gain; not longer than some seconds.
  #withhold(): void {
    const inTime = Math.ceil(longestPauseTime / Math.max(this.#together, 1e-3));
    this.#enter("withheld", Math.max(Math.min(this.#pause, inTime), compared));
    this.#pause = Math.min(2 * this.#pause, longestPause);
    this.#stretch = firstStretch;
  }

  #enter(phase: "shared" | "alone" | "withheld", runs: number): void {
    this.#phase = phase;
    this.#left = runs;
  }
}
