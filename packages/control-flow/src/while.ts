// whileLoop and foriLoop.

import { add, ArgumentError, bind, cast, DTypeError, flattenArgs, isFloat, isTensor, type MapTree, ShapeError, type Tensor, type TensorLike, toTensor, type TreeDef, treeUnflatten } from "@gradus/core";
import { iota, less } from "@gradus/ops";
import { traceBody, traceCarry } from "./body.js";
import { scan } from "./scan.js";
import { checkCondition, whileP } from "./while-primitive.js";

type Tensors<T> = MapTree<T, TensorLike, Tensor>;

/**
 * Applies `body` to a carry as long as `condition` holds for it. Both are traced; the carry keeps structure, shapes and dtypes. Forward
 * mode, `vmap` and `jit` go through; reverse mode where the number of steps is known when it runs.
 * @example whileLoop((x) => less(x, 100), (x) => mul(x, 2), 3) // 192
 * @throws DTypeError unless the condition is a boolean scalar, or if the carry changes dtype @throws ShapeError @throws TreeMismatchError
 */
export function whileLoop<C>(condition: (carry: any) => TensorLike, body: (carry: any) => C, init: unknown): Tensors<C> {
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
    recompute: false,
  });
  return treeUnflatten(carryTree, outs) as Tensors<C>;
}

/**
 * `carry = body(i, carry)` for i from `low` up to, not including, `high`: int32 scalars, or JS numbers. With fixed bounds it is a scan,
 * otherwise a whileLoop. Where high ≤ low the carry stays as it is.
 * @example foriLoop(0, 4, (i, x) => mul(x, 2), 1) // 16
 * @throws DTypeError unless bounds are integers; otherwise as {@link whileLoop}
 */
export function foriLoop<C>(low: TensorLike, high: TensorLike, body: (i: Tensor, carry: any) => C, init: unknown): Tensors<C> {
  const [from, to] = [bound(low, "low"), bound(high, "high")];
  if (typeof from === "number" && typeof to === "number") {
    const indices = add(iota(Math.max(0, to - from), "int32"), from);
    return scan((carry: unknown, i: Tensor) => [body(i, carry), null], init, indices)[0] as Tensors<C>;
  }
  const last = cast(to, "int32");
  const [, result] = whileLoop(([i]: [Tensor, unknown]) => less(i, last), ([i, carry]: [Tensor, unknown]) => [add(i, 1), body(i, carry)], [cast(from, "int32"), init] as unknown[]) as [Tensor, unknown];
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
