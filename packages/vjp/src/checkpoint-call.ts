// checkpoint_call: a program whose derivative keeps its arguments, and what a policy allows, instead of its intermediate values, and
// computes those again when it is transposed. A transformed call is a call again, so this holds at every order.

import { at, bind, definePrimitive, type Frame, isLinear, type Primitive, type Tensor, withHandler, Zero } from "@gradus/core";
import { avalsOf, batchedProgram, bits, effectOf, evalProgram, jvpProgram, optimizationBarrierP, type Program, traceFlat, transposedProgram } from "@gradus/tracing";
import { cutProgram } from "./checkpoint-cut.js";
import type { CheckpointPolicy } from "./checkpoint-policies.js";

export interface CheckpointParams {
  readonly name: string;
  readonly program: Program;
  readonly policy: CheckpointPolicy;
  /** Whether what is computed again goes behind a barrier. */
  readonly preventCse: boolean;
  /** How many operations the program computes again. */
  readonly recomputed?: number | undefined;
  /** Where the program is a derivative: the function that it is the derivative of, which takes the leading operands. */
  readonly primal?: (() => Program) | undefined;
}

type Tangent = Tensor | Zero;

const call = (args: readonly Tensor[], params: CheckpointParams): Tensor[] =>
  params.program.outputs.length + params.program.equations.length === 0 ? [] : bind(checkpointCallP, args, params);

/** Applies a program to its operands. */
export const checkpointCallP: Primitive<CheckpointParams, "many"> = /* @__PURE__ */ definePrimitive<CheckpointParams, "many">("checkpoint_call", {
  multipleResults: true,
  abstractEval: (_avals, { program }) => [...program.outAvals],
  decompose: (args, { program }) => evalProgram(program, args),
  effect: ({ program }) => effectOf(program),
  higherOrder: {
    open(args, params, frame) {
      const { handler } = frame as Frame;
      const { program } = params;
      // Opened in place, its values would be kept; where nothing below differentiates there is nothing to keep.
      if (args.every((a) => a.frame === null || a.frame === frame)) return at(frame as Frame, () => evalProgram(program, args));
      const seen = traceFlat((xs) => withHandler(handler, () => evalProgram(program, xs)), program.inAvals);
      return bind(checkpointCallP, [...seen.hoisted, ...args], { ...params, program: seen.program, primal: undefined });
    },
  },
  rules: {
    jvp(primals, tangents, params, run) {
      const { name, program } = params;
      const live = tangents.map((t) => !(t instanceof Zero));
      const { program: derived, zeros, zeroOut } = program.memo(`jvp:${bits(live)}`, () => jvpProgram(program, live, run));
      const given = tangents.filter((_, i) => live[i]) as Tensor[];
      const extra = zeros.map((aval) => run.instantiate(new Zero(aval)));
      const outs = call([...primals, ...given, ...extra], { ...params, name: `jvp(${name})`, program: derived, primal: () => program });
      const n = program.outputs.length;
      let next = n;
      return [outs.slice(0, n), zeroOut.map((zero) => (zero === undefined ? (outs[next++] as Tensor) : zero))];
    },
    // The residuals are the arguments, and what the policy keeps.
    partial(args, linear, params, record) {
      const { name, program, policy } = params;
      const cut = program.memo(`checkpoint:${bits(linear)}`, () => cutProgram(program, linear, policy));
      const { known, linear: rest, again, outputIsUnknown, recomputed } = cut;
      const fixed = args.filter((_, i) => !linear[i]);
      const count = outputIsUnknown.filter((u) => !u).length;
      const kept = known.outputs.length - count;
      const primal = kept === 0 ? primalOf(params, linear, outputIsUnknown) : undefined;
      const inner = { ...params, primal: undefined };
      const values = primal === undefined ? call(fixed, { ...inner, name: `known(${name})`, program: known }) : call(args.slice(0, primal.inputs.length), { ...inner, program: primal });
      const operands = [...again.map((i) => fixed[i] as Tensor), ...values.slice(count), ...args.filter((_, i) => linear[i])];
      const recorded = rest.outputs.length === 0 ? [] : record(checkpointCallP, operands, { ...inner, name: `linear(${name})`, program: rest, recomputed });
      let [k, u] = [0, 0];
      return outputIsUnknown.map((isUnknown) => (isUnknown ? recorded[u++] : values[k++]) as Tensor);
    },
    transpose(cts: Tangent[], args, params) {
      const { name, program, preventCse, recomputed = 0 } = params;
      const linear = args.map(isLinear);
      const live = cts.map((c) => !(c instanceof Zero));
      const fixed = args.filter((_, i) => !linear[i]) as Tensor[];
      const given = cts.filter((_, i) => live[i]) as Tensor[];
      const { program: derived, zeroOut } = program.memo(`transpose:${bits(linear)}:${bits(live)}:${given.map((c) => c.aval.id).join()}`, () => {
        const transposed = transposedProgram(program, linear, live, avalsOf(given));
        return preventCse && recomputed > 0 ? { ...transposed, program: behindBarrier(transposed.program) } : transposed;
      });
      const outs = call([...fixed, ...given], { ...params, name: `transpose(${name})`, program: derived });
      let [next, l] = [0, 0];
      return args.map((_, i) => (linear[i] ? (zeroOut[l++] ? null : (outs[next++] as Tensor)) : null));
    },
    batch(args, axes, params, axisSize, run) {
      const { name, program } = params;
      const { program: derived, outAxes } = program.memo(`batch:${axes.join()}:${axisSize}`, () => batchedProgram(program, avalsOf(args), axes, axisSize, run));
      return [call(args, { ...params, name: `vmap(${name})`, program: derived, primal: undefined }), [...outAxes]];
    },
  },
});

// The function itself, where what does not depend on the tangents is its values and nothing else: it does not stack, as a loop of the
// derivative does, what nobody keeps.
function primalOf({ primal }: CheckpointParams, linear: readonly boolean[], outputIsUnknown: readonly boolean[]): Program | undefined {
  const program = primal?.();
  if (program === undefined || linear.some((l, i) => l && i < program.inputs.length)) return undefined;
  return outputIsUnknown.every((u, i) => u === i >= program.outputs.length) ? program : undefined;
}

// Recomputation waits for the cotangents, and is never taken for the forward pass.
const behindBarrier = (program: Program): Program => traceFlat((xs) => evalProgram(program, bind(optimizationBarrierP, xs)), program.inAvals).program;
