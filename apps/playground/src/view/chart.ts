// One panel of curves, drawn by uPlot: small, quick, and all that is needed here.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Line {
  readonly name: string;
  readonly ys: Float64Array;
  readonly color: string;
  readonly width: number;
  readonly dash: readonly number[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xs: Float64Array;
  readonly lines: readonly Line[];
  readonly height: number;
  /** Panels of one group share their cursor. */
  readonly group: string;
  /** A marked position. */
  readonly at: number | undefined;
  /** Called with the index of the sample under the pointer, or undefined when it leaves. */
  readonly onHover: (index: number | undefined) => void;
}

/** Draws the panel into `element`, which gives it its width. */
export function drawChart(element: HTMLElement, options: ChartOptions): uPlot {
  const { title, xs, lines, height, group, at, onHover } = options;
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--muted"), grid: { stroke: color("--grid"), width: 1 }, ticks: { show: false }, font: `11px ${color("--sans")}` };
  const chart = new uPlot(
    {
      width: element.clientWidth,
      height,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: group }, points: { size: 7 } },
      scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: (_, min, max) => yRange(min, max) } },
      axes: [
        { ...axis, size: 26, gap: 4, space: 50 },
        { ...axis, size: 46, gap: 6, space: 28 },
      ],
      series: [{}, ...lines.map(({ name, color: stroke, width, dash }) => ({ label: name, stroke, width, dash: [...dash], pxAlign: 0, points: { show: false } }))],
      hooks: {
        drawClear: [(u) => drawZero(u, color("--axis"))],
        draw: at === undefined ? [] : [(u) => drawMark(u, at, color("--muted"))],
        setCursor: [(u) => onHover(u.cursor.idx ?? undefined)],
      },
    },
    [xs, ...lines.map(({ ys }) => Array.from(ys, (y) => (Number.isFinite(y) ? y : null)))],
    element,
  );
  const canvas = element.querySelector("canvas") as HTMLCanvasElement;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title} of ${lines.map((l) => l.name).join(", ")} for x from ${xs[0]} to ${xs.at(-1)}`);
  return chart;
}

/** Some air around the curves; a flat curve lies in the middle. */
function yRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [-1, 1];
  const air = max - min < 1e-6 * Math.max(1, Math.abs(max)) ? Math.max(1, Math.abs(max) / 2) : 0.08 * (max - min);
  return [min - air, max + air];
}

function drawZero(u: uPlot, stroke: string): void {
  const { min = 0, max = 0 } = u.scales["y"] as uPlot.Scale;
  if (min < 0 && max > 0) drawLine(u, [u.bbox.left, u.valToPos(0, "y", true)], [u.bbox.left + u.bbox.width, u.valToPos(0, "y", true)], stroke, []);
}

function drawMark(u: uPlot, at: number, stroke: string): void {
  const x = u.valToPos(at, "x", true);
  drawLine(u, [x, u.bbox.top], [x, u.bbox.top + u.bbox.height], stroke, [3, 4]);
}

function drawLine(u: uPlot, from: readonly [number, number], to: readonly [number, number], stroke: string, dash: readonly number[]): void {
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.restore();
}
