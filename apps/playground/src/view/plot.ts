// The plot view: values and gradients of the program's functions over a range. Either all curves over one another in a panel
// of values and a panel of gradients, or one panel for each function, side by side.

import type uPlot from "uplot";
import type { Curve, Plot, Sampled } from "../sandbox/protocol.js";
import type { Layout } from "../state.js";
import { drawChart, type Line } from "./chart.js";
import { byId, make } from "./dom.js";
import { errorLine } from "./errors.js";
import { createLegend } from "./legend.js";
import { curveColor, curveStroke, darkMode } from "./palette.js";
import { createPlotControls, type PlotControls } from "./plot-controls.js";

export interface PlotView {
  readonly controls: PlotControls;
  show(plot: Plot): void;
  /** Says why there is nothing to show. */
  showEmpty(...message: (Node | string)[]): void;
  setLayout(layout: Layout): void;
}

export interface PlotEvents {
  onRange(range: readonly [number, number] | undefined): void;
  onLayout(layout: Layout): void;
}

const leastHeight = 112;
const mostHeight = 210;
const usualHeight = 168; // where the page scrolls as a whole

export function createPlotView(events: PlotEvents): PlotView {
  const charts = make("div", { class: "charts" });
  const notes = make("ul", { class: "plot-notes" });
  const empty = make("div", { class: "empty" });
  const hidden = new Set<string>();
  let layout: Layout = "overlay";
  let plot: Plot | undefined;
  let drawn: uPlot[] = [];
  const legend = createLegend((name) => {
    if (!hidden.delete(name)) hidden.add(name);
    draw();
  });
  const controls = createPlotControls(events.onRange, (next) => {
    setLayout(next);
    events.onLayout(next);
  });
  const view = byId("view-plot");
  view.append(controls.element, legend.element, charts, notes, empty);

  /** The height of a panel such that all rows of them fit, if they can. */
  function panelHeight(rows: number): number {
    if (getComputedStyle(view).overflowY === "visible") return usualHeight;
    const caption = 24; // with the gap below the panel
    const others = charts.offsetTop - view.offsetTop + notes.offsetHeight + 20;
    return Math.min(mostHeight, Math.max(leastHeight, Math.floor((view.clientHeight - others) / rows) - caption));
  }

  function draw(): void {
    for (const chart of drawn) chart.destroy();
    drawn = [];
    charts.replaceChildren();
    charts.className = `charts ${layout}`;
    if (plot === undefined) return;
    const { xs, at, curves } = plot;
    legend.show(plot, hidden);
    const index = new Map(curves.map((c, i) => [c, i]));
    notes.replaceChildren(...curves.flatMap(notesOf).map(([kind, text]) => make("li", { class: kind }, text)));
    const visible = curves.filter((c) => !hidden.has(c.name));
    const line = (c: Curve, ys: Float64Array, dash?: readonly number[]): Line => {
      const i = index.get(c) as number;
      return { name: c.name, ys: ys.length === 0 ? new Float64Array(xs.length).fill(NaN) : ys, color: curveColor(i), ...curveStroke(i), ...(dash && { dash, width: 2 }) };
    };
    const height = panelHeight(layout === "overlay" ? 2 : Math.ceil(visible.length / 2));
    const panel = (title: string, lines: readonly Line[], hint?: string): void => {
      const place = make("div", { class: "chart" });
      charts.append(make("figure", {}, make("figcaption", {}, title, ...(hint === undefined ? [] : [make("small", {}, hint)])), place));
      drawn.push(drawChart(place, { title, xs, lines, at, height, group: "plot", onHover: legend.read }));
    };
    if (layout === "overlay") {
      panel("Value", visible.map((c) => line(c, c.value.ys)));
      panel("Gradient", visible.map((c) => line(c, c.gradient.ys)));
    } else {
      for (const c of visible) panel(c.name, [line(c, c.value.ys, []), line(c, c.gradient.ys, [6, 4])], "value ―  gradient ╌");
    }
  }

  function setLayout(next: Layout): void {
    layout = next;
    controls.setLayout(next);
    draw();
  }

  let size = "";
  new ResizeObserver(() => {
    const next = `${view.clientWidth}×${view.clientHeight}`;
    // While the view is hidden nothing can be measured.
    if (next === size || view.clientWidth === 0) return;
    size = next;
    draw();
  }).observe(view);
  darkMode.addEventListener("change", draw);

  return {
    controls,
    setLayout,
    show(next) {
      plot = next;
      empty.hidden = true;
      for (const element of [controls.element, legend.element, charts, notes]) element.hidden = false;
      controls.showRange(next.xs[0] as number, next.xs.at(-1) as number);
      draw();
    },
    showEmpty(...message) {
      plot = undefined;
      draw();
      for (const element of [controls.element, legend.element, charts, notes]) element.hidden = true;
      empty.replaceChildren(...message);
      empty.hidden = false;
    },
  };
}

/** What a curve does not show by itself: errors, samples without a number, a slower way of sampling. */
function notesOf({ name, value, gradient }: Curve): ["bad" | "info", string][] {
  const notes: ["bad" | "info", string][] = [];
  const look = (what: string, { ys, error, pointwise }: Sampled): void => {
    if (error !== undefined) notes.push(["bad", `${what} of “${name}”: ${errorLine(error, 90)}`]);
    const lost = ys.reduce((n, y) => n + (Number.isFinite(y) ? 0 : 1), 0);
    if (lost > 0) notes.push(["bad", `${what} of “${name}” is NaN or infinite at ${lost} of ${ys.length} points.`]);
    if (pointwise !== undefined) notes.push(["info", `${what} of “${name}” was computed point by point (${pointwise}).`]);
  };
  look("The value", value);
  look("The gradient", gradient);
  return notes;
}
