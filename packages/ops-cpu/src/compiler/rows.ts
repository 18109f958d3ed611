// Between fusion and the memory plan: nests one after the other that run over the same rows become one step, which does all of
// them for a block of rows, and then for the next block, so that what one nest leaves for another is still in the cache. An array
// that nothing else reads has room for one block alone.

import { avalOf } from "@gradus/core";
import { type Buffer, bytesOf, forEachNode, type Kernel, type LoopProgram, type Nest, type Operand, type Place, scheduleOf, type Step } from "@gradus/loops";
import { call, i32, type I32, select } from "../wasm/encoder.js";
import { emitBlock } from "./nest-functions.js";
import type { KernelCode } from "./emission.js";
import { type LoopMode, modeOf } from "./loop-mode.js";
import type { Sharing } from "./parts.js";
import { overlapOf } from "./overlap.js";
import { roomsOf, shareBlocks } from "./share-rows.js";
import { rewritten } from "./rewrite.js";
import { isTransposition } from "./transposition.js";

const longestRow = 2 ** 17; // in bytes, of all arrays together
const mostNests = 32; // in one step

interface Options {
  /** About how many bytes a block takes. */
  readonly large: number;
  readonly simd: boolean;
  readonly sharing: Sharing | undefined;
}

/** The program with such steps; `modes` is told how their nests are run. */
export function inRows(program: LoopProgram, options: Options, modes: Map<Nest, LoopMode>): LoopProgram {
  const { large } = options;
  const uses = usesIn(program);
  const buffers: Buffer[] = [...program.buffers];
  const visit = (steps: readonly Step[]): Step[] => {
    const out: Step[] = [];
    for (let i = 0; i < steps.length; ) {
      const found = rowsFrom(steps, i, large);
      if (found === undefined) out.push(inside(steps[i++] as Step));
      else {
        out.push(stepOf(found, blockOf(found, large), uses, options, modes, buffers));
        i += found.nests.length;
      }
    }
    return out;
  };
  const inside = (step: Step): Step => {
    if (step.kind === "repeat") return { ...step, steps: visit(step.steps) };
    if (step.kind === "while") return { ...step, condition: visit(step.condition), steps: visit(step.steps) };
    return step.kind === "branch" ? { ...step, branches: step.branches.map((b) => ({ ...b, steps: visit(b.steps) })) } : step;
  };
  return { ...program, steps: visit(program.steps), buffers };
}

// How many things that are done touch a buffer.
function usesIn(program: LoopProgram): Map<Buffer, number> {
  const uses = new Map<Buffer, number>();
  const use = (b: Buffer): unknown => uses.set(b, (uses.get(b) ?? 0) + 1);
  for (const { reads, writes } of scheduleOf(program)) new Set([...reads, ...writes]).forEach(use);
  for (const x of [...program.inputs, ...program.outputs, ...program.constants.map(([, c]) => c)]) if (x !== undefined && "buffer" in x) use(x.buffer);
  return uses;
}

/** Nests over the same rows, and how far apart these are in each array; undefined where some element is not in the nest's own row. */
class Rows {
  readonly count: number;
  readonly nests: Nest[] = [];
  readonly steps = new Map<Buffer, number | undefined>();
  readonly written = new Set<Buffer>();
  /** How many of the nests touch an array. */
  readonly uses = new Map<Buffer, number>();

  constructor(count: number) {
    this.count = count;
  }

  /** Adds a nest if it may be done row by row together with the others: no nest then misses what another writes, or meets it too early. */
  take(given: Nest): boolean {
    const nest = split(given, this.count);
    if (nest === undefined || isTransposition(given)) return false;
    const places = placesIn(nest);
    const written = new Set([...this.written, ...nest.stores.map((s) => s.buffer)]);
    const steps = new Map<Buffer, number | undefined>();
    for (const p of places) {
      const step = rowStep(p, nest.dims);
      const known = steps.has(p.buffer) ? steps.get(p.buffer) : this.steps.has(p.buffer) ? this.steps.get(p.buffer) : step;
      steps.set(p.buffer, known === step ? step : undefined);
    }
    for (const [b, step] of steps) if (written.has(b) && step === undefined) return false;
    this.nests.push(nest);
    for (const b of written) this.written.add(b);
    for (const [b, step] of steps) {
      this.steps.set(b, step);
      this.uses.set(b, (this.uses.get(b) ?? 0) + 1);
    }
    return true;
  }

  get bytesOfRow(): number {
    return [...this.steps].reduce((n, [b, step]) => n + (step ?? 0) * bytesOf[b.type], 0);
  }

  /** Bytes of the arrays that several of the nests touch. */
  get shared(): number {
    return [...this.uses].reduce((n, [b, uses]) => (uses > 1 ? n + b.size * bytesOf[b.type] : n), 0);
  }
}

