// jvp: the value of a function and its directional derivative, in one pass.

import {
  ArgumentError,
  type Arguments,
  assertFunction,
  type Aval,
  castUnlessSame,
  DTypeError,
  flattenArgs,
  flattenAs,
  isFloat,
  isTensor,
  materialize,
  scalarTensor,
  ShapeError,
  tangentAval,
  Tensor,
  toTensor,
  treeUnflatten,
  withDType,
} from "@gradus/core";
import type { Tensors } from "./derivative-types.js";
import { jvpTree } from "./handler.js";

/**
 * The value of `f` at `primals` and its derivative in the direction `tangents`, which have the structure, shapes and dtypes of
 * the primals (float0 for integers and booleans).
 * @example jvp((x) => sin(x), [0.5], [1]) // [sin 0.5, cos 0.5]
 * @throws TreeMismatchError @throws ShapeError @throws DTypeError if tangents do not fit @throws MissingRuleError
 */
export function jvp<A extends any[] = Tensor[], R = any, X = any>(
  f: (...args: A) => [R, X],
  primals: NoInfer<Arguments<A>>,
  tangents: NoInfer<Arguments<A>>,
  options: { readonly hasAux: true },
): [Tensors<R>, Tensors<R>, X];
export function jvp<A extends any[] = Tensor[], R = any>(
  f: (...args: A) => R,
  primals: NoInfer<Arguments<A>>,
  tangents: NoInfer<Arguments<A>>,
  options?: { readonly hasAux?: false },
): [Tensors<R>, Tensors<R>];
export function jvp(
  f: (...args: any[]) => any,
  primals: unknown[],
  tangents: unknown[],
  options: { readonly hasAux?: boolean } = {},
): any[] {
  assertFunction(f, "jvp");
  if (!Array.isArray(primals) || !Array.isArray(tangents)) {
    throw new ArgumentError("jvp takes primals and tangents as arrays: jvp(f, [x], [dx]).");
  }
  const [xs, def] = flattenArgs(primals, "jvp");
  const ts = flattenAs(def, tangents, "jvp: tangents");
  const dxs = xs.map((x, i) => {
    const t = ts[i];
    return t instanceof Tensor && t.aval === x.aval && t.aval.hasTangent ? t : matchTangent(t, x, `jvp: tangent ${i}`);
  });
  const { outs, tangents: douts, outTree, aux } = jvpTree((args) => f(...(treeUnflatten(def, args) as unknown[])), xs, dxs, "jvp", options.hasAux);
  const out = [treeUnflatten(outTree, outs), treeUnflatten(outTree, materialize(douts))];
  return options.hasAux ? [...out, aux] : out;
}

/** A tangent of a primal, checked and as a tensor. @throws ShapeError @throws DTypeError naming `what` */
export function matchTangent(tangent: unknown, primal: { readonly aval: Aval }, what: string, of = "primal"): Tensor {
  const wanted = tangentAval(primal.aval);
  if (typeof tangent === "number" && wanted.ndim === 0 && isFloat(wanted.dtype)) return scalarTensor(tangent, wanted);
  const t = toTensor(tangent, what);
  const isShape = t.shape === wanted.shape;
  if (isShape && t.dtype === wanted.dtype) return castUnlessSame(t, wanted);
  const got = typeof tangent === "number" ? "a JS number" : t.aval;
  const opaque = ': full(x.shape, 0, "float0"), or differentiate with respect to cast(x, "float32")';
  throw new (isShape ? DTypeError : ShapeError)(
    `${what} is ${got}, and its ${of} ${primal.aval} needs ${wanted}${
      isShape ? (wanted.dtype === "float0" ? opaque : ": use cast") : ": the shapes must be equal, as of fullLike(x, 1)"
    }.`,
  );
}

/** The same check for a cotangent of an output; a float0 slot accepts any dtype of its shape. */
export function matchCotangent(ct: unknown, out: { readonly aval: Aval }, what: string): Tensor {
  const wanted = tangentAval(out.aval);
  if (wanted.dtype === "float0" && isTensor(ct) && ct.aval.shape === wanted.shape) return ct;
  if (wanted.dtype === "float0" && typeof ct === "number" && wanted.ndim === 0) return scalarTensor(ct, withDType(wanted, "float32"));
  return matchTangent(ct, out, what, "output");
}
