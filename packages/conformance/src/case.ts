// What every kit of this package gives back: named cases, to be registered with any test runner or run here.

import { ConformanceError } from "@gradus/core";

/** One check. `run` throws where it fails; a case with `skip` is not to be run, and says why. */
export interface Case {
  readonly name: string;
  readonly skip?: string;
  run(): void | Promise<void>;
}

/** A case that is not run. */
export const skipped = (name: string, reason: string): Case => ({ name, skip: reason, run: () => {} });

export interface Report {
  readonly passed: number;
  readonly failures: readonly { readonly name: string; readonly error: unknown }[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Runs all cases, whatever fails. */
export async function runCases(cases: Iterable<Case>): Promise<Report> {
  let passed = 0;
  const failures: { name: string; error: unknown }[] = [];
  const skips: { name: string; reason: string }[] = [];
  for (const { name, skip, run } of cases) {
    if (skip !== undefined) {
      skips.push({ name, reason: skip });
      continue;
    }
    try {
      await run();
      passed++;
    } catch (error) {
      failures.push({ name, error });
    }
  }
  return { passed, failures, skipped: skips };
}

const shownFailures = 12; // in one error message: enough to see what they have in common

/**
 * Runs all cases and throws one error that names those that failed; it also fails if there was nothing to run.
 * @throws ConformanceError
 */
export async function expectAll(cases: Iterable<Case>): Promise<Report> {
  const report = await runCases(cases);
  const { failures, passed } = report;
  if (failures.length > 0) {
    const shown = failures.slice(0, shownFailures).map(({ name, error }) => `✗ ${name}\n    ${explain(error)}`);
    const more = failures.length > shownFailures ? `\n… and ${failures.length - shownFailures} more: ${failures.slice(shownFailures).map((f) => f.name).join("; ")}` : "";
    throw new ConformanceError(`${failures.length} of ${failures.length + passed} cases failed:\n${shown.join("\n")}${more}`);
  }
  if (passed === 0) throw new ConformanceError("No case was run: a suite that checks nothing passes nothing.");
  return report;
}

// A failed law says all in its message; any other error also where it came from.
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = `${error.name}: ${error.message.replaceAll("\n", "\n    ")}`;
  if (error instanceof ConformanceError) return text;
  const frames = (error.stack ?? "").split("\n").filter((l) => /:\d+:\d+/.test(l));
  return `${text}\n    thrown by ${frames.slice(0, 4).map((l) => l.trim().replace(/^at /, "")).join(", called by ")}`;
}

/** The skipped cases as a table: how many, of what, and why. */
export function skipTable(cases: Iterable<Case>): string {
  const rows = new Map<string, string[]>();
  for (const { name, skip } of cases) if (skip !== undefined) rows.set(skip, [...(rows.get(skip) ?? []), name]);
  return [...rows].map(([reason, names]) => `${String(names.length).padStart(5)} skipped: ${reason} (${shorten(names)})`).join("\n");
}

const shorten = (names: readonly string[]): string => (names.length <= 3 ? names.join("; ") : `${names.slice(0, 2).join("; ")}; …`);