// The longest list of nests from a step on that is worth it: what little they share is in the cache anyway. It begins with a nest of
// a large array, since small ones are not worth the search.
function rowsFrom(steps: readonly Step[], start: number, large: number): Rows | undefined {
  const first = steps[start] as Step;
  if (first.kind !== "nest" || !placesIn(first).some(({ buffer }) => buffer.size * bytesOf[buffer.type] >= large)) return undefined;
  const end = steps.findIndex((step, i) => i > start && (step.kind !== "nest" || i === start + mostNests));
  const nests = steps.slice(start, end < 0 ? steps.length : end) as readonly Nest[];
  let best: Rows | undefined;
  for (const count of new Set(nests.map(({ dims }) => dims[0] ?? 1))) {
    if (count === 1) continue;
    const rows = new Rows(count);
    nests.every((nest) => rows.bytesOfRow <= longestRow && rows.take(nest));
    const pays = rows.shared >= 4 * large && blockOf(rows, large) < count;
    if (pays && rows.nests.length > (best?.nests.length ?? 1)) best = rows;
  }
  return best;
}

// A nest whose outermost loop is over so many rows.
function split(nest: Nest, count: number): Nest | undefined {
  const { dims, reduced } = nest;
  const n = dims[0] ?? 0;
  if (n === 0 || reduced[0] === true || n % count !== 0) return undefined;
  if (n === count) return nest;
  const inner = n / count;
  const strides = ([s, ...rest]: readonly number[]): number[] => [(s as number) * inner, s as number, ...rest];
  const stores = rewritten(nest, { read: (x) => ({ ...x, strides: strides(x.strides) }), written: (s) => ({ ...s, strides: strides(s.strides) }) });
  return { ...nest, dims: [count, inner, ...dims.slice(1)], reduced: [false, ...reduced], stores };
}

function placesIn({ stores }: Nest): (Place & { readonly buffer: Buffer })[] {
  const places: (Place & { readonly buffer: Buffer })[] = [...stores];
  forEachNode(stores.map((s) => s.value), (n) => {
    if (n.kind === "load") places.push(n);
  });
  return places;
}

// How far apart the rows of an array are, if every element that is touched at a row lies in that row.
function rowStep({ strides, offset }: Place, dims: readonly number[]): number | undefined {
  const ends = strides.slice(1).map((s, i) => s * ((dims[i + 1] as number) - 1));
  const step = strides[0] as number;
  const low = ends.reduce((n, e) => n + Math.min(e, 0), offset);
  const high = ends.reduce((n, e) => n + Math.max(e, 0), offset);
  return low >= 0 && high < step ? step : undefined;
}

/** Rows of a block: vectors of what has one element a row where there is room for some. */
function blockOf({ count, bytesOfRow }: Rows, large: number): number {
  const most = Math.max(Math.floor(large / bytesOfRow), 1);
  return Math.min(most < 4 ? most : most - (most % 4), count);
}

function stepOf(rows: Rows, block: number, uses: ReadonlyMap<Buffer, number>, { simd, sharing }: Options, modes: Map<Nest, LoopMode>, buffers: Buffer[]): Kernel {
  const { count, written } = rows;
  // Arrays of one block.
  const small = new Map<Buffer, Buffer>();
  for (const b of written) if (rows.uses.get(b) === uses.get(b)) small.set(b, { ...b, size: (rows.steps.get(b) as number) * block });
  const now = (b: Buffer): Buffer => small.get(b) ?? b;
  for (const [b, part] of small) buffers[buffers.indexOf(b)] = part;
  const nests = rows.nests.map((nest): Nest => {
    const stores = rewritten(nest, { read: (x) => (x.kind === "load" ? { ...x, buffer: now(x.buffer) } : x), written: (s) => ({ ...s, buffer: now(s.buffer) }) });
    return { ...nest, dims: [block, ...nest.dims.slice(1)], stores };
  });
  for (const nest of nests) modes.set(nest, modeOf(nest, simd, count));
  const passing = new Set(small.values());
  const others = sharing && roomsOf(passing, sharing.threads - 1, buffers);
  const overlap = sharing === undefined && count % block === 0 ? overlapOf(nests, block) : undefined;
  const code: KernelCode = (e, f, base) => {
    if (shareBlocks(e, f, base, { nests, modes, block, count, others })) return;
    const functions = nests.map((nest) => emitBlock(e, nest, modes.get(nest) as LoopMode, passing));
    const row = f.local("i32");
    if (overlap !== undefined) {
      const both = emitBlock(e, overlap.nest, modeOf(overlap.nest, simd, count), passing, 0, overlap.behind);
      const run = (from: I32, some: typeof functions): void => some.forEach((of) => f.do(call(of, base, from)));
      run(i32.const(0), functions.slice(0, -1));
      f.for(row, i32.const(block), i32.const(count), block, () => run(row, [both, ...functions.slice(1, -1)]));
      return run(i32.const(count - block), functions.slice(-1));
    }
    f.for(row, i32.const(0), i32.const(count), block, () => {
      // The last block ends with the last row, whatever it repeats.
      const last = i32.const(count - block);
      const first: I32 = count % block === 0 ? row : f.local("i32", select(i32.gtU(row, last), last, row));
      for (const of of functions) f.do(call(of, base, first));
    });
  };
  const whole = (b: Buffer): Operand => ({ buffer: b, shape: [b.size], strides: [1], offset: 0, aval: avalOf([b.size], b.type) });
  const args = [...rows.steps.keys()].filter((b) => !written.has(b)).map(whole);
  const outs = [...written].filter((b) => !small.has(b)).map(whole);
  return { kind: "kernel", name: `${nests.length} nests, ${block} rows at a time${overlap === undefined ? "" : ", the last with the next first"}`, args, outs, scratch: [...passing, ...(others === undefined ? [] : [others.room])], nests, code };
}
