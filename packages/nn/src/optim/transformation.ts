// What an optimiser is: a transformation of gradients with a state, which is a pytree and so may pass through jit and scan.
// The shape, and the names of the parts, are optax's, https://optax.readthedocs.io.

import { add, ArgumentError, cast, type MapTree, type Tensor, type TensorLike, toTensor, treeMap } from "@gradus/core";

export interface GradientTransformation<S = unknown> {
  /** The state before the first step, for parameters of this structure. */
  init(params: unknown): S;
  /**
   * What to add to the parameters, and the next state. @throws TreeMismatchError where gradients, state and parameters differ
   * in structure @throws ArgumentError where the parameters are needed and not given
   */
  update<G>(grads: G, state: S, params?: unknown): [updates: MapTree<G, TensorLike, Tensor>, state: S];
}

/** The states of the transformations of a chain. */
export type ChainState<T extends readonly GradientTransformation<any>[]> = { [K in keyof T]: T[K] extends GradientTransformation<infer S> ? S : never };

/** Transformations one after the other. @throws ArgumentError for something that is none */
export function chain<const T extends readonly GradientTransformation<any>[]>(...parts: T): GradientTransformation<ChainState<T>> {
  for (const p of parts) if (typeof p?.update !== "function") throw new ArgumentError("chain: expected gradient transformations { init, update }, as sgd(0.1) gives them.");
  return {
    init: (params) => parts.map((p) => p.init(params)) as ChainState<T>,
    update(grads, state, params) {
      let updates: any = tensors(grads);
      const next = parts.map((p, i) => {
        const [u, s] = p.update(updates, (state as unknown[])[i], params);
        updates = u;
        return s;
      });
      return [updates, next as ChainState<T>];
    },
  };
}

/** params + updates, in the dtypes of the parameters. @throws TreeMismatchError for different structures @throws ShapeError */
export function applyUpdates<P>(params: P, updates: unknown): MapTree<P, TensorLike, Tensor> {
  return treeMap((p: TensorLike, u: TensorLike) => {
    const t = toTensor(p, "applyUpdates");
    return like(add(t, u), t);
  }, params, updates) as MapTree<P, TensorLike, Tensor>;
}

/** The leaves as tensors. */
export const tensors = <G>(tree: G): MapTree<G, TensorLike, Tensor> => treeMap((x: TensorLike) => toTensor(x, "update"), tree) as MapTree<G, TensorLike, Tensor>;

/** x in the dtype of `model`. */
export const like = (x: Tensor, model: Tensor): Tensor => (x.dtype === model.dtype ? x : cast(x, model.dtype));

/** A transformation without a state. */
export function stateless(f: (grads: any, params: unknown) => unknown): GradientTransformation<null> {
  return { init: () => null, update: (grads, _state, params) => [f(tensors(grads), params) as never, null] };
}
