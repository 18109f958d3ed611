// associativeScan: all prefixes of a fold by an associative function, about 2n applications in about 2·log₂ n rounds. A composition of
// slices and concatenations, so every transformation goes through.

import { ArgumentError, assertFunction, describe, DTypeError, flattenArgs, flattenOutput, type MapTree, normalizeAxis, reshape, ShapeError, type Tensor, type TensorLike, type TreeDef, TreeMismatchError, treeUnflatten } from "@gradus/core";
import { concatenate, reverse as flip, sliceAlong, stack } from "@gradus/ops";

export interface AssociativeScanOptions {
  /** Folds from the last element on; results stay in the places of their elements. */
  readonly reverse?: boolean | undefined;
  /** Along which axis the elements are: the first unless given. */
  readonly axis?: number | undefined;
}

type Tensors<T> = MapTree<T, TensorLike, Tensor>;
type Combine = (a: readonly Tensor[], b: readonly Tensor[]) => readonly Tensor[];

/**
 * All prefixes of a fold: `y[0] = x[0]`, `y[i] = fn(y[i − 1], x[i])`, by an associative `fn`. Elements are slices of the arrays of a tree
 * along `axis`; `fn` is given trees of many elements at once, with the axis in place, and combines them element by element.
 * Source: G. E. Blelloch, "Prefix Sums and Their Applications", CMU-CS-90-190, 1990.
 * @example associativeScan((a, b) => mul(a, b), array([1, 2, 3, 4])) // [1, 2, 6, 24]
 * @throws ShapeError if lengths differ, or there is nothing to fold @throws TreeMismatchError, ShapeError or DTypeError if `fn` does not give what it was given
 * @throws ArgumentError unless `fn` is a function
 */
export function associativeScan<T>(fn: (a: Tensors<T>, b: Tensors<T>) => unknown, elems: T, options: AssociativeScanOptions = {}): Tensors<T> {
  assertFunction(fn, "associativeScan");
  const { reverse = false, axis = 0 } = options;
  if (typeof reverse !== "boolean") throw new ArgumentError(`associativeScan: reverse is ${describe(reverse)}, and must be a boolean.`);
  const [xs, def] = flattenArgs(elems, "associativeScan");
  if (xs.length === 0) throw new ShapeError("associativeScan: there is no array to fold.");
  const axes = xs.map((x, i) => normalizeAxis(axis, x.ndim, `associativeScan: array ${i}, ${x.aval},`));
  const lengths = xs.map((x, i) => x.shape[axes[i] as number] as number);
  if (lengths.some((n) => n !== lengths[0])) throw new ShapeError(`associativeScan: the arrays have lengths ${lengths.join(", ")} along axis ${axis}: they must be equal.`);
  const turn = (ts: readonly Tensor[]): readonly Tensor[] => (reverse ? ts.map((x, i) => flip(x, axes[i] as number)) : ts);
  const combine: Combine = (a, b) => combined(fn(treeUnflatten(def, a.slice()) as Tensors<T>, treeUnflatten(def, b.slice()) as Tensors<T>), def, a);
  return treeUnflatten(def, turn(prefixes(combine, turn(xs), axes, lengths[0] as number)).slice()) as Tensors<T>;
}

// Pairs are combined, their prefixes found in the same way: those are the results at odd places. One application more, with the
// element that follows, gives those at even places.
function prefixes(combine: Combine, xs: readonly Tensor[], axes: readonly number[], n: number): readonly Tensor[] {
  if (n < 2) return xs;
  const take = (ts: readonly Tensor[], start: number, limit: number, stride: number): Tensor[] => ts.map((x, i) => sliceAlong(x, axes[i] as number, start, limit, stride));
  const half = Math.floor(n / 2);
  const odd = prefixes(combine, combine(take(xs, 0, n - 1, 2), take(xs, 1, n, 2)), axes, half);
  if (n === 2) return take(xs, 0, 1, 1).map((x, i) => concatenate([x, odd[i] as Tensor], axes[i] as number));
  const rest = Math.ceil(n / 2) - 1;
  const even = combine(take(odd, 0, rest, 1), take(xs, 2, n, 2));
  return xs.map((x, i) => {
    const axis = axes[i] as number;
    const evens = concatenate([sliceAlong(x, axis, 0, 1), even[i] as Tensor], axis);
    const pairs = reshape(stack([sliceAlong(evens, axis, 0, half), odd[i] as Tensor], axis + 1), x.shape.map((d, k) => (k === axis ? 2 * half : d)));
    return n % 2 === 0 ? pairs : concatenate([pairs, sliceAlong(evens, axis, half, half + 1)], axis);
  });
}

function combined(out: unknown, def: TreeDef, like: readonly Tensor[]): readonly Tensor[] {
  const [outs, outDef] = flattenOutput(out, "associativeScan");
  if (!def.equals(outDef)) throw new TreeMismatchError(`associativeScan: fn is given ${def} and returns ${outDef}: they must be equal (* is a leaf).`);
  const wrong = outs.flatMap((x, i) => (x.aval.shape === like[i]?.aval.shape && x.dtype === like[i].dtype ? [] : [`leaf ${i}: ${like[i]?.aval} in, ${x.aval} out`]));
  if (wrong.length === 0) return outs;
  const message = `associativeScan: fn does not give what it is given (${wrong.join("; ")}). It combines many elements at once, along the axis, and must keep shapes and dtypes.`;
  throw outs.some((x, i) => x.aval.shape !== like[i]?.aval.shape) ? new ShapeError(message) : new DTypeError(message);
}
