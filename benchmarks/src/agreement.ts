// Whether a library computed what mathematics says, told from a digest of the result that is small enough to be sent.

import { type Workload, type WorkloadName, workload } from "./workloads.js";

const shown = 64;

/** The size, the sum and 64 evenly spread elements (all of them where there are fewer) of a result. */
export function digest(values: ArrayLike<number>): number[] {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] as number;
  const count = Math.min(n, shown);
  return [n, sum, ...Array.from({ length: count }, (_, i) => values[Math.floor((i * n) / count)] as number)];
}

/** What is wrong with a result, given as its digest; undefined where it agrees with the expected one. */
export function disagreement(got: readonly number[], { expected, tolerance = 1e-5 }: Pick<Workload, "expected" | "tolerance">): string | undefined {
  const want = digest(expected());
  if (got.length !== want.length || got[0] !== want[0]) return `${got[0]} elements, expected ${want[0]}`;
  const scale = Math.max(...want.slice(2).map(Math.abs));
  // Errors of elements add up in the sum like steps of a random walk, or worse: one element in ten may be all wrong one way.
  const limits = want.map((_, i) => (i === 1 ? tolerance * scale * Math.max(1, (want[0] as number) / 10) : tolerance * scale));
  const bad = want.findIndex((w, i) => !(Math.abs((got[i] as number) - w) <= (limits[i] as number)));
  return bad < 0 ? undefined : `${bad === 1 ? "sum" : `element ${bad - 2} of the digest`} is ${got[bad]}, expected ${want[bad]}`;
}

/** A result that is wrong. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}

/** @throws DisagreementError unless all results, by library, are those of the workload */
export function checkAgreement(name: WorkloadName, results: ReadonlyMap<string, readonly number[]>): void {
  const complaints: string[] = [];
  for (const [library, got] of results) {
    const complaint = disagreement(got, workload(name));
    if (complaint !== undefined) complaints.push(`${library}: ${complaint}`);
  }
  if (complaints.length > 0) throw new DisagreementError(`${name}\n  ${complaints.join("\n  ")}`);
}
