// The kernels of sorting: the engine's own sort for one array of numbers, else a merge sort of positions; a heap for a few.

import type { TypedArray } from "@gradus/core";
import { sortP, type SortParams, topKP, type TopKParams } from "@gradus/ops";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { contiguous, forEachLine, type Line } from "./lines.js";
import { fresh } from "./storage.js";

const sort: Kernel<SortParams> = (args, { axis, numKeys, descending }, outs) => {
  const results = outs.map((o) => fresh(o.dtype, o.size));
  const { shape } = outs[0]!;
  const n = shape[axis] as number;
  const ins = args.map((x) => viewOf(x));
  const keys = Array.from({ length: numKeys }, () => new Float64Array(n));
  const order = new Int32Array(n);
  const spare = new Int32Array(n);
  forEachLine(shape, axis, [...results.map((r) => contiguous(r, shape)), ...ins], (lines) => {
    keys.forEach((key, k) => readLine(key, ins[k]!.data, lines[outs.length + k] as Line));
    if (args.length === 1 && !descending) return writeLine(results[0]!, lines[0] as Line, sortedLine(keys[0]!));
    if (numKeys === 1) orderByOne(keys[0]!, order, spare, descending);
    else {
      for (let i = 0; i < n; i++) order[i] = i;
      mergeSort(keys, order, spare, descending);
    }
    results.forEach((to, k) => {
      const [o, e] = [lines[k] as Line, lines[outs.length + k] as Line];
      const from = ins[k]!.data;
      for (let i = 0, at = o.at; i < n; i++, at += o.step) to[at] = from[e.at + (order[i] as number) * e.step] as number;
    });
  });
  return results;
};

function readLine(to: Float64Array, from: TypedArray, { at, step }: Line): void {
  for (let i = 0; i < to.length; i++, at += step) to[i] = from[at] as number;
}

function writeLine(to: TypedArray, { at, step }: Line, from: Float64Array): void {
  for (let i = 0; i < from.length; i++, at += step) to[at] = from[i] as number;
}

// The sort of typed arrays puts NaN last, and −0 before 0: these are equal here, and go back to the order that they came in.
function sortedLine(line: Float64Array): Float64Array {
  const zeros = line.filter((v) => v === 0);
  line.sort();
  if (zeros.length > 1) line.set(zeros, line.indexOf(0));
  return line;
}

// Whether element a has to come before element b: key by key, NaN greatest.
function precedes(keys: readonly Float64Array[], a: number, b: number, descending: boolean): boolean {
  for (const key of keys) {
    const [x, y] = descending ? [key[b] as number, key[a] as number] : [key[a] as number, key[b] as number];
    if (x < y) return true;
    if (x > y) return false;
    if (x !== x || y !== y) {
      if (x === x) return true;
      if (y === y) return false;
    }
  }
  return false;
}

// Bottom-up: runs of doubled length; of equals the left one comes first.
function mergeSort(keys: readonly Float64Array[], order: Int32Array, spare: Int32Array, descending: boolean): void {
  const n = order.length;
  let [from, to] = [order, spare];
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, n), Math.min(start + 2 * width, n)];
      let [i, j] = [start, middle];
      for (let k = start; k < end; k++) {
        const takeRight = i === middle || (j < end && precedes(keys, from[j] as number, from[i] as number, descending));
        to[k] = from[takeRight ? j++ : i++] as number;
      }
    }
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from);
}

// By one key: NaN goes to its end at once, so that plain comparisons are left, and the keys move along with the positions.
function orderByOne(key: Float64Array, order: Int32Array, spare: Int32Array, descending: boolean): void {
  const numbers = key.reduce((count, v) => (v === v ? count + 1 : count), 0);
  const first = descending ? key.length - numbers : 0;
  const values = new Float64Array(numbers);
  for (let i = 0, k = 0, nan = descending ? 0 : numbers; i < key.length; i++) {
    const v = key[i] as number;
    if (v === v) {
      order[first + k] = i;
      values[k++] = descending ? -v : v;
    } else order[nan++] = i;
  }
  let [from, to] = [order.subarray(first, first + numbers), spare.subarray(first, first + numbers)];
  let [left, right] = [values, new Float64Array(numbers)];
  let passes = 0;
  for (let width = 1; width < numbers; width *= 2, passes++) {
    mergeRuns(left, right, from, to, width);
    [from, to] = [to, from];
    [left, right] = [right, left];
  }
  if (passes % 2 === 1) to.set(from);
}

