// Products of a matrix with a vector, along whichever axis of the matrix has its elements side by side.

import type { Callee, Code, Local, V128 } from "./code.js";
import type { Element } from "./element.js";
import type { FunctionBuilder } from "./function.js";
import type { ModuleBuilder } from "./module.js";
import { i32 } from "./scalar-ops.js";
import { v128 } from "./vector-ops.js";

const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
/** A product of a matrix with a vector, all steps in bytes; the last argument is 1 to add to the result. */
export type VectorProduct = Callee<typeof parameters, "void">;

const together = 4;

/** yᵢ = Σₖ xᵢₖ·vₖ: (x, step of its rows, v, y, step of y, rows, k, adds), elements of rows and of v side by side. */
export const emitDots = (m: ModuleBuilder, e: Element): VectorProduct =>
  m.function(parameters, "void", (f, x, xRow, v, y, yStep, rows, k, adds) => {
    const [i, bytes, whole] = [f.local("i32"), f.local("i32", i32.mul(k, i32.const(e.size))), f.local("i32")];
    f.set(whole, i32.and(bytes, i32.const(-16)));
    const groups = f.local("i32", i32.and(rows, i32.const(-together)));
    f.for(i, i32.const(0), groups, together, () => dots(f, e, together, x, xRow, v, y, yStep, whole, bytes, adds));
    f.for(i, groups, rows, 1, () => dots(f, e, 1, x, xRow, v, y, yStep, whole, bytes, adds));
  });

function dots(f: FunctionBuilder, e: Element, rows: number, x: Local<"i32">, xRow: Local<"i32">, v: Local<"i32">, y: Local<"i32">, yStep: Local<"i32">, whole: Local<"i32">, bytes: Local<"i32">, adds: Local<"i32">): void {
  f.scope(() => {
    const starts = Array.from({ length: rows }, () => {
      const start = f.local("i32", x);
      f.set(x, i32.add(x, xRow));
      return start;
    });
    const sums = starts.map(() => f.local("v128", e.zero()));
    const p = f.local("i32");
    const part = f.local("v128");
    f.for(p, i32.const(0), whole, 16, () => {
      f.set(part, v128.load(i32.add(v, p)));
      starts.forEach((start, r) => f.set(sums[r] as Local<"v128">, e.madd(v128.load(i32.add(start, p)), part, sums[r] as V128)));
    });
    const totals = sums.map((s) => f.local(e.dtype === "float32" ? "f32" : "f64", e.sum(s) as Code<"f32">));
    f.for(p, whole, bytes, e.size, () => {
      starts.forEach((start, r) => f.set(totals[r] as Local<"f32">, e.add(totals[r] as Code<"f32">, e.mul(e.load(i32.add(start, p)), e.load(i32.add(v, p)))) as Code<"f32">));
    });
    for (const t of totals) {
      f.if(adds, () => f.set(t, e.add(t, e.load(y)) as Code<"f32">));
      f.do(e.store(y, t));
      f.set(y, i32.add(y, yStep));
    }
  });
}

/** yⱼ = Σₖ vₖ·xₖⱼ: (x, step of k in it, v, step of v, y, n, k, adds), elements of the rows of x and of y side by side. */
export const emitCombination = (m: ModuleBuilder, e: Element): VectorProduct =>
  m.function(parameters, "void", (f, x, xRow, v, vStep, y, n, k, adds) => {
    const i = f.local("i32");
    const bytes = f.local("i32", i32.mul(n, i32.const(e.size)));
    const whole = f.local("i32", i32.and(bytes, i32.const(-16)));
    f.if(i32.eqz(adds), () => {
      const p = f.local("i32");
      f.for(p, i32.const(0), whole, 16, () => f.do(v128.store(i32.add(y, p), e.zero())));
      f.for(p, whole, bytes, e.size, () => f.do(e.store(i32.add(y, p), zeroOf(e))));
    });
    const groups = f.local("i32", i32.and(k, i32.const(-together)));
    f.for(i, i32.const(0), groups, together, () => combine(f, e, together, x, xRow, v, vStep, y, whole, bytes));
    f.for(i, groups, k, 1, () => combine(f, e, 1, x, xRow, v, vStep, y, whole, bytes));
  });

const zeroOf = (e: Element): Code<"f32" | "f64"> => e.vector.extract(e.zero(), 0);

function combine(f: FunctionBuilder, e: Element, rows: number, x: Local<"i32">, xRow: Local<"i32">, v: Local<"i32">, vStep: Local<"i32">, y: Local<"i32">, whole: Local<"i32">, bytes: Local<"i32">): void {
  f.scope(() => {
    const parts = Array.from({ length: rows }, () => {
      const start = f.local("i32", x);
      const factors = f.local("v128", e.loadSplat(v));
      f.set(x, i32.add(x, xRow));
      f.set(v, i32.add(v, vStep));
      return { start, factors };
    });
    const [p, at] = [f.local("i32"), f.local("i32")];
    const sum = f.local("v128");
    f.for(p, i32.const(0), whole, 16, () => {
      f.set(at, i32.add(y, p));
      f.set(sum, v128.load(at));
      for (const { start, factors } of parts) f.set(sum, e.madd(factors, v128.load(i32.add(start, p)), sum));
      f.do(v128.store(at, sum));
    });
    f.for(p, whole, bytes, e.size, () => {
      f.set(at, i32.add(y, p));
      for (const { start, factors } of parts) f.do(e.store(at, e.add(e.load(at), e.mul(e.vector.extract(factors, 0), e.load(i32.add(start, p))))));
    });
  });
}
