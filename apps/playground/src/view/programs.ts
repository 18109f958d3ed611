// The program view: the traced text of each function and of its gradient.

import type { ErrorReport, ProgramText } from "../sandbox/protocol.js";
import { make } from "./dom.js";
import { placeLink, renderError, type Reveal } from "./errors.js";

/** Shows the programs; `source` is what they were traced from. */
export function renderPrograms(element: HTMLElement, programs: readonly ProgramText[], source: string, reveal: Reveal): void {
  if (programs.length === 0) {
    element.replaceChildren(
      make("div", { class: "empty" }, "Export functions of one scalar to see their programs: ", make("code", {}, "export const plots = { f };")),
    );
    return;
  }
  const block = (title: string, text: string | ErrorReport): HTMLElement => {
    const body = typeof text === "string" ? make("pre", { class: "program", tabindex: "0" }, ...highlight(text, reveal)) : renderError(text, source, reveal);
    return make("div", {}, make("h4", {}, title), body);
  };
  const sections = programs.map(({ name, value, gradient }) =>
    make(
      "section",
      {},
      make("h3", {}, name),
      make("div", { class: "program-pair" }, block("the function", value), block("its gradient", gradient)),
    ),
  );
  element.replaceChildren(...sections);
}

const tokens = /(\b(?:lambda|let|in)\b)|(~?\b(?:f|i|u)\d+\[[^\]]*\]|\bbool\[[^\]]*\])|(=\s)([\w/@.-]+)| {2}# (\d+):(\d+)$|(-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)/gm;

/** The text with keywords, types, operations and numbers marked, and places in the program as links. */
function highlight(text: string, reveal: Reveal): (Node | string)[] {
  const out: (Node | string)[] = [];
  let last = 0;
  for (const match of text.matchAll(tokens)) {
    const [all, keyword, type, equals, operation, line, column, literal] = match;
    out.push(text.slice(last, match.index));
    if (keyword !== undefined) out.push(make("b", {}, keyword));
    else if (type !== undefined) out.push(make("span", { class: "type" }, type));
    else if (operation !== undefined) out.push(equals as string, make("span", { class: "operation" }, operation));
    else if (line !== undefined) out.push(placeLink({ line: Number(line), column: Number(column) }, reveal));
    else out.push(make("span", { class: "number" }, literal as string));
    last = match.index + all.length;
  }
  return [...out, text.slice(last)];
}
