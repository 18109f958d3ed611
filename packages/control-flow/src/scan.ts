// scan and map: loops of a known number of steps.

import { ArgumentError, assertFunction, assertSync, avalOf, bind, castP, flattenArgs, type MapTree, reshape, ShapeError, type Tensor, type TensorLike, type TreeDef, treeFlatten, treeMap, treeUnflatten } from "@gradus/core";
import { concatenate, sliceAlong } from "@gradus/ops";
import { type Like, traceCarry } from "./body.js";
import { checkpointEvery, type LoopOptions } from "./options.js";
import { scanP } from "./scan-primitive.js";

type Tensors<T> = MapTree<T, TensorLike, Tensor>;
type Step = (carry: any, x: any) => readonly [unknown, unknown];

export interface ScanOptions extends LoopOptions {
  /** The number of steps, where no input says it. */
  readonly length?: number | undefined;
  /** From the last slice to the first; results stay in the places of their slices. */
  readonly reverse?: boolean | undefined;
  /** How many steps a compiling backend may put in one turn of its loop. Changes no result. */
  readonly unroll?: number | boolean | undefined;
}

/**
 * Applies `f(carry, x) → [carry, y]` once per slice of `xs` along axis 0: the last carry, and the results stacked. The body is
 * traced, whatever is around it.
 * @example scan((sum, x) => [add(sum, x), sum], 0, array([1, 2, 3])) // [6, [0, 1, 3]]
 * @throws ShapeError if lengths differ or are unknown, or the carry changes shape @throws DTypeError if it changes dtype
 * @throws TreeMismatchError if it changes structure @throws ArgumentError unless the body returns a pair, or for a wrong option
 */
export function scan<C, Y, S = any, X = any>(
  f: (carry: S, x: X) => readonly [C, Y],
  init: NoInfer<Like<S>>,
  xs: NoInfer<Like<X>>,
  options?: ScanOptions,
): [Tensors<C>, Tensors<Y>];
export function scan<C, Y>(f: (carry: any, x: any) => readonly [C, Y], init: unknown, xs: unknown, options: ScanOptions = {}): [Tensors<C>, Tensors<Y>] {
  assertFunction(f, "scan");
  const [inputs, xsTree] = flattenArgs(xs, "scan");
  const length = lengthOf(inputs, options.length);
  const { unroll = 1, reverse = false } = options;
  if (typeof unroll !== "boolean" && !(Number.isInteger(unroll) && unroll >= 1)) throw new ArgumentError(`scan: unroll is ${String(unroll)}, and must be a positive integer or a boolean.`);
  if (typeof reverse !== "boolean") throw new ArgumentError(`scan: reverse is ${String(reverse)}, and must be a boolean.`);
  const every = checkpointEvery(options, "scan") ?? length;
  const slices = (ts: readonly Tensor[]): unknown => treeUnflatten(xsTree, ts);
  if (every >= length) return loop(f, init, slices(inputs), length, reverse, false) as [Tensors<C>, Tensors<Y>];
  // Whole segments, each of them computed again, and what is left.
  const segments = Math.floor(length / every);
  const end = segments * every;
  const whole = (carry: unknown): [unknown, unknown] => {
    const parts = inputs.map((x) => reshape(sliceAlong(x, 0, 0, end), [segments, every, ...x.shape.slice(1)]));
    const [last, ys] = loop((c, part) => loop(f, c, part, every, reverse, false), carry, slices(parts), segments, reverse, true);
    return [last, treeMap((y: Tensor) => reshape(y, [end, ...y.shape.slice(2)]), ys)];
  };
  const rest = (carry: unknown): [unknown, unknown] => loop(f, carry, slices(inputs.map((x) => sliceAlong(x, 0, end, length))), length - end, reverse, false);
  if (end === length) return whole(init) as [Tensors<C>, Tensors<Y>];
  const [between, before] = reverse ? rest(init) : whole(init);
  const [last, after] = reverse ? whole(between) : rest(between);
  const [first, second] = reverse ? [after, before] : [before, after];
  return [last, treeMap((a: Tensor, b: Tensor) => concatenate([a, b], 0), first, second)] as [Tensors<C>, Tensors<Y>];
}

function loop(f: Step, init: unknown, xs: unknown, length: number, reverse: boolean, recompute: boolean): [unknown, unknown] {
  const [leaves, def] = flattenArgs([init, xs], "scan");
  const [carryTree] = def.children as [TreeDef, TreeDef];
  const inputs = leaves.slice(carryTree.size);
  const rows = inputs.map(({ aval }) => avalOf(aval.shape.slice(1), aval.dtype, aval.weak));
  const body = (...args: unknown[]): unknown => f(...(args as [unknown, unknown]));
  const traced = traceCarry(body, leaves.slice(0, carryTree.size), carryTree, rows, def, "scan", (out, keep) => {
    if (!Array.isArray(assertSync(out, "scan")) || (out as unknown[]).length !== 2) throw new ArgumentError("scan: the body must return [carry, y], an array of two; y may be null.");
    return [keep((out as unknown[])[0]), treeMap(strong, (out as unknown[])[1])];
  });
  const { program, hoisted, outTree } = traced;
  const carry = carryTree.size;
  const outs = bind(scanP, [...hoisted, ...traced.init, ...inputs], { body: program, consts: hoisted.length, carry, length, reverse, recompute });
  return [treeUnflatten(carryTree, outs.slice(0, carry)), treeUnflatten(outTree.children[1] as TreeDef, outs.slice(carry))];
}

// What is stacked has a dtype of its own.
const strong = (y: Tensor | undefined): Tensor => (y?.aval?.weak ? bind(castP, [y], { dtype: y.dtype, weak: false }) : (y as Tensor));

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
export function map<Y, X = any>(f: (x: X) => Y, xs: NoInfer<Like<X>>): Tensors<Y>;
export function map<Y>(f: (x: any) => Y, xs: unknown): Tensors<Y> {
  assertFunction(f, "map");
  if (treeFlatten(xs)[0].length === 0) throw new ShapeError("map: there is nothing to map over.");
  return scan((_carry: null, x: unknown) => [null, f(x)], null, xs)[1];
}
