// From places in the JavaScript that ran to places in the user's TypeScript.

import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { ErrorReport, LogEntry, Plot, Position, ProgramText, Sampled } from "../sandbox/protocol.js";

export class SourcePositions {
  readonly #map: TraceMap;

  constructor(map: string) {
    this.#map = new TraceMap(map);
  }

  position(p: Position | undefined): Position | undefined {
    if (p === undefined) return undefined;
    const { line, column } = originalPositionFor(this.#map, { line: p.line, column: p.column - 1 });
    return line === null ? undefined : { line, column: column + 1 };
  }

  error(report: ErrorReport): ErrorReport {
    const callers = report.callers?.flatMap((p) => this.position(p) ?? []);
    return { ...report, position: this.position(report.position), callers };
  }

  entry({ level, parts, position }: LogEntry): LogEntry {
    return { level, parts: parts.map((p) => (typeof p === "string" ? p : this.error(p))), position: this.position(position) };
  }

  plot({ xs, at, curves }: Plot): Plot {
    const sampled = (s: Sampled): Sampled => (s.error === undefined ? s : { ...s, error: this.error(s.error) });
    return { xs, at, curves: curves.map(({ name, value, gradient }) => ({ name, value: sampled(value), gradient: sampled(gradient) })) };
  }

  program({ name, value, gradient }: ProgramText): ProgramText {
    const text = (t: string | ErrorReport) => (typeof t === "string" ? this.#sources(t) : this.error(t));
    return { name, value: text(value), gradient: text(gradient) };
  }

  // Equations end with the place that they come from. The user's program is a blob; other places are the playground's own.
  #sources(text: string): string {
    return text.replaceAll(/ {2}# (\S+?):(\d+):(\d+)$/gm, (_, file: string, line: string, column: string) => {
      const place = file.startsWith("blob:") ? this.position({ line: Number(line), column: Number(column) }) : undefined;
      return place === undefined ? "" : `  # ${place.line}:${place.column}`;
    });
  }
}
