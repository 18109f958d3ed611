// Memory divided into stretches that are taken and given back.

/** Free stretches of memory, in order; what is taken beyond them makes the whole larger. */
export class Rooms {
  size = 0;
  #free: { at: number; bytes: number }[] = [];

  take(bytes: number): number {
    // The smallest that is large enough.
    let best: { at: number; bytes: number } | undefined;
    for (const r of this.#free) if (r.bytes >= bytes && (best === undefined || r.bytes < best.bytes)) best = r;
    if (best !== undefined) {
      const { at } = best;
      best.at += bytes;
      best.bytes -= bytes;
      if (best.bytes === 0) this.#free = this.#free.filter((r) => r !== best);
      return at;
    }
    const end = this.#free.at(-1);
    if (end !== undefined && end.at + end.bytes === this.size) {
      this.#free.pop();
      this.size = end.at + bytes;
      return end.at;
    }
    const at = this.size;
    this.size += bytes;
    return at;
  }

  give(at: number, bytes: number): void {
    this.#free.push({ at, bytes });
    this.#free.sort((a, b) => a.at - b.at);
    this.#free = this.#free.reduce<{ at: number; bytes: number }[]>((merged, r) => {
      const before = merged.at(-1);
      if (before !== undefined && before.at + before.bytes === r.at) before.bytes += r.bytes;
      else merged.push({ ...r });
      return merged;
    }, []);
  }
}
