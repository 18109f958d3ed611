// Shaders of convolutions by tiles: 4 or 8 rows of four features of the result. The numbers that they are given have names here.

import { lanes, sum, times } from "./tile-source.js";

/** What rows of a tile are: places of the result beside each other, or its images, which lie side by side in the operand. */
export type Rows = "places" | "images";

export interface ConvolutionForm {
  readonly rows: 4 | 8;
  readonly of: Rows;
  readonly rank: number;
  /** Whether the kernel's texels run along the features that are summed over. */
  readonly isAlong: boolean;
  /** Which spatial axes have gaps in the operand. */
  readonly gaps: readonly boolean[];
}

/** Places of the numbers, in texels where they are places or steps. */
export const head = { columns: 0, depth: 1, left: 2, image: 3, feature: 4, tall: 5, right: 6, deep: 7, across: 8 } as const;
const heads = 9;
const axis = { out: 0, stride: 1, low: 2, window: 3, dilation: 4, gap: 5, size: 6, left: 7, right: 8 } as const;

/** The numbers of one spatial axis, in their order. */
export type AxisNumbers = Readonly<Record<keyof typeof axis, number>>;

/** All numbers in their order. */
export const numbers = (first: Readonly<Record<keyof typeof head, number>>, axes: readonly AxisNumbers[]): number[] => [
  ...(Object.keys(head) as (keyof typeof head)[]).map((k) => first[k]),
  ...axes.flatMap((a) => (Object.keys(axis) as (keyof typeof axis)[]).map((k) => a[k])),
];

const known = new Map<string, string>();

/** The source for a form: the same string every time. */
export function convolutionSource(form: ConvolutionForm): string {
  const key = JSON.stringify(form);
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = form.of === "places" ? overPlaces(form) : overImages(form)));
  return found;
}

const h = (name: keyof typeof head): string => `p[${head[name]}]`;
const of = (d: number, name: keyof typeof axis): string => `p[${heads + 9 * d + axis[name]}]`;
const results = (rows: number): string => times(rows, (r) => `out vec4 r${r}`).join(", ");
const zeros = (rows: number): string => times(rows, (r) => `r${r} = vec4(0.0);`).join(" ");

// Nested loops over the window, w0, w1, …, with statements that come before the inner ones.
function overWindow(rank: number, before: (d: number) => string, body: string): string {
  const open = times(rank, (d) => `for (int w${d} = 0; w${d} < ${of(d, "window")}; w${d}++) { ${before(d)}`);
  return `${open.join("\n  ")}\n  ${body}\n  ${"}".repeat(rank)}`;
}

// Place e of an operand with gaps: whether it is one, and which.
const inside = (d: number, e: string, hasGap: boolean): string => (hasGap ? `${e} >= 0 && ${e} % ${of(d, "gap")} == 0 && ${e} / ${of(d, "gap")} < ${of(d, "size")}` : `${e} >= 0 && ${e} < ${of(d, "size")}`);
const placeIn = (d: number, e: string, hasGap: boolean): string => (hasGap ? `${e} / ${of(d, "gap")}` : e);

