// Loops of float32 on the vector unit: operands are streamed through a WebAssembly memory in blocks. What is short, not float32
// or not side by side is left to the loops in JavaScript.

import * as s from "@gradus/core/scalar";
import { anyLoop } from "./generic-loops.js";
import type { Loop, Loops } from "./loops.js";
import { loops } from "./math-loops.js";
import { block, blockBytes, onVectors, type VectorMemory } from "./vector-memory.js";
import { intrinsic } from "./wasm/intrinsic.js";
import { i32 } from "./wasm/scalar-ops.js";

/**
 * Measured: from so many elements on the vector unit is ahead, copies included, in arithmetic as in elementary functions. Nanoseconds
 * an element in JavaScript and here, of add: 7.5 and 6.5 at 64, 6.7 and 2.9 at 128, 6.4 and 1.7 at 1024, 3.5 and 0.6 at 1e5.
 */
export const fewestInVectors = 128;

/** A function that computes so many elements: operands at 0 and one block further, the result two blocks further. */
type Run = { readonly run: (bytes: number) => void };

const compile = (op: s.Intrinsic): (VectorMemory & { readonly run: Run }) | null =>
  onVectors<Run>((m, codesOf) => {
    m.function(["i32"], "void", (f, bytes) => {
      const code = codesOf(f).four;
      const at = f.local("i32");
      f.for(at, i32.const(0), bytes, 16, () => {
        const operands = Array.from({ length: op.arity }, (_, k) => code.load("float32", at, k * blockBytes));
        code.store("float32", at, code.apply(op, "float32", operands), 2 * blockBytes);
      });
    }, "run");
  });

/** The loop of an operation, which leaves what it cannot do to another. */
function vectorLoop(op: s.Intrinsic, other: Loop): Loop {
  let compiled: ReturnType<typeof compile> | undefined;
  return (f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1, z, zi, z0, z1) => {
    const isPlain = n >= fewestInVectors && o1 === 1 && o instanceof Float32Array && x instanceof Float32Array && (x1 === 1 || x1 === 0) && (op.arity === 1 || (y instanceof Float32Array && (y1 === 1 || y1 === 0)));
    if (!isPlain || (compiled ??= compile(op)) === null) return other(f, m, n, o, oi, o0, o1, x, xi, x0, x1, y, yi, y0, y1, z, zi, z0, z1);
    const { float32: view, run: { run } } = compiled;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j += block) {
        const count = Math.min(block, n - j);
        put(view, 0, x as Float32Array, xi + i * x0 + j * x1, x1, count);
        if (op.arity === 2) put(view, block, y as Float32Array, yi + i * y0 + j * y1, y1, count);
        run(4 * count);
        o.set(view.subarray(2 * block, 2 * block + count), oi + i * o0 + j);
      }
    }
  };
}

function put(view: Float32Array, to: number, from: Float32Array, at: number, step: number, count: number): void {
  if (step === 0) view.fill(from[at] as number, to, to + count);
  else view.set(from.subarray(at, at + count), to);
}

const vectorised = [
  s.add, s.sub, s.mul, s.div, s.neg, s.abs, s.sign, s.max, s.min, s.floor, s.ceil, s.trunc, s.round, s.sqrt,
  s.exp, s.exp2, s.expm1, s.log, s.log2, s.log1p, s.sin, s.cos, s.tan, s.asin, s.acos, s.atan, s.sinh, s.cosh, s.tanh, s.asinh, s.acosh, s.atanh, s.cbrt, s.pow, s.atan2, s.rem,
] as const;

/** Loops by the name of the intrinsic. */
export const vectorLoops: Loops = Object.fromEntries(vectorised.map((make): [string, Loop] => {
  const op = intrinsic(make);
  return [op.name, vectorLoop(op, loops[op.name] ?? anyLoop(op.arity, "float32", "float32"))];
}));
