// From functions of trees to programs, and shapes without values.

import { Aval, ArgumentError, assertFunction, type DType, flattenOutput, type MapTree, type TensorLike, type Tensor, toTensor, treeFlatten, treeUnflatten, type TreeDef } from "@gradus/core";
import { eliminateDeadCode } from "./passes.js";
import { Program } from "./program.js";
import { type Traced, traceFlat, type TraceOptions } from "./tracer.js";

/** Shape and dtype of an array that need not exist: what `evalShape` returns, and tracing accepts in place of a tensor. */
export interface ShapeDType {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The avals of arguments, which may be tensors, JS numbers, or avals, and their structure. @throws ArgumentError */
export function flattenAvals(args: unknown, what: string): [Aval[], TreeDef] {
  const [leaves, def] = treeFlatten(args);
  return [leaves.map((x) => (x instanceof Aval ? x : toTensor(x, `${what}: an argument`).aval)), def];
}

/** Traces a function of trees on the avals of its arguments. */
export function traceTree(f: (...args: any[]) => unknown, avals: readonly Aval[], inTree: TreeDef, what: string, options: TraceOptions = {}): Traced {
  let outTree: TreeDef | undefined;
  const { program, hoisted, run } = traceFlat(
    (xs) => {
      const [outs, def] = flattenOutput(f(...(treeUnflatten(inTree, xs.slice(0, avals.length)) as unknown[])), what);
      outTree = def;
      return outs;
    },
    avals,
    options,
  );
  const { inputs, constants, equations, outputs } = program;
  return { program: new Program({ inputs, constants, equations, outputs, inTree, outTree }), hoisted, run };
}

/**
 * The program of a function, traced on the avals of example arguments.
 * @example makeProgram((x) => mul(sin(x), 2))(1).toString()
 * @throws ArgumentError unless the function is synchronous and returns tensors @throws ConcretizationError if it reads values
 */
export function makeProgram<A extends any[] = Tensor[]>(f: (...args: A) => unknown, options: TraceOptions = {}): (...args: ShapesOf<A>) => Program {
  assertFunction(f, "makeProgram");
  return (...args) => {
    const [avals, inTree] = flattenAvals(args, "makeProgram");
    const { program, hoisted } = traceTree(f as (...args: any[]) => unknown, avals, inTree, "makeProgram", options);
    if (hoisted.length > 0) {
      const list = hoisted.map((x) => x.toString()).join(", ");
      throw new ArgumentError(`makeProgram: the function captured values of an enclosing transformation (${list}). Pass them as arguments.`);
    }
    return eliminateDeadCode(program);
  };
}

/** Arguments with avals in the place of tensors. */
export type ShapesOf<A extends any[]> = { [K in keyof A]: MapTree<A[K], TensorLike, TensorLike | Aval> };

/** The result of a function with an aval (`shape`, `dtype`) in the place of each tensor, without computing anything. */
export function evalShape<A extends any[] = Tensor[], R = any>(f: (...args: A) => R, ...args: ShapesOf<A>): MapTree<R, TensorLike, Aval> {
  assertFunction(f, "evalShape");
  const [avals, inTree] = flattenAvals(args, "evalShape");
  const { program } = traceTree(f as (...args: any[]) => unknown, avals, inTree, "evalShape");
  return treeUnflatten(program.outTree as TreeDef, program.outAvals) as MapTree<R, TensorLike, Aval>;
}
