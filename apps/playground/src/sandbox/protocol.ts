// The messages between the page and the worker that runs the user's program. Everything here survives structured clone.

import type { BackendName } from "../state.js";

/** A place in a text; lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A module that programs may import: where its shim is, and what it exports. */
export interface ModuleShim {
  readonly url: string;
  readonly names: readonly string[];
}

/** An error as the page shows it. */
export interface ErrorReport {
  /** The error's class. */
  readonly name: string;
  readonly message: string;
  /** The stable code of a Gradus error. */
  readonly code?: string | undefined;
  /** The innermost place in the user's program; in the JavaScript that ran until the page maps it back. */
  readonly position?: Position | undefined;
  /** The places in the user's program that led there, nearest first. */
  readonly callers?: readonly Position[] | undefined;
}

/** A function over the range of the plot, or why it cannot be plotted. */
export interface Sampled {
  /** One value per sample; empty if there is an error. */
  readonly ys: Float64Array;
  readonly error?: ErrorReport | undefined;
  /** Why the samples were computed one by one rather than under vmap. */
  readonly pointwise?: string | undefined;
}

export interface Curve {
  readonly name: string;
  readonly value: Sampled;
  readonly gradient: Sampled;
}

export interface Plot {
  readonly xs: Float64Array;
  /** The point that the program marks with `export const at`. */
  readonly at?: number | undefined;
  readonly curves: readonly Curve[];
}

/** The text of a traced function, or why it cannot be traced. */
export interface ProgramText {
  readonly name: string;
  readonly value: string | ErrorReport;
  readonly gradient: string | ErrorReport;
}

export type LogLevel = "log" | "warn" | "error";

/** What was printed: texts, and errors, which are rendered on their own. */
export interface LogEntry {
  readonly level: LogLevel;
  readonly parts: readonly (string | ErrorReport)[];
  readonly position?: Position | undefined;
}

/** What the program offers beside its output. */
export interface Exported {
  /** The functions to plot and to trace. */
  readonly names: readonly string[];
  readonly range?: readonly [number, number] | undefined;
}

export type ToSandbox =
  | { readonly type: "run"; readonly code: string; readonly backend: BackendName }
  | { readonly type: "plot"; readonly range: readonly [number, number] }
  | { readonly type: "programs" }
  | { readonly type: "ping" };

export type FromSandbox =
  | { readonly type: "ready"; readonly modules: Readonly<Record<string, ModuleShim>> }
  | { readonly type: "log"; readonly entry: LogEntry }
  | { readonly type: "error"; readonly error: ErrorReport }
  | { readonly type: "ran"; readonly exported: Exported | undefined; readonly milliseconds: number }
  | { readonly type: "plotted"; readonly plot: Plot }
  | { readonly type: "traced"; readonly programs: readonly ProgramText[] }
  | { readonly type: "pong" };
