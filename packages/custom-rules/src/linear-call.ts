// linear_call: the tangent map of a function with a custom vjp. In reverse mode its transpose is the user's bwd; in forward
// mode the map is found by transposing bwd, which has to be linear in the cotangent and written with Gradus operations.

import {
  type Aval,
  causeOf,
  definePrimitive,
  isLinear,
  type LinearProgram,
  materialize,
  NonlinearError,
  type Primitive,
  recordLinear,
  tangentAval,
  type Tensor,
  transposeLinear,
  Zero,
  zerosOf,
} from "@gradus/core";


/** Cotangents of the arguments from the residuals and cotangents of the values. */
export type FlatBwd = (residuals: Tensor[], cts: (Tensor | Zero)[]) => (Tensor | Zero)[];

export interface LinearCallParams {
  readonly name: string;
  readonly bwd: FlatBwd;
  /** The custom jvp, where there is one beside the vjp: forward mode uses it, with the primals that follow the residuals. */
  readonly forward: ((primals: Tensor[], tangents: (Tensor | Zero)[]) => (Tensor | Zero)[]) | undefined;
  readonly residuals: number;
  /** Which arguments have a tangent among the operands. */
  readonly live: readonly boolean[];
  readonly inAvals: readonly Aval[];
  readonly outAvals: readonly Aval[];
}

/** The operands are residuals, then the primals if `forward` is there, then the tangents of the live arguments. */
export const linearCallP: Primitive<LinearCallParams, "many"> = /* @__PURE__ */ definePrimitive<LinearCallParams, "many">("linear_call", {
  multipleResults: true,
  abstractEval: (_avals, { outAvals }) => outAvals.map(tangentAval),
  decompose(args, params) {
    const { forward, residuals, live, inAvals, outAvals } = params;
    const tangents = args.slice(args.length - live.filter(Boolean).length);
    if (forward !== undefined) {
      let next = 0;
      const dxs = inAvals.map((aval, i) => (live[i] ? (tangents[next++] as Tensor) : new Zero(tangentAval(aval))));
      return materialize(forward(args.slice(residuals, residuals + inAvals.length), dxs));
    }
    const program = transposedBwd(args.slice(0, residuals), params);
    return transposeLinear(program, tangents).map((t, i) => (t instanceof Zero ? zerosOf(tangentAval(outAvals[i] as Aval)) : t));
  },
  rules: {
    transpose(cts: (Tensor | Zero)[], args, { bwd, residuals, live, inAvals, name, forward }) {
      const fixed = residuals + (forward === undefined ? 0 : inAvals.length);
      if (args.slice(0, fixed).some(isLinear)) throw new NonlinearError(`${name}: a residual of its custom vjp depends on a tangent.`);
      const results = bwd(args.slice(0, residuals) as Tensor[], cts);
      return [...args.slice(0, fixed).map(() => null), ...results.filter((_, i) => live[i])];
    },
  },
});

// bwd as a linear program from the cotangents of the outputs to those of the live arguments.
function transposedBwd(residuals: Tensor[], { name, bwd, live, outAvals }: LinearCallParams): LinearProgram {
  try {
    return recordLinear(outAvals.map(tangentAval), (cts) => bwd(residuals, cts).filter((_, i) => live[i]));
  } catch (error) {
    if (!(error instanceof NonlinearError)) throw error;
    throw new NonlinearError(
      `${name} has a custom vjp and no custom jvp, and forward mode needs the transpose of its bwd, which is not linear in the cotangent. ` +
        `Give a jvp rule as well (defineRule), or use reverse mode. The cause: ${causeOf(error)}`,
    );
  }
}
