// Products of float32 matrices. A fragment computes four elements of a row, or a tile of 4 or 8 rows of four, so that 12 texels read
// serve 128 products. Operands are read where they lie, in either order of their axes, as long as texels do not straddle their rows.

import type { Device, TilePass } from "./device.js";
import type { Storage } from "./storage.js";
import { rowOf } from "./textures.js";
import { tileWidth } from "./tiles.js";
import { tileBody } from "./tile-source.js";
import { View } from "./view.js";

/** The sizes of a stack of products. */
export interface Sizes {
  readonly count: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

// Whether tiles pay, which are drawn and then joined: earlier where rows of the result do not end with their texels.
const isLarge = ({ count, m, n, k }: Sizes): boolean => m > 3 && count * m * n * k >= (n % 4 === 0 ? 2 ** 17 : 2 ** 14);

/** Whether a product is better computed here than element by element. */
export const isTexelProduct = (sizes: Sizes): boolean => sizes.k >= 4 && (sizes.n % 4 === 0 || (isLarge(sizes) && sizes.n >= 8));

/** An operand in units of texels: its rows are along the axis that is summed over, or across it. */
interface Matrix {
  readonly storage: Storage;
  readonly isAlong: boolean;
  readonly start: number;
  readonly batch: number;
  readonly step: number;
  /** Whether texels that are read together lie in one row of the texture. */
  readonly isStraight: boolean;
}

/** Rows of tiles for a result of `count` matrices of m rows. */
export const tileRows = ({ tiles }: Device, { count, m, n }: Omit<Sizes, "k">): 4 | 8 => (tiles.mostRows === 8 && m > 4 && count * m * n >= 2 ** 13 ? 8 : 4);

/** Draws the tiles of a result, row by row of them, and joins them to matrices in row-major order. */
export function byTiles(device: Device, pass: Omit<TilePass, "tiles">, { count, m, n }: Omit<Sizes, "k">): Storage {
  const [columns, tall, isByTexel] = [Math.ceil(n / 4), Math.ceil(m / pass.rows), n % 4 === 0];
  const tiles = count * tall * columns;
  const join = { size: count * m * n, ints: [columns, m, tall, tileWidth(tiles), n], source: joined(pass.rows, isByTexel), isByTexel };
  return device.runTiles({ ...pass, tiles }, join);
}

/** a·b of stacks [count, m, k] and [count, n, k], as views of three axes; the elements of the result in row-major order. */
export function matrixProduct(device: Device, a: View, b: View, sizes: Sizes): Storage {
  const { count, m, n, k } = sizes;
  const { rowLength } = device.memory.pool;
  const [k4, n4] = [Math.ceil(k / 4), Math.ceil(n / 4)];
  const even = k % 4 === 0;
  let left = inPlace(a, m, k, count, rowLength);
  let right = inPlace(b, n, k, count, rowLength);
  // Whole texels along k, or single rows of both.
  if (!even && (left?.isAlong !== false || right?.isAlong !== false)) left = right = undefined;
  const made: Storage[] = [];
  const moved = ({ storage, offset, strides: [batch, free, along] }: View, [height, width]: [number, number], isAlong: boolean, [tall, wide]: [number, number]): Matrix => {
    const result = laidOut(device, new View(storage, (isAlong ? [batch, free, along] : [batch, along, free]) as number[], offset), [count, height, width], [tall, wide]);
    made.push(result);
    return described(result, isAlong, 0, (tall * wide) / 4, wide / 4, wide / 4, rowLength);
  };
  left ??= moved(a, [m, k], true, [m, 4 * k4]);
  right ??= moved(b, [k, n], false, [4 * k4, 4 * n4]);
  const whole = even || left.isAlong ? k4 : Math.floor(k / 4);
  const isDirect = n % 4 === 0 && !isLarge(sizes);
  const rows = isDirect ? 1 : tileRows(device, sizes);
  const [tall, rest] = [Math.ceil(m / rows), left.isAlong ? 0 : k - 4 * whole];
  const ints = [n4, tall, whole, left.start, left.batch, left.step, right.start, right.batch, right.step, rest];
  const source = tileBody({ rows, left, right });
  const inputs = [left.storage, right.storage];
  const result = ((): Storage => {
    if (rows === 1) return device.runSeveral({ outs: ["float32"], size: count * m * n, inputs, ints, source })[0] as Storage;
    return byTiles(device, { rows, inputs, ints, source }, sizes);
  })();
  for (const storage of made) device.memory.release(storage);
  return result;
}

// An operand [count, free, k] as it lies, if texels do not straddle its rows.
function inPlace({ storage, offset, strides }: View, free: number, k: number, count: number, rowLength: number): Matrix | undefined {
  const [batch, freeStep, kStep] = strides as [number, number, number];
  if (offset % 4 !== 0 || (count > 1 && batch % 4 !== 0)) return undefined;
  const isAlong = kStep === 1 && k % 4 === 0 && (freeStep % 4 === 0 || free === 1);
  if (!isAlong && !((freeStep === 1 || free === 1) && kStep % 4 === 0)) return undefined;
  const [step, length] = isAlong ? [freeStep, k] : [kStep, free];
  return described(storage, isAlong, offset / 4, count > 1 ? batch / 4 : 0, step / 4, Math.ceil(length / 4), rowLength);
}

// Along k, runs of texels are read; across it, four rows at a time.
function described(storage: Storage, isAlong: boolean, start: number, batch: number, step: number, length: number, rowLength: number): Matrix {
  const unit = isAlong ? step : 4 * step;
  const row = rowOf(storage.size, rowLength);
  const fits = unit > 0 && row % unit === 0 && batch % unit === 0 && (start % unit) + length <= step;
  return { storage, isAlong, start, batch, step, isStraight: fits };
}

/** Matrices [count, height, width] in row-major order, with zeros around them up to a size of whole texels. */
export function laidOut(device: Device, { storage, offset, strides }: View, [count, height, width]: [number, number, number], [tall, wide]: [number, number]): Storage {
  const ints = [wide / 4, tall, offset, ...strides, height, width];
  return device.runSeveral({ outs: ["float32"], size: count * tall * wide, inputs: [storage], ints, source: layOut })[0] as Storage;
}

// Texel x of row y of matrix g: four elements, zeros beyond the matrix.
const layOut = `void texels(int t, out vec4 r0) {
  int r = t / p[0];
  int x = 4 * (t - r * p[0]);
  int g = r / p[1];
  int y = r - g * p[1];
  int at = p[2] + g * p[3] + y * p[4] + x * p[5];
  r0 = vec4(0.0);
  if (y >= p[6]) return;
  for (int j = 0; j < 4; j++) if (x + j < p[7]) r0[j] = read0(at + j * p[5]);
}`;

const chosen = (rows: number, pick: (r: number) => string): string => Array.from({ length: rows }, (_, r) => `if (k == ${r}) ${pick(r)}`).join("\n  else ");

const joins = new Map<string, string>();

/**
 * The source that joins tiles to stacks of matrices in row-major order: row y of matrix g is row y mod 4 or 8 of a tile. Its numbers: columns of
 * texels, rows of a matrix, rows of tiles, tileWidth, and columns of elements for results whose rows are not whole texels.
 */
function joined(rows: number, isWhole: boolean): string {
  const key = `${rows} ${isWhole}`;
  let found = joins.get(key);
  if (found !== undefined) return found;
  const place = `int g = r / p[1];
  int y = r - g * p[1];
  int k = y & ${rows - 1};
  int u = (g * p[2] + (y >> ${Math.log2(rows)})) * p[0]`;
  const at = "ivec2 at = ivec2(u & ((1 << p[3]) - 1), u >> p[3]);";
  found = isWhole
    ? `void texels(int t, out vec4 r0) {
  int r = t / p[0];
  ${place} + (t - r * p[0]);
  ${at}
  ${chosen(rows, (i) => `r0 = texelFetch(x${i}, at, 0);`)}
}`
    : `float element(int i) {
  int r = i / p[4];
  int x = i - r * p[4];
  ${place} + (x >> 2);
  ${at}
  vec4 v = vec4(0.0);
  ${chosen(rows, (i) => `v = texelFetch(x${i}, at, 0);`)}
  return v[x & 3];
}`;
  joins.set(key, found);
  return found;
}
