// What function transformations share: calling a user's function on trees of tensors, and the way from a handler to a
// transformation of functions.

import { assertFunction } from "./arguments.js";
import { assertInPlace } from "./bind.js";
import { ArgumentError } from "./errors.js";
import type { Handler } from "./handler.js";
import { type TensorLike, toTensor } from "./host.js";
import { assertSync, withFrame } from "./stack.js";
import { Tensor } from "./tensor.js";
import { flatten, type MapTree, type TreeDef, unflatten } from "./tree.js";

/** The leaves of a function's output as tensors, and its structure. @throws ArgumentError unless f is synchronous and returns tensors */
export function flattenOutput(out: unknown, what: string): [Tensor[], TreeDef] {
  const [leaves, def] = flatten(assertSync(out, what));
  return [toTensors(leaves, what, "a result of the function"), def];
}

/** The leaves of arguments as tensors, and their structure. @throws ArgumentError naming `what` */
export function flattenArgs(args: unknown, what: string): [Tensor[], TreeDef] {
  const [leaves, def] = flatten(args);
  return [toTensors(leaves, what, "an argument"), def];
}

function toTensors(leaves: unknown[], what: string, role: string): Tensor[] {
  for (let i = 0; i < leaves.length; i++) {
    const x = leaves[i];
    if (!(x instanceof Tensor)) leaves[i] = toTensor(x, `${what}: ${role}`);
    else if (x.frame) assertInPlace(x, `${what}: ${role}`);
  }
  return leaves as Tensor[];
}

/** Splits `[out, aux]` as a function with `hasAux` returns it. @throws ArgumentError */
export function splitAux(out: unknown, what: string): [out: unknown, aux: unknown] {
  assertSync(out, what);
  if (!Array.isArray(out) || out.length !== 2) {
    throw new ArgumentError(`${what} with hasAux needs a function that returns [out, aux].`);
  }
  return out as [unknown, unknown];
}

/** What may be passed where a function of tensors is differentiated: JS numbers for 0-d tensors. */
export type Arguments<A extends any[]> = { [K in keyof A]: Loose<A[K]> };
type Loose<T> = T extends Tensor ? TensorLike : T extends number | boolean | string | null | undefined | ((...args: never[]) => unknown) ? T : { [K in keyof T]: Loose<T[K]> };

/** Which handler a transformation installs, and how values enter and leave it: as `L`. */
export interface TransformSpec<H extends Handler, L = Tensor> {
  readonly name: string;
  /** A new handler for every call. */
  readonly handler: () => H;
  /** What the function is given for a leaf of its arguments, `index`-th in order: the leaf itself unless stated. */
  readonly lift?: (x: Tensor, handler: H, index: number) => Tensor;
  /** What a leaf of the result becomes on the way out: itself unless stated. */
  readonly strip?: (x: Tensor, handler: H) => L;
}

/**
 * A transformation of functions from a handler: arguments and results are trees of tensors, flattened, lifted, run,
 * stripped and rebuilt.
 * @example
 * const doubled = defineTransform({ name: "doubled", handler: () => ({ name: "doubled", sees: "own", perform: … }) });
 * doubled((x) => sin(x))(1);
 */
export function defineTransform<H extends Handler, L = Tensor>(
  spec: TransformSpec<H, L>,
): <A extends any[] = Tensor[], R = any>(f: (...args: A) => R) => (...args: Arguments<A>) => MapTree<R, TensorLike, L> {
  return <A extends any[] = Tensor[], R = any>(f: (...args: A) => R) => {
    assertFunction(f, spec.name);
    return (...args: Arguments<A>) => {
      const [leaves, def] = flattenArgs(args, spec.name);
      const handler = spec.handler();
      return withFrame(handler, () => {
        const { lift, strip } = spec;
        const lifted = lift === undefined ? leaves : leaves.map((x, i) => lift(x, handler, i));
        const [outs, outDef] = flattenOutput(f(...(unflatten(def, lifted) as A)), spec.name);
        return unflatten(outDef, strip === undefined ? outs : outs.map((x) => strip(x, handler))) as MapTree<R, TensorLike, L>;
      });
    };
  };
}

/** Which arguments a transformation differentiates: one index, or several for a tuple of results. May be negative. */
export type Argnums = number | readonly number[];

export interface SelectedArgs {
  /** The selected argument, or the tuple of them. */
  readonly selected: unknown;
  /** All arguments, with others in the place of the selected ones. */
  readonly replace: (selected: unknown) => unknown[];
}

/** The arguments that `argnums` names. @throws ArgumentError where an argument is missing */
export function selectArgs(args: readonly unknown[], argnums: Argnums, what: string): SelectedArgs {
  const isOne = typeof argnums === "number";
  if (!isOne && !Array.isArray(argnums)) throw new ArgumentError(`${what}: argnums must be an argument's index, or an array of them.`);
  const list = (isOne ? [argnums] : (argnums as readonly number[])).map((n) => {
    const i = n < 0 ? n + args.length : n;
    if (!Number.isInteger(n) || i < 0 || i >= args.length) {
      throw new ArgumentError(`${what}: argnums ${n} names an argument that was not given: the call has ${args.length} argument(s).`);
    }
    return i;
  });
  if (list.some((n, k) => list.indexOf(n) < k)) throw new ArgumentError(`${what}: argnums [${argnums}] name one argument twice.`);
  return {
    selected: isOne ? args[list[0] as number] : list.map((i) => args[i]),
    replace: (selected) =>
      args.map((a, i) => {
        const k = list.indexOf(i);
        return k < 0 ? a : isOne ? selected : (selected as unknown[])[k];
      }),
  };
}
