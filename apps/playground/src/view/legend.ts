// The legend, which is a reading too: each function with its value and gradient under the pointer, or at the marked point.

import type { Plot } from "../sandbox/protocol.js";
import { make } from "./dom.js";
import { curveColor, curveStroke } from "./palette.js";

export interface Legend {
  readonly element: HTMLElement;
  show(plot: Plot, hidden: ReadonlySet<string>): void;
  /** Reads the curves at a sample; undefined for the marked point, or the middle. */
  readonly read: (index: number | undefined) => void;
}

export function createLegend(onToggle: (name: string) => void): Legend {
  const element = make("table", { class: "legend" });
  let plot: Plot | undefined;
  let cells: { value: HTMLElement; gradient: HTMLElement }[] = [];
  let head = make("th");

  const read = (index: number | undefined): void => {
    if (plot === undefined) return;
    const { xs, at, curves } = plot;
    const i = index ?? (at === undefined ? Math.floor(xs.length / 2) : xs.indexOf(at));
    head.textContent = `x = ${print(xs[i])}`;
    curves.forEach((c, n) => {
      const cell = cells[n];
      if (cell === undefined) return;
      for (const what of ["value", "gradient"] as const) {
        const { ys, error } = c[what];
        cell[what].textContent = error === undefined ? print(ys[i]) : error.name;
        cell[what].classList.toggle("bad", error !== undefined || !Number.isFinite(ys[i]));
      }
    });
  };

  return {
    element,
    read,
    show(next, hidden) {
      plot = next;
      cells = [];
      head = make("th", { scope: "col", class: "at" });
      const rows = next.curves.map(({ name }, i) => {
        const toggle = make("button", { type: "button", "aria-pressed": String(!hidden.has(name)), title: "Show or hide this curve" }, swatch(i), name);
        toggle.addEventListener("click", () => {
          onToggle(name);
          // The table was drawn anew: the focus goes to the same button.
          element.querySelectorAll("button")[i]?.focus();
        });
        const cell = { value: make("td"), gradient: make("td") };
        cells.push(cell);
        return make("tr", {}, make("th", { scope: "row" }, toggle), cell.value, cell.gradient);
      });
      const header = make("tr", {}, head, make("th", { scope: "col" }, "value"), make("th", { scope: "col" }, "gradient"));
      element.replaceChildren(make("thead", {}, header), make("tbody", {}, ...rows));
      read(undefined);
    },
  };
}

/** A piece of the curve's stroke. */
function swatch(i: number): Element {
  const { width, dash } = curveStroke(i);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  for (const [name, value] of Object.entries({ width: "26", height: "8", "aria-hidden": "true" })) svg.setAttribute(name, value);
  const attributes = { x1: "1", x2: "25", y1: "4", y2: "4", stroke: curveColor(i), "stroke-width": String(width), "stroke-dasharray": dash.join(" ") };
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}

/** A number in at most five digits. */
function print(x: number | undefined): string {
  if (x === undefined) return "";
  if (!Number.isFinite(x)) return String(x).replace("Infinity", "∞").replace("-", "−");
  const small = Math.abs(x) < 5e-7 ? 0 : x; // float32 noise around zero
  const text = Math.abs(small) >= 1e5 || (small !== 0 && Math.abs(small) < 1e-3) ? small.toExponential(2) : String(Number(small.toPrecision(5)));
  return text.replace("-", "−");
}
