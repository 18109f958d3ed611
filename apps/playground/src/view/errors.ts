// An error as a reader wants it: its class, what it says, where in the program, and that line with a mark under the place.

import type { ErrorReport, Position } from "../sandbox/protocol.js";
import { make } from "./dom.js";

const shownCallers = 6;

export type Reveal = (position: Position) => void;

/** A link to a place in the program. */
export function placeLink(position: Position, reveal: Reveal, text = `${position.line}:${position.column}`): HTMLButtonElement {
  const link = make("button", { type: "button", class: "place", title: `Show line ${position.line} in the editor` }, text);
  link.addEventListener("click", () => reveal(position));
  return link;
}

/** An error, with the line of `source` that it comes from. */
export function renderError(error: ErrorReport, source: string, reveal: Reveal): HTMLElement {
  const head = make("div", { class: "error-head" }, make("strong", {}, error.name));
  if (error.code !== undefined) head.append(make("code", { class: "code", title: `Explained in docs/errors.md#${error.code}` }, error.code));
  if (error.position !== undefined) {
    const { line, column } = error.position;
    head.append(make("span", { class: "gap" }), placeLink(error.position, reveal, `line ${line}:${column}`));
  }
  const card = make("div", { class: "error" }, head, make("p", {}, error.message));
  if (error.position !== undefined) {
    const frame = codeFrame(source, error.position);
    if (frame !== undefined) card.append(make("pre", {}, frame));
    const callers = (error.callers ?? []).filter(({ line }) => line !== error.position?.line).slice(0, shownCallers);
    if (callers.length > 0) card.append(make("div", { class: "callers" }, "reached from", ...callers.map((p) => placeLink(p, reveal, `${p.line}:${p.column}`))));
  }
  return card;
}

/** The line of a place, with the place marked below it. */
function codeFrame(source: string, { line, column }: Position): string | undefined {
  const text = source.split("\n")[line - 1];
  if (text === undefined) return undefined;
  const indent = text.length - text.trimStart().length;
  const number = `${line} │ `;
  const mark = " ".repeat(Math.max(0, number.length + column - 1 - indent));
  return `${number}${text.trim()}\n${mark}^`;
}

/** An error in one line, for where there is no room. */
export function errorLine({ name, message }: ErrorReport, longest: number): string {
  const line = `${name}: ${message.replaceAll(/\s+/g, " ")}`;
  return line.length <= longest ? line : `${line.slice(0, longest)}…`;
}
