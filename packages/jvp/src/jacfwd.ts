// jacfwd: the Jacobian by forward mode, for each input leaf all directions at once. Wins over reverse mode where inputs are
// fewer than outputs.

import { batchFlat } from "@gradus/batching";
import {
  type Argnums,
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
  materialize,
  moveAxis,
  reshape,
  selectArgs,
  splitAux,
  type Tensor,
  treeUnflatten,
  type TreeDef,
  type Zero,
  zeroTangent,
} from "@gradus/core";
import { jvpFlat } from "./handler.js";

/** The n×n identity in the dtype of `aval`, each row shaped as `aval`: all directions of a leaf. */
export function standardBasis(aval: Aval): Tensor {
  const n = aval.size;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  const basis = array(data, { shape: [n, ...aval.shape], dtype: aval.dtype });
  return aval.weak ? bind(castP, [basis], { dtype: aval.dtype, weak: true }) : basis;
}

export interface JacobianOptions {
  readonly argnums?: Argnums;
  readonly hasAux?: boolean;
}

/**
 * The Jacobian of `f` by forward mode. The result has the structure of the output, with the structure of the argument at
 * each leaf; the shape of a leaf is the output's followed by the input's.
 * @throws DTypeError for an integer or boolean input @throws ArgumentError where an argument is missing
 */
export function jacfwd<A extends any[]>(f: (...args: A) => unknown, options: JacobianOptions = {}): (...args: A) => any {
  assertFunction(f, "jacfwd");
  return (...args: A) => {
    const { selected, replace } = selectArgs(args, options.argnums ?? 0, "jacfwd");
    const [xs, def] = flattenArgs(selected, "jacfwd");
    for (const x of xs) {
      if (!isFloat(x.dtype)) throw new DTypeError(`jacfwd: an input is ${x.aval}, and only floats have derivatives: cast it, or leave it out of argnums.`);
    }
    let outDef: TreeDef | undefined;
    let auxDef: TreeDef | undefined;
    let count = 0;
    const flat = (leaves: Tensor[]): Tensor[] => {
      let out: unknown = f(...(replace(treeUnflatten(def, leaves)) as A));
      let aux: unknown = null;
      if (options.hasAux) [out, aux] = splitAux(out, "jacfwd");
      const [outs, d] = flattenOutput(out, "jacfwd");
      const [auxLeaves, ad] = flattenOutput(aux, "jacfwd: aux");
      outDef = d;
      auxDef = ad;
      count = outs.length;
      return [...outs, ...auxLeaves];
    };
    const zeros = xs.map((x) => zeroTangent(x.aval));
    const columns: Tensor[][] = [];
    let aux: Tensor[] = [];
    xs.forEach((x, i) => {
      const push = (t: Tensor): [Tensor[], (Tensor | Zero)[]] => jvpFlat(flat, xs, zeros.map((z, j) => (j === i ? t : z)));
      let primals: Tensor[] = [];
      const [tangents, axes] = batchFlat(
        ([t]) => {
          const [outs, dots] = push(t as Tensor);
          primals = outs;
          return materialize(dots.slice(0, count));
        },
        [standardBasis(x.aval)],
        [0],
        x.size,
      );
      aux = primals.slice(count);
      columns.push(tangents.map((t, k) => lastAxis(t, axes[k] as number | null, x)));
    });
    const rows = Array.from({ length: count }, (_, k) => k);
    const jacobian = treeUnflatten(outDef as TreeDef, rows.map((k) => treeUnflatten(def, columns.map((c) => c[k]))));
    return options.hasAux ? [jacobian, treeUnflatten(auxDef as TreeDef, aux)] : jacobian;
  };
}

// The directions of x, which run along `axis`, become the last axes, in the shape of x.
function lastAxis(t: Tensor, axis: number | null, x: Tensor): Tensor {
  if (axis === null) return broadcastInDim(t, [...t.shape, ...x.shape], t.shape.map((_, i) => i));
  const outShape = t.shape.filter((_, i) => i !== axis);
  return reshape(moveAxis(t, axis, t.ndim - 1), [...outShape, ...x.shape]);
}
