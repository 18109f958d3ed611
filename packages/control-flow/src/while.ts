// whileLoop and foriLoop.

import { add, ArgumentError, bind, cast, describe, DTypeError, flattenArgs, isFloat, isTensor, type MapTree, ShapeError, type Tensor, type TensorLike, toTensor, type TreeDef, treeUnflatten } from "@gradus/core";
import { and, iota, less } from "@gradus/ops";
import { traceBody, traceCarry } from "./body.js";
import { type LoopOptions, checkpointEvery } from "./options.js";
import { scan } from "./scan.js";
import { checkCondition, whileP } from "./while-primitive.js";

type Tensors<T> = MapTree<T, TensorLike, Tensor>;

/**
 * Applies `body` to a carry as long as `condition` holds for it. Both are traced; the carry keeps structure, shapes and dtypes. Every
 * transformation goes through, reverse mode too: it saves what the derivative of each step needs. The condition carries no gradient.
 * Under `vmap` the loop runs to the longest example, and an example that has stopped keeps its carry.
 * @example whileLoop((x) => less(x, 100), (x) => mul(x, 2), 3) // 192
 * @throws DTypeError unless the condition is a boolean scalar, or if the carry changes dtype @throws ShapeError @throws TreeMismatchError
 * @throws ArgumentError unless both are functions, or for a number of steps that is none
 */
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
  checkCondition(test.program);
  const outs = bind(whileP, [...test.hoisted, ...step.hoisted, ...step.init], {
    condition: test.program,
    body: step.program,
    conditionConsts: test.hoisted.length,
    bodyConsts: step.hoisted.length,
    recompute,
  });
  return treeUnflatten(carryTree, outs);
}

/**
 * `carry = body(i, carry)` for i from `low` up to, not including, `high`: int32 scalars, or JS numbers. With fixed bounds it is a scan,
 * otherwise a whileLoop. Where high ≤ low the carry stays as it is.
 * @example foriLoop(0, 4, (i, x) => mul(x, 2), 1) // 16
 * @throws DTypeError unless bounds are integers of one dtype; otherwise as {@link whileLoop}
 */
export function foriLoop<C>(low: TensorLike, high: TensorLike, body: (i: Tensor, carry: any) => C, init: unknown, options: LoopOptions = {}): Tensors<C> {
  if (typeof body !== "function") throw new ArgumentError(`foriLoop: the body must be a function of the index and the carry, got ${describe(body)}.`);
  const [from, to] = [bound(low, "low"), bound(high, "high")];
  if (typeof from === "number" && typeof to === "number") {
    const indices = add(iota(Math.max(0, to - from), "int32"), from);
    return scan((carry: unknown, i: Tensor) => [body(i, carry), null], init, indices, options)[0] as Tensors<C>;
  }
  const last = cast(to, "int32");
  const [, result] = whileLoop(([i]: [Tensor, unknown]) => less(i, last), ([i, carry]: [Tensor, unknown]) => [add(i, 1), body(i, carry)], [cast(from, "int32"), init] as unknown[], options) as [Tensor, unknown];
  return result as Tensors<C>;
}

function bound(x: TensorLike, name: string): number | Tensor {
  if (typeof x === "number" && Number.isInteger(x)) return x;
  if (!isTensor(x)) throw new ArgumentError(`foriLoop: ${name} is ${String(x)}, and must be an integer.`);
  const t = toTensor(x, "foriLoop");
  if (t.ndim !== 0) throw new ShapeError(`foriLoop: ${name} is ${t.aval}, and must be a scalar.`);
  if (isFloat(t.dtype)) throw new DTypeError(`foriLoop: ${name} is ${t.aval}, and must be an integer: cast(x, "int32").`);
  return t.frame === null ? t.item() : t;
}
