// jacfwd: the Jacobian by forward mode, for each input leaf all directions at once. Wins over reverse mode where inputs are
// fewer than outputs.

import { batchFlat } from "@gradus/batching";
import {
  type Argnums,
  type Arguments,
  array,
  assertFunction,
  type Aval,
  bind,
  broadcastInDim,
  castP,
  DTypeError,
  flattenArgs,
  flattenOutput,
  isFloat,
  isTensor,
  materialize,
  moveAxis,
  reshape,
  selectArgs,
  splitAux,
  type Tensor,
  treeLeaves,
  treeMap,
  treeUnflatten,
  type TreeDef,
  zeroTangent,
} from "@gradus/core";
import type { Differentiable, Gradient, Jacobian } from "./derivative-types.js";
import { jvpFlat } from "./handler.js";

/** The n×n identity in the dtype of `aval`, each row shaped as `aval`: all directions of a leaf. */
export function standardBasis(aval: Aval): Tensor {
  const n = aval.size;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  const basis = array(data, { shape: [n, ...aval.shape], dtype: aval.dtype });
  return aval.weak ? bind(castP, [basis], { dtype: aval.dtype, weak: true }) : basis;
}

export interface JacobianOptions<N extends Argnums = Argnums> {
  /** The argument to differentiate, or several for a tuple at each leaf; the first unless given. */
  readonly argnums?: N;
  /** The function returns `[value, aux]`; aux is passed out without derivative. */
  readonly hasAux?: boolean;
}

/**
 * The Jacobian of `f` by forward mode. The result has the structure of the output, with the structure of the argument at
 * each leaf; the shape of a leaf is the output's followed by the input's.
 * @throws DTypeError for an integer or boolean input @throws ArgumentError where an argument is missing
 */
export function jacfwd<A extends any[] = Tensor[], R = any, X = any, const N extends Argnums = 0>(
  f: ((...args: A) => [R, X]) & Differentiable<A, N>,
  options: JacobianOptions<N> & { readonly hasAux: true },
): (...args: Arguments<A>) => [Jacobian<R, Gradient<A, N>>, X];
export function jacfwd<A extends any[] = Tensor[], R = any, const N extends Argnums = 0>(
  f: ((...args: A) => R) & Differentiable<A, N>,
  options?: JacobianOptions<N> & { readonly hasAux?: false },
): (...args: Arguments<A>) => Jacobian<R, Gradient<A, N>>;
export function jacfwd(f: (...args: any[]) => unknown, options: JacobianOptions = {}): (...args: any[]) => any {
  assertFunction(f, "jacfwd");
  return (...args) => {
    const { selected, replace } = selectArgs(args, options.argnums ?? 0, "jacfwd");
    const [xs, def] = flattenArgs(selected, "jacfwd");
    for (const x of xs) {
      if (!isFloat(x.dtype)) throw new DTypeError(`jacfwd: an input is ${x.aval}, and only floats have derivatives: cast it, or leave it out of argnums.`);
    }
    let outDef: TreeDef | undefined;
    let count = 0;
    let aux: unknown;
    // The outputs, followed by what of aux is a tensor: both lose their tangents on the way out.
    const flat = (leaves: Tensor[]): Tensor[] => {
      let out: unknown = f(...replace(treeUnflatten(def, leaves)));
      if (options.hasAux) [out, aux] = splitAux(out, "jacfwd");
      const [outs, d] = flattenOutput(out, "jacfwd");
      outDef = d;
      count = outs.length;
      return [...outs, ...treeLeaves(aux).filter(isTensor)];
    };
    const columns: Tensor[][] = [];
    let primals = xs.length === 0 ? flat([]) : [];
    xs.forEach((x, i) => {
      const [tangents, axes] = batchFlat(
        ([t]) => {
          const [outs, dots] = jvpFlat(flat, xs, xs.map((z, j) => (j === i ? (t as Tensor) : zeroTangent(z.aval))));
          primals = outs;
          return materialize(dots.slice(0, count));
        },
        [standardBasis(x.aval)],
        [0],
        x.size,
      );
      columns.push(tangents.map((t, k) => lastAxis(t, axes[k] as number | null, x)));
    });
    const rows = Array.from({ length: count }, (_, k) => treeUnflatten(def, columns.map((c) => c[k])));
    const jacobian = treeUnflatten(outDef as TreeDef, rows);
    if (!options.hasAux) return jacobian;
    const tensors = primals.slice(count);
    return [jacobian, treeMap((leaf: unknown) => (isTensor(leaf) ? tensors.shift() : leaf), aux)];
  };
}

// The directions of x, which run along `axis`, become the last axes, in the shape of x.
function lastAxis(t: Tensor, axis: number | null, x: Tensor): Tensor {
  if (axis === null) return broadcastInDim(t, [...t.shape, ...x.shape], t.shape.map((_, i) => i));
  const outShape = t.shape.filter((_, i) => i !== axis);
  return reshape(moveAxis(t, axis, t.ndim - 1), [...outShape, ...x.shape]);
}
