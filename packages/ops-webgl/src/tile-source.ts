// The shader of a tile of a matrix product: its rows are vectors of four elements, and each step of the sum takes four of k.

/** How an operand is read. */
export interface Reading {
  /** Texels run along the axis that is summed over, or across it. */
  readonly isAlong: boolean;
  /** Texels that are read together lie in one row of the texture: their places differ by what is added to one coordinate. */
  readonly isStraight: boolean;
}

export interface TileForm {
  /** 1: texel t of the result itself, in row-major order. */
  readonly rows: 1 | 4 | 8;
  readonly left: Reading;
  readonly right: Reading;
}

const known = new Map<string, string>();

/** The source for a form: the same string every time. */
export function tileBody(form: TileForm): string {
  const { rows, left, right } = form;
  const key = [rows, left.isAlong, left.isStraight, right.isAlong, right.isStraight].join();
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = compose(form)));
  return found;
}

export const times = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));
export const lanes = ["x", "y", "z", "w"] as const;
/** Four products added to row r of a tile: a(0)·b0 + … + a(3)·b3. */
export const sum = (r: number, a: (j: number) => string): string => `r${r} += ${times(4, (j) => `${a(j)} * b${j}`).join(" + ")};`;

/** Declares texels name0, name1, … of an input at start + i·step + more; and, before the loop, what they start from. */
function texels(input: number, { isStraight }: Reading, name: string, count: number, start: string, step: string, more: string): { before: string; inside: string } {
  if (!isStraight) return { before: "", inside: times(count, (i) => `vec4 ${name}${i} = texel${input}(${start} + ${i} * ${step}${more && ` + ${more}`});`).join(" ") };
  return {
    before: times(count, (i) => `ivec2 ${name}at${i} = placeOf${input}(${start} + ${i} * ${step});`).join(" "),
    inside: times(count, (i) => `vec4 ${name}${i} = texelFetch(x${input}, ${name}at${i} + ivec2(${more}, 0), 0);`).join(" "),
  };
}

// Four rows across k, from a place that moves by four of them.
function across(input: number, { isStraight }: Reading, name: string, place: string, step: string): string {
  if (!isStraight) return times(4, (j) => `vec4 ${name}${j} = texel${input}(${place} + ${j} * ${step});`).join(" ");
  return `ivec2 ${name}at = placeOf${input}(${place}); ${times(4, (j) => `vec4 ${name}${j} = texelFetch(x${input}, ${name}at + ivec2(${j} * ${step}, 0), 0);`).join(" ")}`;
}

function compose({ rows, left, right }: TileForm): string {
  const groups = Math.max(rows / 4, 1);
  // b0 … b3 are four elements beside each other, for four of k.
  const columns = texels(1, right, "c", 4, "b", "p[8]", "l");
  const b = right.isAlong ? `${columns.inside} ${lanes.map((v, j) => `vec4 b${j} = vec4(c0.${v}, c1.${v}, c2.${v}, c3.${v});`).join(" ")}` : `${across(1, right, "b", "b", "p[8]")} b += 4 * p[8];`;
  const lines = texels(0, left, "a", rows, "a", "p[5]", "l");
  const fromRows = `${lines.inside} ${times(rows, (r) => sum(r, (j) => `a${r}.${lanes[j]}`)).join("\n    ")}`;
  const fromColumns =
    rows === 1
      ? `${across(0, left, "a", "a", "p[5]")} a += 4 * p[5]; ${sum(0, (j) => `a${j}[lane]`)}`
      : `${times(groups, (h) => `${across(0, left, `a${h}_`, `a + ${h}`, "p[5]")} ${times(4, (i) => sum(4 * h + i, (j) => `a${h}_${j}.${lanes[i]}`)).join(" ")}`).join("\n    ")} a += 4 * p[5];`;
  // What is left of k, one by one: only where both operands are rows across it.
  const one = rows === 1 ? "r0 += texel0(a)[lane] * v;" : times(groups, (h) => `vec4 u${h} = texel0(a + ${h}); ${lanes.map((v, i) => `r${4 * h + i} += u${h}.${v} * v;`).join(" ")}`).join(" ");
  const rest = left.isAlong || right.isAlong ? "" : `for (int l = 0; l < p[9]; l++) { vec4 v = texel1(b); ${one} a += p[5]; b += p[8]; }`;
  const top = left.isAlong ? `${rows} * y * p[5]` : rows === 1 ? "(y >> 2)" : `${groups} * y`;
  const head =
    rows === 1
      ? "void texels(int t, out vec4 r0) {\n  int r = t / p[0];\n  int x = t - r * p[0];"
      : `void tile(int t, ${times(rows, (r) => `out vec4 r${r}`).join(", ")}) {\n  int r = t / p[0];\n  int x = t - r * p[0];`;
  return `${head}
  int g = r / p[1];
  int y = r - g * p[1];
  ${rows === 1 && !left.isAlong ? "int lane = y & 3;" : ""}
  int a = p[3] + g * p[4] + ${top};
  int b = p[6] + g * p[7] + ${right.isAlong ? "4 * x * p[8]" : "x"};
  ${times(rows, (r) => `r${r} = vec4(0.0);`).join(" ")}
  ${left.isAlong ? lines.before : ""} ${right.isAlong ? columns.before : ""}
  for (int l = 0; l < p[2]; l++) {
    ${b}
    ${left.isAlong ? fromRows : fromColumns}
  }
  ${rest}
}`;
}
