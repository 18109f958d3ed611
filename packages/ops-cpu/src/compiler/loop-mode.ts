// How the innermost loop of a nest is run: how many elements at a time, and what becomes of those that are left over.

import { rowMajor } from "@gradus/core";
import { costOf, forEachNode, type Nest, type Node, type Place, type Store } from "@gradus/loops";
import { withShortWay } from "../wasm/vector-float32.js";

export interface LoopMode {
  readonly lanes: 1 | 4;
  /**
   * Elements that fill no vector: there are none, they have a scalar loop, or the last vector goes beyond the end, into what the
   * next row or the padding of the buffer overwrites or ignores. Where another thread has the next row, the elements of that
   * vector are stored one by one ("apart").
   */
  readonly rest: "none" | "scalar" | "beyond" | "apart";
}

const scalar: LoopMode = { lanes: 1, rest: "none" };

/** The loops in which a node differs: one bit each. */
export function variation(roots: readonly Node[]): Map<Node, number> {
  const bits = new Map<Node, number>();
  forEachNode(roots, (node) => {
    let mask = 0;
    if (node.kind === "load" || node.kind === "index") node.strides.forEach((s, i) => (mask |= s === 0 ? 0 : 1 << i));
    else if (node.kind !== "const") for (const a of node.args) mask |= bits.get(a) as number;
    bits.set(node, mask);
  });
  return bits;
}

/** How a nest is run; `rows` is the length of its outermost loop where the nest is one block of it. */
export function modeOf(nest: Nest, simd: boolean, rows: number | undefined = nest.dims[0]): LoopMode {
  const { dims, stores, reduced } = nest;
  const inner = dims.length - 1;
  if (!simd || inner < 0) return scalar;
  const n = dims[inner] as number;
  const isFolded = reduced[inner] === true;
  const step = (p: Place): number => p.strides[inner] as number;
  // Results that are not side by side are stored one by one.
  if (stores.some((s) => !isVectorFold(s) || (step(s) !== 1 && !(isFolded && s.fold !== undefined)))) return scalar;
  const varies = variation(stores.map((s) => s.value));
  let isPlain = true; // every array is read in order, or the same for the whole row
  for (const [node, mask] of varies) {
    if ((mask & (1 << inner)) === 0) continue;
    if (node.kind === "load" && step(node) !== 1) isPlain = false;
  }
  if (n % 4 === 0) return { lanes: 4, rest: "none" };
  if (isFolded || !isPlain || !stores.every((s) => isWhole(s.strides, nest, s.buffer.size, rows))) return n < 4 ? scalar : { lanes: 4, rest: "scalar" };
  return { lanes: 4, rest: "beyond" };
}

/** So many vectors in one turn of the innermost loop: several where each is little work. */
export const turnsOf = ({ stores }: Nest): number => (costOf(...stores.map((s) => s.value)) > 24 ? 1 : 4);

/** Whether an element is computed with functions that have a short way for usual arguments. */
export function hasShortWay({ stores }: Nest): boolean {
  let found = false;
  forEachNode(stores.map((s) => s.value), (n) => {
    if (n.kind === "call" && n.on === "float32" && withShortWay.has(n.op.name)) found = true;
  });
  return found;
}

/** Turns after which totals of lanes are joined to the whole. */
export const stretch = 256;

/** Rows whose elements are joined to those beside them before the next strip of columns: as many as the machine follows at a time. */
export const blockOfRows = 8;

/** Columns that make it worth it to join rows in blocks. */
export const leastTall = 256;

/** Whether rows that are joined element by element are too long and too many to be walked down anew for every strip of columns. */
export function isTall({ dims, stores }: Nest): boolean {
  const [rows, columns] = dims.slice(-2) as [number, number];
  return rows > 2 * blockOfRows && columns >= leastTall && stores.every((s) => s.fold === undefined || s.buffer.type === s.value.type);
}

// Whether a buffer is written from its start to its end, row after row; by all blocks of rows together, or by each.
function isWhole(strides: readonly number[], { dims, reduced }: Nest, size: number, rows: number | undefined): boolean {
  const kept = dims.filter((_, i) => !reduced[i]);
  const written = kept.reduce((a, b) => a * b, 1);
  const isFilled = written === size || (reduced[0] === false && (written / (dims[0] as number)) * (rows as number) === size);
  return isFilled && rowMajor(kept).every((s, i) => s === strides.filter((_, k) => !reduced[k])[i]);
}

// Products of float32 are taken in doubles: in part they may be too large where the whole is not.
const isVectorFold = ({ fold, value }: Store): boolean => !(fold?.op.name === "mul" && value.type === "float32");

/** Whether a result may take the place of an array that it is computed from, element by element. */
export const mayOverwrite = ({ dims }: Nest, { rest }: LoopMode): boolean => rest !== "beyond" || dims.length === 1;