// Row i of the tile is place i of all, image by image; four features of the operand are a texel.
function overPlaces({ rows, rank, isAlong, gaps }: ConvolutionForm): string {
  const spatial = times(rank, (d) => d);
  const start = (i: number): string =>
    `int f${i} = r * ${rows} + ${i}; ${[...spatial]
      .reverse()
      .map((d) => `int u${i}_${d} = f${i} / ${of(d, "out")}; int s${i}_${d} = (f${i} - u${i}_${d} * ${of(d, "out")}) * ${of(d, "stride")} - ${of(d, "low")}; f${i} = u${i}_${d};`)
      .join(" ")} f${i} = ${h("left")} + f${i} * ${h("image")};`;
  const place = (i: number): string => {
    const e = spatial.map((d) => `int e${i}_${d} = s${i}_${d} + w${d} * ${of(d, "dilation")};`).join(" ");
    const is = spatial.map((d) => inside(d, `e${i}_${d}`, gaps[d] as boolean)).join(" && ");
    const at = ["f" + i, ...spatial.map((d) => `${placeIn(d, `e${i}_${d}`, gaps[d] as boolean)} * ${of(d, "left")}`)].join(" + ");
    return `${e} int at${i} = ${is} ? ${at} : -1;`;
  };
  const b = isAlong
    ? `${times(4, (j) => `vec4 c${j} = texel1(b + ${j} * ${h("across")} + l);`).join(" ")} ${lanes.map((v, j) => `vec4 b${j} = vec4(c0.${v}, c1.${v}, c2.${v}, c3.${v});`).join(" ")}`
    : `${times(4, (j) => `vec4 b${j} = texel1(b + ${j} * ${h("deep")});`).join(" ")} b += 4 * ${h("deep")};`;
  const body = `${times(rows, place).join("\n  ")}
  if (${times(rows, (i) => `at${i} < 0`).join(" && ")}) continue;
  int b = ${[h("right"), isAlong ? `4 * x * ${h("across")}` : "x", ...spatial.map((d) => `w${d} * ${of(d, "right")}`)].join(" + ")};
  for (int l = 0; l < ${h("depth")}; l++) {
    ${b}
    ${times(rows, (i) => `vec4 a${i} = at${i} < 0 ? vec4(0.0) : texel0(at${i} + l); ${sum(i, (j) => `a${i}.${lanes[j]}`)}`).join("\n    ")}
  }`;
  return `void tile(int t, ${results(rows)}) {
  int r = t / ${h("columns")};
  int x = t - r * ${h("columns")};
  ${times(rows, start).join("\n  ")}
  ${zeros(rows)}
  ${overWindow(rank, () => "", body)}
}`;
}

// Rows are images of the operand, four to a texel, at one place of the result; so are four of its columns.
function overImages({ rows, rank, gaps }: ConvolutionForm): string {
  const spatial = times(rank, (d) => d);
  const groups = rows / 4;
  const start = [...spatial].reverse().map((d) => `int u${d} = s / ${of(d, "out")}; int s${d} = (s - u${d} * ${of(d, "out")}) * ${of(d, "stride")} - ${of(d, "low")}; s = u${d};`);
  const before = (d: number): string => `int e${d} = s${d} + w${d} * ${of(d, "dilation")}; if (!(${inside(d, `e${d}`, gaps[d] as boolean)})) continue;`;
  const left = [h("left"), `${groups} * y`, ...spatial.map((d) => `${placeIn(d, `e${d}`, gaps[d] as boolean)} * ${of(d, "left")}`)].join(" + ");
  const right = [h("right"), "x", ...spatial.map((d) => `w${d} * ${of(d, "right")}`)].join(" + ");
  const four = `${times(4, (j) => `vec4 b${j} = texel1(b + ${j} * ${h("deep")});`).join(" ")} b += 4 * ${h("deep")};
    ${times(groups, (g) => `${times(4, (j) => `vec4 a${g}_${j} = texel0(a + ${g} + ${j} * ${h("feature")});`).join(" ")} ${times(4, (i) => sum(4 * g + i, (j) => `a${g}_${j}.${lanes[i]}`)).join(" ")}`).join("\n    ")}
    a += 4 * ${h("feature")};`;
  const one = `vec4 v = texel1(b); b += ${h("deep")}; ${times(groups, (g) => `vec4 u${g} = texel0(a + ${g}); ${lanes.map((v, i) => `r${4 * g + i} += u${g}.${v} * v;`).join(" ")}`).join(" ")} a += ${h("feature")};`;
  const body = `int a = ${left};
  int b = ${right};
  int l = 0;
  for (; l + 4 <= ${h("depth")}; l += 4) {
    ${four}
  }
  for (; l < ${h("depth")}; l++) { ${one} }`;
  return `void tile(int t, ${results(rows)}) {
  int r = t / ${h("columns")};
  int x = t - r * ${h("columns")};
  int s = r / ${h("tall")};
  int y = r - s * ${h("tall")};
  ${start.join("\n  ")}
  ${zeros(rows)}
  ${overWindow(rank, before, body)}
}`;
}
