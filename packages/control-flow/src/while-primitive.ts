// while_loop: a body applied to a carry as long as a condition of the carry holds. Reverse mode runs the loop under the recorder,
// step by step, where the condition is known; under jit, where it is not, it is an error that says so.

import { at, type Aval, avalOf, type BatchRun, bind, broadcastInDim, definePrimitive, DTypeError, type Frame, MissingRuleError, moveAxis, type Primitive, select, type Tensor, Zero } from "@gradus/core";
import { reduceOr } from "@gradus/ops";
import { axisFirst, batchedProgram, bits, effectOf, evalProgram, jvpProgram, permuted, Program, traceFlat, Var } from "@gradus/tracing";
import { fixpoint, isAxis, pick, range, split } from "./groups.js";

/** The operands are what the condition captured, what the body captured, and the carry. */
export interface WhileParams {
  readonly condition: Program;
  readonly body: Program;
  readonly conditionConsts: number;
  readonly bodyConsts: number;
}

function loop(args: readonly Tensor[], { condition, body, conditionConsts, bodyConsts }: WhileParams): Tensor[] {
  const [forCondition, forBody, init] = split(args, conditionConsts, bodyConsts);
  let carry = init;
  while (holds(evalProgram(condition, [...forCondition, ...carry])[0] as Tensor)) carry = evalProgram(body, [...forBody, ...carry]);
  return carry;
}

function holds(condition: Tensor): boolean {
  if (condition.frame !== null && condition.frame.handler.name !== "jvp") {
    throw new MissingRuleError(
      `whileLoop: the condition is not known under ${condition.frame.handler.name}, and reverse mode needs it there. ` +
        "Differentiate inside: jit or vmap what grad returned only where the number of steps does not depend on traced values, or use scan or foriLoop with fixed bounds.",
    );
  }
  return condition.item<boolean>();
}

export const whileP: Primitive<WhileParams, "many"> = /* @__PURE__ */ definePrimitive<WhileParams, "many">("while_loop", {
  multipleResults: true,
  abstractEval: (avals, { conditionConsts, bodyConsts }) => avals.slice(conditionConsts + bodyConsts),
  decompose: loop,
  effect: ({ condition, body }) => effectOf(body) ?? effectOf(condition),
  higherOrder: { open: (args, params, frame) => at(frame as Frame, () => loop(args, params)) },
  rules: {
    // The condition sees values alone. A tangent of the carry that is zero at first may not stay so.
    jvp(primals, tangents, params, run) {
      const { condition, body, conditionConsts, bodyConsts } = params;
      const [, liveB, liveK] = split(tangents.map((t) => !(t instanceof Zero)), conditionConsts, bodyConsts);
      const { flags, result } = fixpoint(liveK, (k) => {
        const live = [...liveB, ...k];
        const d = body.memo(`jvp:${bits(live)}:${bits(k)}`, () => jvpProgram(body, live, run, k));
        return { found: d.zeroOut.map((z) => z === undefined), result: d };
      });
      const { program, zeros, zeroOut } = result;
      const n = body.inputs.length;
      const [dB, dK] = [pick(liveB, liveB).length, pick(flags, flags).length];
      const inputs = [...range(0, bodyConsts), ...range(n, n + dB), ...range(n + dB + dK, program.inputs.length), ...range(bodyConsts, n), ...range(n + dB, n + dB + dK)];
      const [pC, pB, pK] = split(primals, conditionConsts, bodyConsts);
      const [, tB, tK] = split(tangents, conditionConsts, bodyConsts);
      const outs = bind(
        whileP,
        [
          ...pC, ...pB, ...(pick(tB, liveB) as Tensor[]), ...zeros.map((aval) => run.instantiate(new Zero(aval))),
          ...pK, ...pick(tK, flags).map((t) => run.instantiate(t)),
        ],
        {
          condition: ignoring(condition, program.outAvals.slice(pK.length)),
          body: permuted(program, inputs, range(0, program.outputs.length)),
          conditionConsts,
          bodyConsts: bodyConsts + dB + zeros.length,
        },
      );
      let next = pK.length;
      return [outs.slice(0, pK.length), zeroOut.map((z) => (z === undefined ? (outs[next++] as Tensor) : z))];
    },
    // Examples stop at different steps: the loop runs to the longest, and those that have stopped keep their carry.
    batch(args, axes, params, axisSize, run) {
      const { condition, body, conditionConsts, bodyConsts } = params;
      const [axC, axB, axK] = split(axes.map(isAxis), conditionConsts, bodyConsts);
      const moved = args.map((x, i) => (isAxis(axes[i]) ? moveAxis(x, axes[i] as number, 0) : x));
      const { flags, result } = fixpoint(axK, (k) => {
        const test = batched(condition, [...axC, ...k], axisSize, run);
        const differs = isAxis(test.outAxes[0]);
        const all = k.map((f) => f || differs);
        const step = batched(body, [...axB, ...all], axisSize, run, all);
        return { found: all.map((f, i) => f || isAxis(step.outAxes[i])), result: { differs } };
      });
      const test = batched(condition, [...axC, ...flags], axisSize, run, [result.differs]).program;
      const step = batched(body, [...axB, ...flags], axisSize, run, flags).program;
      const [mC, mB, mK] = split(moved, conditionConsts, bodyConsts);
      const carry = mK.map((x, i) => (flags[i] ? axisFirst(x, axK[i] ? 0 : null, axisSize) : x));
      const outAxes = flags.map((f) => (f ? 0 : null));
      if (!result.differs) return [bind(whileP, [...mC, ...mB, ...carry], { condition: test, body: step, conditionConsts, bodyConsts }), outAxes];
      const any = traceFlat((xs) => [reduceOr(evalProgram(test, xs)[0] as Tensor)], test.inAvals).program;
      const frozen = traceFlat((xs) => {
        const [forTest, forStep, before] = split(xs, conditionConsts, bodyConsts);
        const goes = evalProgram(test, [...forTest, ...before])[0] as Tensor;
        return evalProgram(step, [...forStep, ...before]).map((x, i) => select(broadcastInDim(goes, x.shape, [0]), x, before[i] as Tensor));
      }, [...mC, ...mB, ...carry].map((x) => x.aval)).program;
      const outs = bind(whileP, [...mC, ...mC, ...mB, ...carry], { condition: any, body: frozen, conditionConsts, bodyConsts: conditionConsts + bodyConsts });
      return [outs, outAxes];
    },
  },
});

// The condition of a longer carry, of which it sees the same part.
function ignoring({ inputs, constants, equations, outputs }: Program, more: readonly Aval[]): Program {
  return new Program({ inputs: [...inputs, ...more.map((aval) => new Var(aval))], constants, equations, outputs });
}

function batched(program: Program, isBatched: readonly boolean[], axisSize: number, run: BatchRun, first: readonly boolean[] = []) {
  const avals = program.inAvals.map((aval, i) => (isBatched[i] ? avalOf([axisSize, ...aval.shape], aval.dtype, aval.weak) : aval));
  return program.memo(`batch:${bits(isBatched)}:${axisSize}:${bits(first)}`, () => batchedProgram(program, avals, isBatched.map((b) => (b ? 0 : null)), axisSize, run, first));
}

/** @throws DTypeError unless a condition gives one boolean scalar */
export function checkCondition(condition: Program): void {
  const [aval, ...others] = condition.outAvals;
  if (others.length > 0 || aval?.dtype !== "bool" || aval.ndim !== 0) {
    throw new DTypeError(`whileLoop: the condition returns ${condition.outAvals.join(", ") || "nothing"}, and must return a boolean scalar, for example less(i, n).`);
  }
}
