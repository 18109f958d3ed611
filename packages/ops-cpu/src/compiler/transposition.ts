// Nests that only move elements, from columns to rows: these go block by block, where a loop would meet every cache line once
// for each element in it.

import { call, type Callee, i32, type Local } from "../wasm/encoder.js";
import { emitCopyMatrix } from "../wasm/copy-matrix.js";
import { element } from "../wasm/element.js";
import { bytesOf } from "./buffer.js";
import type { Emission } from "./emission.js";
import type { Load, Nest } from "./ir.js";

const least = 8; // rows and columns of a block that is worth it

/** The loop along which a nest reads neighbours, where it is another than the one along which it writes them. */
function turned({ dims, reduced, stores }: Nest): number | undefined {
  const [store] = stores;
  const inner = dims.length - 1;
  if (store === undefined || stores.length > 1 || store.fold !== undefined || reduced.includes(true) || store.value.kind !== "load") return undefined;
  const { strides, type } = store.value;
  const along = strides.indexOf(1);
  const isTurned = along >= 0 && along < inner && store.strides[inner] === 1 && strides.every((s) => s >= 0) && store.strides.every((s) => s >= 0);
  return isTurned && type !== "bool" && Math.min(dims[along] as number, dims[inner] as number) >= least ? along : undefined;
}

/** The function of a nest that moves columns to rows; undefined for any other. */
export function emitTransposition(e: Emission, nest: Nest): Callee<readonly ["i32"], "void"> | undefined {
  const along = turned(nest);
  if (along === undefined || !e.features.simd) return undefined;
  const { dims, stores } = nest;
  const [store] = stores as [Nest["stores"][number]];
  const load = store.value as Load;
  const inner = dims.length - 1;
  const size = bytesOf[load.type];
  const dtype = size === 8 ? "float64" : "float32"; // whose bits are moved
  const copy = e.shared(`copy ${dtype}`, () => emitCopyMatrix(e.module, element(dtype, e.features)));
  const c = (n: number) => i32.const(n);
  return e.module.function(["i32"], "void", (f, base) => {
    const start = (p: typeof load | typeof store): Local<"i32"> => f.local("i32", e.addressOf(base, p.buffer, p.offset * size));
    const loop = (level: number, to: Local<"i32">, from: Local<"i32">): void => {
      if (level === dims.length) {
        const step = (p: typeof load | typeof store, axis: number) => c((p.strides[axis] as number) * size);
        f.do(call(copy, to, step(store, along), from, step(load, along), step(load, inner), c(dims[along] as number), c(dims[inner] as number)));
        return;
      }
      if (level === along || level === inner) return loop(level + 1, to, from);
      const [i, p, q] = [f.local("i32"), f.local("i32", to), f.local("i32", from)];
      f.for(i, c(0), c(dims[level] as number), 1, () => {
        loop(level + 1, p, q);
        f.increment(p, (store.strides[level] as number) * size);
        f.increment(q, (load.strides[level] as number) * size);
      });
    };
    loop(0, start(store), start(load));
  });
}