// Merges runs of a width, two by two.
function mergeRuns(keys: Float64Array, keysTo: Float64Array, from: Int32Array, to: Int32Array, width: number): void {
  const n = keys.length;
  for (let start = 0; start < n; start += 2 * width) {
    const middle = Math.min(start + width, n);
    const end = Math.min(start + 2 * width, n);
    let i = start;
    let j = middle;
    for (let k = start; k < end; k++) {
      const source = i === middle || (j < end && (keys[j] as number) < (keys[i] as number)) ? j++ : i++;
      keysTo[k] = keys[source] as number;
      to[k] = from[source] as number;
    }
  }
}

const topK: Kernel<TopKParams> = ([x], { k }, outs) => {
  const { shape, dtype } = x!;
  const values = fresh(dtype, outs[0]!.size);
  const indices = fresh("int32", outs[1]!.size);
  if (values.length === 0) return [values, indices];
  const view = viewOf(x!);
  const n = shape[shape.length - 1] as number;
  const key = new Float64Array(n);
  const order = new Int32Array(Math.max(k, n));
  const spare = new Int32Array(n);
  const isMost = k > n / 8;
  let to = 0;
  forEachLine(shape, shape.length - 1, [view], ([line]) => {
    readLine(key, view.data, line!);
    if (isMost) orderByOne(key, order, spare, true);
    else selectGreatest(key, order, k);
    for (let i = 0; i < k; i++, to++) {
      indices[to] = order[i] as number;
      values[to] = view.data[line!.at + (order[i] as number) * line!.step] as number;
    }
  });
  return [values, indices];
};

// The indices of the k greatest, NaN first: a heap of the best so far, the worst of which is at its root.
function selectGreatest(key: Float64Array, order: Int32Array, k: number): void {
  let first = 0;
  for (let i = 0; i < key.length && first < k; i++) if (Number.isNaN(key[i])) order[first++] = i;
  const heap = order.subarray(first, k);
  let size = 0;
  for (let i = 0; i < key.length && heap.length > 0; i++) {
    const v = key[i] as number;
    if (size < heap.length) {
      if (Number.isNaN(v)) continue;
      // Up from the end, past all that are better: an equal one that came first is.
      let at = size++;
      for (let up = (at - 1) >> 1; at > 0 && v <= (key[heap[up] as number] as number); at = up, up = (at - 1) >> 1) heap[at] = heap[up] as number;
      heap[at] = i;
    } else if (v > (key[heap[0] as number] as number)) sink(key, heap, size, i);
  }
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0] as number;
    sink(key, heap, end, heap[end] as number);
    heap[end] = worst;
  }
}

// Puts an index in the place of the root, and lets it down past all that are worse: less, or equal and later.
function sink(key: Float64Array, heap: Int32Array, size: number, index: number): void {
  const v = key[index] as number;
  let at = 0;
  for (let down = 1; down < size; down = 2 * at + 1) {
    let other = heap[down] as number;
    let w = key[other] as number;
    if (down + 1 < size) {
      const right = heap[down + 1] as number;
      const r = key[right] as number;
      if (r < w || (r === w && right > other)) [down, other, w] = [down + 1, right, r];
    }
    if (v < w || (v === w && index > other)) break;
    heap[at] = other;
    at = down;
  }
  heap[at] = index;
}

/** sort and topK. */
export const sorting: KernelFamily = [
  [sortP, sort],
  [topKP, topK],
];
