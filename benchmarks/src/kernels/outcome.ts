// What is found out of a kernel, and how it stands to its targets. Plain data: it goes from process to process.

/** What a figure is, and so how it is written and which way is better. */
export type Unit = "GF/s" | "ns per element" | "ns" | "share" | "times" | "bytes";

export interface Outcome {
  readonly title: string;
  readonly unit: Unit;
  /** Undefined where it cannot be had on this machine, for the reason in `note`. */
  readonly value: number | undefined;
  /** What bounds it, in the same unit; noted elsewhere unless it was measured beside it. */
  readonly ceiling?: number | undefined;
  readonly isNoted?: boolean;
  /** Shares of the ceiling where there is one, else in the unit. */
  readonly must: number;
  readonly good: number;
  /** No reading fell into a quiet moment. */
  readonly isNoisy?: boolean;
  readonly note?: string;
}

const moreIsBetter = (unit: Unit): boolean => unit === "GF/s" || unit === "times";

/** How much of the ceiling is reached. */
export function shareOf({ unit, value, ceiling }: Outcome): number | undefined {
  if (value === undefined || ceiling === undefined) return undefined;
  return moreIsBetter(unit) ? value / ceiling : ceiling / value;
}

export type Verdict = "good" | "met" | "missed" | "";

/** How it stands to its targets. */
export function verdictOf(outcome: Outcome): Verdict {
  const { unit, value, ceiling, must, good } = outcome;
  if (value === undefined) return "";
  const share = shareOf(outcome);
  const reaches = (target: number): boolean => (ceiling !== undefined ? (share as number) >= target : moreIsBetter(unit) ? value >= target : value <= target);
  return reaches(good) ? "good" : reaches(must) ? "met" : "missed";
}
