// The rows that a loop collects, joined as they come, eight at a time: one draw for eight rows, and no array is written twice.

/** Joins values in order. */
export type Join<T> = (rows: readonly T[]) => T;

const together = 8;

export class Collector<T> {
  readonly #join: Join<T>;
  readonly #isReversed: boolean;
  /** What was joined: 8^k rows each in the k-th list. */
  readonly #levels: T[][] = [];

  constructor(join: Join<T>, isReversed: boolean) {
    this.#join = join;
    this.#isReversed = isReversed;
  }

  add(row: T, level = 0): void {
    const list = (this.#levels[level] ??= []);
    list.push(row);
    if (list.length < together) return;
    this.#levels[level] = [];
    this.add(this.#joined(list), level + 1);
  }

  /** All rows in one; undefined if there are none. */
  finish(): T | undefined {
    const all = [...this.#levels].reverse().flat();
    return all.length === 0 ? undefined : this.#joined(all);
  }

  #joined(rows: readonly T[]): T {
    return rows.length === 1 ? (rows[0] as T) : this.#join(this.#isReversed ? [...rows].reverse() : rows);
  }
}
