// Reverse mode comes out of forward mode: the function runs once under the JVP handler with tangents that are variables of
// a linear program. Primals are computed below both handlers at once; what is performed on tangents is recorded.

import {
  at,
  type Aval,
  flattenArgs,
  flattenOutput,
  type Frame,
  isFloat,
  isZeroValue,
  type LinearProgram,
  minus,
  NonlinearError,
  recordLinear,
  splitAux,
  tangentAval,
  type Tensor,
  Tracer,
  treeUnflatten,
  type TreeDef,
  withFrame,
  Zero,
  zeroTangent,
} from "@gradus/core";
import { type Dual, JvpHandler, primalOf, stripAux } from "@gradus/jvp";

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
  let outs: Tensor[] = [];
  let outTree: TreeDef | undefined;
  let aux: unknown;
  const floats = xs.filter((x) => isFloat(x.dtype));
  const program = recordLinear(
    floats.map((x) => x.aval),
    (tangents, recorder) => {
      const handler = new JvpHandler({
        scale: (factor, t) => recorder.scale(factor, t),
        join: (t, u) => recorder.join(t, u),
        negate: minus,
        owner: recorder.frame,
        zeros: (aval) => recorder.input(aval),
        check: linearTangent,
      });
      return withFrame(handler, (frame) => {
        handler.frame = frame;
        let next = 0;
        const boxed = xs.map((primal) =>
          isFloat(primal.dtype) ? new Tracer(frame, { primal, tangent: tangents[next++] as Tensor } satisfies Dual, primal.aval) : primal,
        );
        let out = f(...replace(treeUnflatten(inTree, boxed)));
        if (hasAux) [out, aux] = splitAux(out, what);
        const [results, def] = flattenOutput(out, what);
        outTree = def;
        outs = results.map((o) => primalOf(frame, o));
        if (hasAux) aux = at(frame.parent as Frame, () => stripAux(frame, aux));
        return results.map((o) => (o.frame === frame ? (o.payload as Dual).tangent : zeroTangent(o.aval)));
      });
    },
  );
  return { outs, outTree: outTree as TreeDef, aux, inAvals: xs.map((x) => x.aval), inTree, program };
}

// A tangent that does not depend on the tangents that came in is zero, or the rule that gave it is not linear.
function linearTangent(t: Tensor, name: string): Tensor | Zero {
  if (isZeroValue(t)) return new Zero(tangentAval(t.aval));
  throw new NonlinearError(
    `The rule of ${name} gave a tangent ${t.aval} that does not depend on the tangents it was given and is not zero: ` +
      "a tangent rule must be linear, so 0 where all tangents are 0, without added constants.",
  );
}
