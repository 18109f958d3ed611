// checkpoint: time for memory. The backward pass of a checkpointed function computes the values that it needs again.
// Griewank & Walther 2000, "Algorithm 799: revolve", https://doi.org/10.1145/347837.347846, on when that pays.

import { ArgumentError, type Arguments, assertFunction, bind, causeOf, ConcretizationError, flattenArgs, type MapTree, type Tensor, type TensorLike, treeUnflatten, type TreeDef } from "@gradus/core";
import { type Traced, traceTree } from "@gradus/tracing";
import { checkpointCallP } from "./checkpoint-call.js";
import { type CheckpointPolicy, nothingSaveable } from "./checkpoint-policies.js";

export interface CheckpointOptions {
  /** Which values the forward pass keeps: none unless given. */
  readonly policy?: CheckpointPolicy;
  /**
   * Keep compilers from merging what is computed again with the forward pass, by an optimization barrier; true unless given. In the
   * body of a loop, where the two are in different loops, false saves the barrier.
   */
  readonly preventCse?: boolean;
  /** Arguments that the function sees as they are: functions, options, numbers that it branches on. */
  readonly staticArgnums?: number | readonly number[];
}

/**
 * The same function, whose backward pass has its arguments only and computes intermediate values again, at every order of
 * differentiation. Values, derivatives and custom rules are as without. The function is traced when it is called; traced values that it
 * captures count as arguments.
 * @example grad(checkpoint((x) => sin(sin(x))))(2) // cos(sin 2)·cos 2
 * @throws ConcretizationError for host control flow on traced values @throws ArgumentError for an async function, or an option of
 * another type
 */
export function checkpoint<A extends any[] = Tensor[], R = any>(f: (...args: A) => R, options: CheckpointOptions = {}): (...args: Arguments<A>) => MapTree<R, TensorLike, Tensor> {
  assertFunction(f, "checkpoint");
  const { policy = nothingSaveable, preventCse = true, staticArgnums = [] } = options;
  if (typeof policy !== "function") throw new ArgumentError("checkpoint: policy must be a function of a value, such as dotsSaveable or saveOnlyTheseNames(…).");
  if (typeof preventCse !== "boolean") throw new ArgumentError(`checkpoint: preventCse is ${String(preventCse)}, and must be true or false.`);
  const list = typeof staticArgnums === "number" ? [staticArgnums] : staticArgnums;
  if (!Array.isArray(list) || !list.every((n) => Number.isInteger(n))) throw new ArgumentError(`checkpoint: staticArgnums must be argument indices, got ${JSON.stringify(staticArgnums)}.`);
  const name = f.name || "anonymous";
  return (...args) => {
    const isStatic = (i: number): boolean => list.includes(i) || list.includes(i - args.length);
    const [leaves, def] = flattenArgs(args.filter((_, i) => !isStatic(i)), "checkpoint");
    const { program, hoisted } = naming(name, () =>
      traceTree(
        (...dynamic) => {
          let next = 0;
          return f(...(args.map((x, i) => (isStatic(i) ? x : dynamic[next++])) as A));
        },
        leaves.map((x) => x.aval),
        def,
        "checkpoint",
      ),
    );
    const outs = bind(checkpointCallP, [...hoisted, ...leaves], { name, program, policy, preventCse });
    return treeUnflatten(program.outTree as TreeDef, outs) as MapTree<R, TensorLike, Tensor>;
  };
}

/** Another name of {@link checkpoint}. */
export const remat: typeof checkpoint = checkpoint;

// Outside of a derivative the function would have known its values.
function naming(name: string, f: () => Traced): Traced {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof ConcretizationError) || error.message.includes("checkpoint(")) throw error;
    throw new ConcretizationError(`checkpoint(${name}) traces its function, to compute it again later: an argument that it branches on must be static, checkpoint(f, { staticArgnums: [1] }). ${causeOf(error)}`);
  }
}
