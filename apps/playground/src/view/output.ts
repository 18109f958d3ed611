// The output of the program: what it printed, where, and how it ended.

import type { ErrorReport, LogEntry } from "../sandbox/protocol.js";
import { make } from "./dom.js";
import { placeLink, renderError, type Reveal } from "./errors.js";

export interface Output {
  /** Empties it for the run of a program. */
  start(source: string): void;
  log(entry: LogEntry): void;
  error(error: ErrorReport): void;
  /** A message of the playground itself. */
  note(text: string, kind: "info" | "bad"): void;
  /** The program ended: says so if it printed nothing. */
  end(): void;
}

export function createOutput(element: HTMLElement, reveal: Reveal): Output {
  let source = "";
  // What the former program printed stays until there is something new, so that the pane does not flicker while typing.
  let stale = false;
  const add = (entry: HTMLElement): void => {
    if (stale) element.replaceChildren();
    stale = false;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
    element.append(entry);
    // The end is kept in view, but an error is read from its start.
    const error = entry.querySelector<HTMLElement>(".error");
    if (error !== null) element.scrollTop = error.offsetTop - element.offsetTop - 8;
    else if (atEnd) element.scrollTop = element.scrollHeight;
  };
  return {
    start(text) {
      source = text;
      stale = true;
    },
    log({ level, parts, position }) {
      const body = make("div", { class: "entry-body" });
      for (const part of parts) {
        if (typeof part !== "string") body.append(renderError(part, source, reveal));
        else if (body.lastChild instanceof HTMLSpanElement) body.lastChild.append(` ${part}`);
        else body.append(make("span", {}, part));
      }
      const entry = make("div", { class: `entry level-${level}` }, body);
      // An error shows its own place.
      if (position !== undefined && parts.every((p) => typeof p === "string")) entry.append(placeLink(position, reveal, String(position.line)));
      add(entry);
    },
    error(error) {
      add(make("div", { class: "entry" }, renderError(error, source, reveal)));
    },
    note(text, kind) {
      add(make("div", { class: `note ${kind}` }, text));
    },
    end() {
      if (stale) element.replaceChildren(make("div", { class: "empty" }, "The program printed nothing. Use console.log to see values here."));
      stale = false;
    },
  };
}
