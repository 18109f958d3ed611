// Reverse mode comes out of forward mode: the function runs once under the JVP handler with tangents that are variables of
// a linear program. Primals are computed below both handlers at once; what is performed on tangents is recorded.

import {
  type Aval,
  flattenArgs,
  type LinearProgram,
  recordLinear,
  type Tensor,
  treeUnflatten,
  type TreeDef,
  zeroTangent,
} from "@gradus/core";
import { type DualTree, jvpTree } from "@gradus/jvp";

/** A function linearized at a point: its value there, and its derivative as a linear program. */
export interface Linearized {
  readonly outs: readonly Tensor[];
  readonly outTree: TreeDef;
  readonly aux: unknown;
  readonly inAvals: readonly Aval[];
  readonly inTree: TreeDef;
  /** From the tangents of the float leaves, in order, to those of the outputs. */
  readonly program: LinearProgram;
}

/** Linearizes a function of a tree. `replace` gives the arguments to call it with. */
export function linearizeTree(
  f: (...args: any[]) => unknown,
  selected: unknown,
  replace: (selected: unknown) => unknown[],
  what: string,
  hasAux = false,
): Linearized {
  const [xs, inTree] = flattenArgs(selected, what);
  const inAvals = xs.map((x) => x.aval);
  let result: DualTree | undefined;
  const program = recordLinear(
    inAvals.filter((a) => a.hasTangent),
    (inputs, recorder) => {
      let next = 0;
      const tangents = inAvals.map((a) => (a.hasTangent ? (inputs[next++] as Tensor) : zeroTangent(a)));
      result = jvpTree((args) => f(...replace(treeUnflatten(inTree, args))), xs, tangents, what, hasAux, recorder);
      return result.tangents;
    },
  );
  const { outs, outTree, aux } = result as DualTree;
  return { outs, outTree, aux, inAvals, inTree, program };
}
