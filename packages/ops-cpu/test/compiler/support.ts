// Programs through the stages of the compiler, with the validator after each.

import { array, type DType, isFloat, type Tensor, type TensorLike } from "@gradus/core";
import { printLoops, validateLoops } from "@gradus/loops";
import { checkProgram, makeProgram } from "@gradus/tracing";
import { type Compilation, compile } from "../../src/compiler/compile.js";
import { validateArena } from "../../src/compiler/validate-arena.js";
import { CompilingCpu } from "../../src/compiling.js";
import { type Features, features } from "../../src/wasm/features.js";
import { bits, contraction, cumulation, indexing, type KernelFamily, reductions, shaping, sorting, specialFunctions } from "../../src/index.js";
import { TiledCpu } from "../../src/tiled.js";

export const families: readonly KernelFamily[] = [reductions, contraction, shaping, indexing, cumulation, sorting, bits, specialFunctions];
export const eager = new TiledCpu(families);
export const compiling = (given?: Features, large?: number, threads?: number, leastShared?: number): CompilingCpu => new CompilingCpu(families, given, large, threads, leastShared);

/** A program in all its forms, each of them valid. */
export function compiled(f: (...xs: Tensor[]) => unknown, args: readonly TensorLike[], given: Features = features(), large?: number): Compilation {
  const program = makeProgram(f)(...(args as Tensor[]));
  const compilation = compile(program, { features: given, isKept: (p) => p.traits.elementwise !== undefined || eager.kernel(p) !== undefined, hasOwnKernel: () => false, large });
  checkProgram(compilation.simplified);
  validateLoops(compilation.loops);
  validateArena(compilation.loops, compilation.arena);
  return compilation;
}

export const loops = (f: (...xs: Tensor[]) => unknown, ...args: TensorLike[]): string => printLoops(compiled(f, args).loops);

/** An array of a shape with values that differ. */
export function values(shape: readonly number[], dtype: DType = "float32"): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  const of = (i: number): number => (dtype === "bool" ? Number(i % 3 === 0) : isFloat(dtype) ? Math.sin(i) * 2 : ((i * 7) % 11) - (dtype === "int32" ? 5 : 0));
  return array(Array.from({ length: size }, (_, i) => of(i)), { dtype, shape });
}

/** The lines of a text, without the indentation of the test. */
export const text = (lines: TemplateStringsArray): string => {
  const all = (lines.raw[0] as string).split("\n").slice(1, -1);
  const indent = Math.min(...all.map((l) => l.length - l.trimStart().length));
  return all.map((l) => l.slice(indent)).join("\n");
};
