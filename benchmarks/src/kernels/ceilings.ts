// What this machine allows at most, told by loops that do nothing else: products and sums in registers, loads, loads and stores, the
// moves of a transpose. 128 bits wide, as everything in WebAssembly is.

import { assemble, type Instructions, op } from "./assemble.js";

const { get, set, load, store } = op;
const page = 65536;
/** Between buffers, beyond their size: they do not begin at the same place of a page. */
const gap = 1088;

const memory = new WebAssembly.Memory({ initial: 1 });

/** The addresses of so many buffers, all of whose pages are there and hold other bits than 0. */
function buffers(count: number, bytes: number): number[] {
  const addresses = Array.from({ length: count }, (_, i) => gap + i * (Math.ceil(bytes / 64) * 64 + gap));
  const lacking = Math.ceil(((addresses.at(-1) as number) + bytes) / page) - memory.buffer.byteLength / page;
  if (lacking > 0) memory.grow(lacking);
  new Uint8Array(memory.buffer, 0, (addresses.at(-1) as number) + bytes).fill(63);
  return addresses;
}

const instance = (bytes: BufferSource): ((...parameters: number[]) => number) => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports["run"] as (...parameters: number[]) => number;

const isFused = WebAssembly.validate(assemble(0, { v128: 1, i32: 0 }, [get(0), get(0), get(0), op.fused, op.anyTrue]));

/** Whether products are added in one instruction here, as compiled programs do where they can. */
export const hasFma: boolean = isFused;

const chains = 12;

/** a ← a·x + y in registers alone, in as many chains as hide the time that one step takes and as registers hold. */
export const productBytes = (): Uint8Array<ArrayBuffer> => {
  // Parameter 0 counts rounds; then come the a, x, y, and the round.
  const all = Array.from({ length: chains }, (_, a) => a + 1);
  const [x, y, i] = [chains + 1, chains + 2, chains + 3];
  const step = all.map((a): Instructions => [get(a), get(x), ...(isFused ? [get(y), op.fused] : [op.product, get(y), op.sum]), set(a)]);
  return assemble(1, { v128: chains + 2, i32: 1 }, [
    [op.splatHalf, set(x), op.splatOne, set(y)],
    op.loop(step, get(i), op.constant(1), op.add, set(i), get(i), get(0), op.less),
    [get(1), ...all.slice(1).flatMap((a): Instructions => [get(a), op.or]), op.anyTrue],
  ]);
};

/** Of so many streams every 128 bits loaded and combined by or, and stored where there is a destination. Bytes are a multiple of 128. */
const streamLoop = (loads: number, stores: boolean): Uint8Array<ArrayBuffer> => {
  // Parameters: the end of the first stream, the streams, the destination; then 8 vectors that loads without a destination end in.
  const streams = Array.from({ length: loads }, (_, k) => k + 1);
  const moving = stores ? [...streams, loads + 1] : streams;
  const parameters = moving.length + 1;
  const unrolled = Array.from({ length: 8 }, (_, v): Instructions => {
    const value = streams.flatMap((s, k): Instructions => [get(s), load(16 * v), ...(k > 0 ? [op.or] : [])]);
    return stores ? [get(loads + 1), value, store(16 * v)] : [value, get(parameters + v), op.or, set(parameters + v)];
  });
  return assemble(parameters, { v128: 8, i32: 0 }, [
    op.loop(unrolled, moving.flatMap((p) => [get(p), op.constant(128), op.add, set(p)]), get(1), get(0), op.less),
    [get(parameters), ...Array.from({ length: 7 }, (_, v): Instructions => [get(parameters + 1 + v), op.or]), op.anyTrue],
  ]);
};

/** A square matrix of `row` bytes a row to its transpose: from 16 rows four columns at a time, which are four whole lines of the result. */
const transposingLoop = (row: number): Uint8Array<ArrayBuffer> => {
  // Parameters: the matrix, its end, the result; then 8 vectors; then the end of a row, and where its columns go.
  const [from, end, to, stop, at] = [0, 1, 2, 11, 12];
  const tile = (s: number): Instructions => {
    const rows = [3, 4, 5, 6].map((v, k): Instructions => [get(from), load((4 * s + k) * row), set(v)]);
    const pair = (a: number, b: number, high: boolean): Instructions => [get(a), get(b), op.shuffle(...(high ? [2, 6, 3, 7] : [0, 4, 1, 5]))];
    const pairs: Instructions = [pair(3, 4, false), set(7), pair(5, 6, false), set(8), pair(3, 4, true), set(9), pair(5, 6, true), set(10)];
    const out = (a: number, b: number, high: boolean, k: number): Instructions => [get(at), get(a), get(b), op.shuffle(...(high ? [2, 3, 6, 7] : [0, 1, 4, 5])), store(k * row + 16 * s)];
    return [rows, pairs, out(7, 8, false, 0), out(7, 8, true, 1), out(9, 10, false, 2), out(9, 10, true, 3)];
  };
  const advance = (local: number, by: number): Instructions => [get(local), op.constant(by), op.add, set(local)];
  return assemble(3, { v128: 8, i32: 2 }, [
    op.loop(
      [get(from), op.constant(row), op.add, set(stop), get(to), set(at)],
      op.loop([0, 1, 2, 3].map(tile), advance(from, 16), advance(at, 4 * row), get(from), get(stop), op.less),
      advance(from, 15 * row),
      [advance(to, 64), get(from), get(end), op.less],
    ),
    op.constant(1),
  ]);
};

/** One run of a loop, and what it did. */
export interface Ceiling {
  readonly call: () => number;
  /** Floating-point operations of a call, where they are what counts. */
  readonly flops?: number;
}

/** Products and sums in registers. */
export function productPeak(rounds: number = 1e5): Ceiling {
  const run = instance(productBytes());
  return { call: () => run(rounds), flops: rounds * chains * 4 * 2 };
}

/** So many streams of `bytes` read, and one written if `stores`. */
export function streamPeak(loads: number, stores: boolean, bytes: number): Ceiling & { readonly result: () => Uint8Array } {
  const run = instance(streamLoop(loads, stores));
  const addresses = buffers(loads + Number(stores), bytes);
  const end = (addresses[0] as number) + bytes;
  return { call: () => run(end, ...addresses), result: () => new Uint8Array(memory.buffer, addresses.at(-1), bytes) };
}

/** A square matrix of float32 transposed. */
export function transposePeak(size: number): Ceiling & { readonly source: () => Float32Array; readonly result: () => Float32Array } {
  const run = instance(transposingLoop(4 * size));
  const [from, to] = buffers(2, 4 * size * size) as [number, number];
  const view = (at: number) => (): Float32Array => new Float32Array(memory.buffer, at, size * size);
  return { call: () => run(from, from + 4 * size * size, to), source: view(from), result: view(to) };
}
