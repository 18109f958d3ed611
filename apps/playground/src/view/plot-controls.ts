// The range and the layout of the plot.

import type { Layout } from "../state.js";
import { make } from "./dom.js";

export interface PlotControls {
  readonly element: HTMLElement;
  /** Shows the range that was plotted, unless the user is typing one. */
  showRange(from: number, to: number): void;
  setLayout(layout: Layout): void;
}

/** `onRange` gets undefined when the fields are emptied: back to the range of the program. */
export function createPlotControls(
  onRange: (range: readonly [number, number] | undefined) => void,
  onLayout: (layout: Layout) => void,
): PlotControls {
  const field = (label: string): HTMLInputElement => make("input", { type: "text", inputmode: "decimal", "aria-label": label, autocomplete: "off", spellcheck: "false" });
  const from = field("Range from");
  const to = field("Range to");
  const layouts: readonly Layout[] = ["overlay", "split"];
  const buttons = layouts.map((layout) => {
    const button = make("button", { type: "button" }, layout === "overlay" ? "Overlay" : "Side by side");
    button.addEventListener("click", () => onLayout(layout));
    return button;
  });

  const change = (): void => {
    const bounds = [from, to].map(({ value }) => (value.trim() === "" ? NaN : Number(value.replace("−", "-"))));
    const [a, b] = bounds as [number, number];
    const ok = Number.isFinite(a) && Number.isFinite(b) && a < b;
    const cleared = from.value.trim() === "" && to.value.trim() === "";
    for (const input of [from, to]) input.setAttribute("aria-invalid", String(!ok && !cleared));
    if (ok) onRange([a, b]);
    else if (cleared) onRange(undefined);
  };
  from.addEventListener("change", change);
  to.addEventListener("change", change);

  const zoom = (label: string, text: string, factor: number): HTMLButtonElement => {
    const button = make("button", { type: "button", "aria-label": label, title: label }, text);
    button.addEventListener("click", () => {
      const [a, b] = [Number(from.value), Number(to.value)];
      if (!(a < b)) return;
      const [middle, half] = [(a + b) / 2, ((b - a) / 2) * factor];
      onRange([tidy(middle - half), tidy(middle + half)]);
    });
    return button;
  };

  return {
    element: make(
      "div",
      { class: "plot-controls" },
      make("span", { class: "range" }, make("span", {}, "x from"), from, make("span", {}, "to"), to),
      make("span", { class: "segmented", role: "group", "aria-label": "Zoom" }, zoom("Zoom in", "+", 0.5), zoom("Zoom out", "−", 2)),
      make("span", { class: "gap" }),
      make("span", { class: "segmented", role: "group", "aria-label": "Layout" }, ...buttons),
    ),
    showRange(a, b) {
      if (document.activeElement !== from) from.value = String(tidy(a, 5));
      if (document.activeElement !== to) to.value = String(tidy(b, 5));
      for (const input of [from, to]) input.setAttribute("aria-invalid", "false");
    },
    setLayout(layout) {
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(layouts[i] === layout)));
    },
  };
}

/** Without the digits that arithmetic in binary leaves behind. */
const tidy = (x: number, digits = 6): number => Number(x.toPrecision(digits));
