// checkpoint_name: the identity that gives a value a name, for the policies of checkpoint to know it by.

import { ArgumentError, bind, definePrimitive, flattenArgs, type MapTree, type Primitive, type Tensor, type TensorLike, treeUnflatten } from "@gradus/core";
import type { Expr } from "@gradus/core/scalar";

/** The identity, under a name that policies know. Tangents have none. */
export const checkpointNameP: Primitive<{ readonly name: string }> = /* @__PURE__ */ definePrimitive<{ readonly name: string }>("checkpoint_name", {
  elementwise: { accepts: "any", body: (x: Expr) => x },
  partials: [() => 1],
  rules: { transpose: (ct: Tensor) => [ct] },
});

/**
 * The same values under a name, by which the policies of `checkpoint` keep them or not.
 * @example checkpoint((x) => sin(checkpointName(mul(x, x), "square")), { policy: saveOnlyTheseNames("square") })
 * @throws ArgumentError for a name that is no string, or a leaf that is no tensor
 */
export function checkpointName<T>(x: T, name: string): MapTree<T, TensorLike, Tensor> {
  if (typeof name !== "string") throw new ArgumentError(`checkpointName: the name is ${String(name)}, and must be a string: checkpointName(x, "hidden").`);
  const [leaves, def] = flattenArgs(x, "checkpointName");
  return treeUnflatten(def, leaves.map((leaf) => bind(checkpointNameP, [leaf], { name }))) as MapTree<T, TensorLike, Tensor>;
}
