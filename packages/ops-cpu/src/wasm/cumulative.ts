// The code of cumulative sums, products and extrema along an axis: floats are joined in doubles, as the eager backend does.
// Where other axes lie behind, their totals are kept side by side, so that memory is read in its order.

import { type DType, isFloat } from "@gradus/core";
import { exp, type Intrinsic, log } from "@gradus/core/scalar";
import type { Callee, Code, F64, I32, Local } from "./code.js";
import type { FunctionBuilder } from "./function.js";
import { intrinsic } from "./intrinsic.js";
import { bytesPer, type LaneCode, type Value } from "./lane-code.js";
import type { ModuleBuilder } from "./module.js";
import { f64, i32 } from "./scalar-ops.js";

export interface Cumulation {
  readonly dtype: DType;
  /** What joins two elements. */
  readonly op: Intrinsic;
  /** From the end to the start. */
  readonly reverse: boolean;
  /** The product of the sizes of the axes before its own, its own size, and the product of those behind it. */
  readonly sizes: readonly [outer: number, n: number, inner: number];
}

/** (x, out, scratch): addresses of arrays in row-major order, and of `cumulationScratch` bytes, aligned to 16. */
export type CumulationCode = Callee<readonly ["i32", "i32", "i32"], "void">;

const widened = (dtype: DType): DType => (isFloat(dtype) ? "float64" : dtype);

/** A total for each element behind. */
export const cumulationScratch = ({ dtype, sizes: [, , inner] }: Cumulation): number => (inner === 1 ? 0 : inner * bytesPer(widened(dtype)));

/** Code with lanes of one element, and of four where the engine has them. */
export type CodesOf = (f: FunctionBuilder) => { readonly one: LaneCode; readonly four?: LaneCode };

export const emitCumulation = (m: ModuleBuilder, codesOf: CodesOf, { dtype, op, reverse, sizes: [outer, n, inner] }: Cumulation): CumulationCode =>
  m.function(["i32", "i32", "i32"], "void", (f, x, out, scratch) => {
    const { one, four = one } = codesOf(f);
    const wide = widened(dtype);
    const [size, wideSize] = [bytesPer(dtype), bytesPer(wide)];
    const [line, i, j] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const step = (reverse ? -1 : 1) * inner * size;
    const first = reverse ? (n - 1) * inner * size : 0;
    const load = (code: LaneCode, at: I32): Value => code.cast(dtype, wide, code.load(dtype, at));
    const store = (code: LaneCode, at: I32, total: Value): void => code.store(dtype, at, code.cast(wide, dtype, total));
    const single = (): void => {
      const total = variable(f, load(one, x));
      store(one, out, total);
      f.for(i, i32.const(1), i32.const(n), 1, () => {
        f.increment(x, step);
        f.increment(out, step);
        assign(f, total, one.apply(op, wide, [total, load(one, x)]));
        store(one, out, total);
      });
    };
    // A row of elements behind one another: totals in the scratch, after the first row joined to what comes.
    const rows = (): void => {
      const row = (body: (code: LaneCode) => void): void => {
        const whole = inner - (inner % four.lanes);
        f.for(j, i32.const(0), i32.const(whole), four.lanes, () => body(four));
        if (whole < inner) f.for(j, i32.const(whole), i32.const(inner), 1, () => body(one));
      };
      const at = (array: I32, bytes: number): I32 => i32.add(array, i32.mul(j, i32.const(bytes)));
      row((code) => {
        const value = load(code, at(x, size));
        code.store(wide, at(scratch, wideSize), value);
        store(code, at(out, size), value);
      });
      f.for(i, i32.const(1), i32.const(n), 1, () => {
        f.increment(x, step);
        f.increment(out, step);
        row((code) => {
          const total = code.apply(op, wide, [code.load(wide, at(scratch, wideSize)), load(code, at(x, size))]);
          code.store(wide, at(scratch, wideSize), total);
          store(code, at(out, size), total);
        });
      });
    };
    if (n === 0 || inner === 0) return;
    f.for(line, i32.const(0), i32.const(outer), 1, () => {
      for (const p of [x, out]) f.increment(p, first);
      if (inner === 1) single();
      else rows();
      for (const p of [x, out]) f.increment(p, n * inner * size - first - (n - 1) * step);
    });
  });

/** A value that changes. */
export const variable = (f: FunctionBuilder, { parts }: Value): { parts: readonly Local[] } => ({ parts: parts.map((p) => f.local(p.type, p)) });

export const assign = (f: FunctionBuilder, to: { parts: readonly Local[] }, { parts }: Value): void => to.parts.forEach((p, i) => f.set(p, parts[i] as Code<"i32"> as never));

/** Sums of exponentials as far as each element, as logarithms: beside the greatest so far, so that nothing overflows, in doubles. */
export const emitCumulativeLogarithms = (m: ModuleBuilder, codesOf: CodesOf, { dtype, reverse, sizes: [outer, n, inner] }: Omit<Cumulation, "op">): CumulationCode =>
  m.function(["i32", "i32", "i32"], "void", (f, x, out) => {
    const { one } = codesOf(f);
    const size = bytesPer(dtype);
    const [line, column, i] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const [v, most, sum] = [f.local("f64"), f.local("f64"), f.local("f64")];
    const [exponential, logarithm] = [intrinsic(exp), intrinsic(log)];
    const host = (of: Intrinsic, value: F64): F64 => one.apply(of, "float64", [{ parts: [value] }]).parts[0] as F64;
    const step = (reverse ? -1 : 1) * inner * size;
    const first = reverse ? (n - 1) * inner * size : 0;
    const move = (bytes: number): void => [x, out].forEach((p) => f.increment(p, bytes));
    const next = (): void => {
      f.set(v, one.cast(dtype, "float64", one.load(dtype, x)).parts[0] as F64);
      f.if(f64.eq(v, most), () => f.set(sum, f64.add(sum, f64.const(1))), () =>
        f.if(f64.lt(v, most), () => f.set(sum, f64.add(sum, host(exponential, f64.sub(v, most)))), () => {
          f.set(sum, f64.add(f64.mul(sum, host(exponential, f64.sub(most, v))), f64.const(1)));
          f.set(most, v);
        }));
      one.store(dtype, out, one.cast("float64", dtype, { parts: [f64.add(most, host(logarithm, sum))] }));
    };
    f.for(line, i32.const(0), i32.const(outer), 1, () => {
      f.for(column, i32.const(0), i32.const(inner), 1, () => {
        move(first);
        f.set(most, f64.const(-Infinity));
        f.set(sum, f64.const(0));
        f.for(i, i32.const(0), i32.const(n), 1, () => {
          next();
          move(step);
        });
        move(size - first - n * step);
      });
      move((n - 1) * inner * size);
    });
  });
