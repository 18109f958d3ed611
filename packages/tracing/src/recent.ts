// A map that does not grow for ever.

/** Keeps the entries that were used last, and at most so many. */
export class Recent<K, V extends {}> {
  readonly #most: number;
  /** In the order of their use. */
  readonly #entries = new Map<K, V>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    // The order does not matter while there is room for as many again.
    if (value !== undefined && 2 * this.#entries.size > this.#most) this.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value as K);
  }
}
