// scan and map: loops of a known number of steps.

import { ArgumentError, avalOf, bind, castP, flattenArgs, type MapTree, ShapeError, type Tensor, type TensorLike, type TreeDef, treeFlatten, treeMap, treeUnflatten } from "@gradus/core";
import { traceCarry } from "./body.js";
import { scanP } from "./scan-primitive.js";

type Tensors<T> = MapTree<T, TensorLike, Tensor>;

export interface ScanOptions {
  /** The number of steps, where no input says it. */
  readonly length?: number;
  /** From the last slice to the first; results stay in the places of their slices. */
  readonly reverse?: boolean;
  /** How many steps a compiling backend may put in one turn of its loop. Changes no result. */
  readonly unroll?: number | boolean;
}

/**
 * Applies `f(carry, x) → [carry, y]` once per slice of `xs` along axis 0: the last carry, and the results stacked. The body is
 * traced, whatever is around it.
 * @example scan((sum, x) => [add(sum, x), sum], 0, array([1, 2, 3])) // [6, [0, 1, 3]]
 * @throws ShapeError if lengths differ or are unknown, or the carry changes shape @throws DTypeError if it changes dtype
 * @throws TreeMismatchError if it changes structure @throws ArgumentError unless the body returns a pair
 */
export function scan<C, Y>(f: (carry: any, x: any) => readonly [C, Y], init: unknown, xs: unknown, options: ScanOptions = {}): [Tensors<C>, Tensors<Y>] {
  const [leaves, def] = flattenArgs([init, xs], "scan");
  const [carryTree] = def.children as [TreeDef, TreeDef];
  const inputs = leaves.slice(carryTree.size);
  const length = lengthOf(inputs, options.length);
  const { unroll = 1, reverse = false } = options;
  if (typeof unroll === "number" && !(Number.isInteger(unroll) && unroll >= 1)) throw new ArgumentError(`scan: unroll is ${unroll}, and must be a positive integer or a boolean.`);
  const rows = inputs.map(({ aval }) => avalOf(aval.shape.slice(1), aval.dtype, aval.weak));
  const body = (...args: unknown[]): unknown => f(...(args as [unknown, unknown]));
  const traced = traceCarry(body, leaves.slice(0, carryTree.size), carryTree, rows, def, "scan", (out, keep) => {
    if (!Array.isArray(out) || out.length !== 2) throw new ArgumentError("scan: the body must return [carry, y], an array of two; y may be null.");
    return [keep(out[0]), treeMap(strong, out[1])];
  });
  const { program, hoisted, outTree } = traced;
  const carry = carryTree.size;
  const outs = bind(scanP, [...hoisted, ...traced.init, ...inputs], { body: program, consts: hoisted.length, carry, length, reverse, recompute: false });
  return [treeUnflatten(carryTree, outs.slice(0, carry)), treeUnflatten(outTree.children[1] as TreeDef, outs.slice(carry))] as [Tensors<C>, Tensors<Y>];
}

// What is stacked has a dtype of its own.
const strong = (y: Tensor): Tensor => (y.aval?.weak ? bind(castP, [y], { dtype: y.dtype, weak: false }) : y);

function lengthOf(inputs: readonly Tensor[], given: number | undefined): number {
  for (const [i, x] of inputs.entries()) {
    if (x.ndim === 0) throw new ShapeError(`scan: input ${i} is ${x.aval}, and has no axis to slice along.`);
  }
  const lengths = inputs.map((x) => x.shape[0] as number);
  const length = given ?? lengths[0];
  if (length === undefined) throw new ShapeError("scan: there is no input to slice, so the number of steps is not known: give the option length.");
  if (!Number.isInteger(length) || length < 0) throw new ShapeError(`scan: ${length} is not a number of steps.`);
  if (lengths.some((n) => n !== length)) {
    throw new ShapeError(`scan: inputs have lengths ${lengths.join(", ")} along axis 0${given === undefined ? "" : `, and the option length is ${given}`}: they must be equal.`);
  }
  return length;
}

/** Applies `f` to each slice along axis 0, one after the other, and stacks the results. `vmap` computes all at once. @throws as {@link scan} */
export function map<Y>(f: (x: any) => Y, xs: unknown): Tensors<Y> {
  if (treeFlatten(xs)[0].length === 0) throw new ShapeError("map: there is nothing to map over.");
  return scan((_carry: null, x: unknown) => [null, f(x)], null, xs)[1];
}
