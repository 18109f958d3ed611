// whileLoop and foriLoop.

import { add, ArgumentError, bind, cast, describe, DTypeError, flattenArgs, isInteger, isTensor, type MapTree, ShapeError, type Tensor, type TensorLike, type TreeDef, treeUnflatten } from "@gradus/core";
import { and, iota, less } from "@gradus/ops";
import { type Body, type Like, traceBody, traceCarry } from "./body.js";
import { checkpointEvery, type LoopOptions } from "./options.js";
import { scan } from "./scan.js";
import { whileP } from "./while-primitive.js";

type Tensors<T> = MapTree<T, TensorLike, Tensor>;

/**
 * Applies `body` to a carry as long as `condition` holds for it. Both are traced; the carry keeps structure, shapes and dtypes. Every
 * transformation goes through, reverse mode too: it saves what the derivative of each step needs. The condition carries no gradient.
 * Under `vmap` the loop runs to the longest example, and an example that has stopped keeps its carry.
 * @example whileLoop((x) => less(x, 100), (x) => mul(x, 2), 3) // 192
 * @throws DTypeError unless the condition is a boolean scalar, or if the carry changes dtype @throws ShapeError @throws TreeMismatchError
 * @throws ArgumentError unless both are functions, or for a number of steps that is none
 */
export function whileLoop<C, S = any>(condition: (carry: S) => TensorLike, body: (carry: S) => C, init: NoInfer<Like<S>>, options?: LoopOptions): Tensors<C>;
export function whileLoop<C>(condition: (carry: any) => TensorLike, body: (carry: any) => C, init: unknown, options: LoopOptions = {}): Tensors<C> {
  for (const [name, f] of [["condition", condition], ["body", body]] as const) if (typeof f !== "function") throw new ArgumentError(`whileLoop: the ${name} must be a function of the carry, got ${describe(f)}.`);
  const every = checkpointEvery(options, "whileLoop");
  if (every === undefined) return loop(condition, body, init, false) as Tensors<C>;
  // Segments of so many steps, each of them computed again.
  const segment = (start: unknown): unknown =>
    (loop(([i, carry]: [Tensor, unknown]) => and(less(i, every), condition(carry)), ([i, carry]: [Tensor, unknown]) => [add(i, 1), body(carry)], [cast(0, "int32"), start], false) as unknown[])[1];
  return loop(condition, segment, init, true) as Tensors<C>;
}

function loop(condition: (carry: any) => TensorLike, body: (carry: any) => unknown, init: unknown, recompute: boolean): unknown {
  const [leaves, def] = flattenArgs([init], "whileLoop");
  const [carryTree] = def.children as [TreeDef];
  const step = traceCarry(body, leaves, carryTree, [], def, "whileLoop", (out, keep) => keep(out));
  const test = traceBody(condition, step.init.map((x) => x.aval), def, "whileLoop: the condition");
  checkCondition(test);
  const outs = bind(whileP, [...test.hoisted, ...step.hoisted, ...step.init], {
    condition: test.program,
    body: step.program,
    conditionConsts: test.hoisted.length,
    bodyConsts: step.hoisted.length,
    recompute,
  });
  return treeUnflatten(carryTree, outs);
}

function checkCondition({ program, outTree }: Body): void {
  const [aval] = program.outAvals;
  if (outTree.kind === "leaf" && aval?.dtype === "bool" && aval.ndim === 0) return;
  const what = outTree.kind === "leaf" ? aval : `the structure ${outTree}`;
  throw new DTypeError(`whileLoop: the condition returns ${what}, and must return a boolean scalar, for example less(i, n).`);
}

export interface ForiLoopOptions extends LoopOptions {
  /** As that of scan, where both bounds are known. */
  readonly unroll?: number | boolean | undefined;
}

/**
 * `carry = body(i, carry)` for i, an int32, from `low` up to, not including, `high`: integer scalars of one dtype, or JS numbers. With
 * bounds that are known it is a scan, otherwise a whileLoop. Where high ≤ low the carry stays as it is.
 * @example foriLoop(0, 4, (i, x) => mul(x, 2), 1) // 16
 * @throws DTypeError unless bounds are integers of one dtype @throws ArgumentError for `unroll` with bounds that are traced; otherwise as {@link whileLoop}
 */
export function foriLoop<C, S = any>(low: TensorLike, high: TensorLike, body: (i: Tensor, carry: S) => C, init: NoInfer<Like<S>>, options?: ForiLoopOptions): Tensors<C>;
export function foriLoop<C>(low: TensorLike, high: TensorLike, body: (i: Tensor, carry: any) => C, init: unknown, options: ForiLoopOptions = {}): Tensors<C> {
  if (typeof body !== "function") throw new ArgumentError(`foriLoop: the body must be a function of the index and the carry, got ${describe(body)}.`);
  const [from, to] = [bound(low, "low"), bound(high, "high")];
  if (isTensor(low) && isTensor(high) && low.dtype !== high.dtype) throw new DTypeError(`foriLoop: low is ${low.aval} and high ${high.aval}: cast one of them, bounds must be of one dtype.`);
  if (typeof from === "number" && typeof to === "number") {
    const indices = add(iota(Math.max(0, to - from), "int32"), from);
    return scan((carry: unknown, i: Tensor) => [body(i, carry), null], init, indices, options)[0] as Tensors<C>;
  }
  if (options.unroll !== undefined && options.unroll !== false) throw new ArgumentError("foriLoop: unroll needs bounds that are known: pass JS numbers, or static arguments.");
  const last = cast(to, "int32");
  const [, result] = whileLoop(([i]: [Tensor, any]) => less(i, last), ([i, carry]: [Tensor, any]) => [add(i, 1), body(i, carry)], [cast(from, "int32"), init], options) as [Tensor, unknown];
  return result as Tensors<C>;
}

function bound(x: TensorLike, name: string): number | Tensor {
  if (!isTensor(x)) {
    if (typeof x !== "number" || !Number.isInteger(x)) throw new ArgumentError(`foriLoop: ${name} is ${typeof x === "number" ? x : describe(x)}, and must be an integer.`);
    if (x < -(2 ** 31) || x >= 2 ** 31) throw new ArgumentError(`foriLoop: ${name} is ${x}, which no int32 holds.`);
    return x;
  }
  if (x.ndim !== 0) throw new ShapeError(`foriLoop: ${name} is ${x.aval}, and must be a scalar.`);
  if (!isInteger(x.dtype)) throw new DTypeError(`foriLoop: ${name} is ${x.aval}, and must be an integer: cast(x, "int32").`);
  return x.frame === null ? x.item() : x;
}
