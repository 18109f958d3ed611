// cond: one of several programs, chosen by an index. All have the same operands and results. The index carries no gradient,
// and only the branch taken runs and is differentiated.

import { type Aval, avalOf, bind, definePrimitive, DTypeError, fullOf, instantiate, isLinear, moveAxis, type Primitive, type Tensor, Zero } from "@gradus/core";
import { equal, greaterEqual, lessEqual } from "@gradus/ops";
import { axisFirst, bits, effectOf, evalProgram, jvpProgram, partition, Program, traceFlat, transposedProgram, Var } from "@gradus/tracing";
import { batched } from "./batched.js";
import { fixpoint, isAxis, merge, omit, pick } from "./groups.js";
import { opened } from "./open.js";
import { choose } from "./scan-primitive.js";
import { hold } from "./stand-in.js";

/** The operands are the index, an int32 scalar, and those of the branches. */
export interface CondParams {
  readonly branches: readonly Program[];
}

const first = (branches: readonly Program[]): Program => branches[0] as Program;

/** The branch of a concrete index, clamped to those there are. */
function taken(index: Tensor, branches: readonly Program[]): Program {
  return branches[Math.min(Math.max(index.item(), 0), branches.length - 1)] as Program;
}

const run1 = ([index, ...operands]: readonly Tensor[], { branches }: CondParams): Tensor[] => evalProgram(taken(index as Tensor, branches), operands);

export const condP: Primitive<CondParams, "many"> = /* @__PURE__ */ definePrimitive<CondParams, "many">("cond", {
  multipleResults: true,
  abstractEval([index], { branches }) {
    if (index?.ndim !== 0 || index.dtype !== "int32") throw new DTypeError(`cond: the index is ${index}, and must be an int32 scalar.`);
    return first(branches).outAvals.map((aval, i) => (!aval.weak || branches.every((b) => b.outAvals[i]?.weak) ? aval : avalOf(aval.shape, aval.dtype)));
  },
  decompose: run1,
  effect: ({ branches }) => branches.map(effectOf).find((e) => e !== undefined),
  higherOrder: {
    open: (args, params, frame) =>
      opened(condP, args, frame, () => args[0] as Tensor, () => run1(args, params), (seen) => bind(condP, args, { branches: params.branches.map(seen) })),
  },
  rules: {
    "tracing/structure": ({ branches }) => ({ kind: "branch", branches }),
    jvp([index, ...primals], [, ...tangents], { branches }, run) {
      const live = tangents.map((t) => !(t instanceof Zero));
      const { flags, result } = fixpoint(first(branches).outputs.map(() => false), (out) => {
        const found = branches.map((b) => b.memo(`jvp:${bits(live)}:${bits(out)}`, () => jvpProgram(b, live, run, out)));
        return { found: out.map((_, i) => found.some((d) => d.zeroOut[i] === undefined)), result: found };
      });
      // Every branch has the zeros of all.
      const zeros = result.flatMap((d) => d.zeros);
      const given = tangents.filter((_, i) => live[i]) as Tensor[];
      const own = primals.length + given.length;
      let before = 0;
      const derived = result.map((d) => {
        const widened = widen(d.program, own, before, zeros);
        before += d.zeros.length;
        return widened;
      });
      const outs = bind(condP, [index as Tensor, ...primals, ...given, ...zeros.map((aval) => run.instantiate(new Zero(aval)))], { branches: derived });
      const n = flags.length;
      let next = n;
      return [outs.slice(0, n), flags.map((f, i) => (f ? (outs[next++] as Tensor) : (result[0]?.zeroOut[i] as Zero)))];
    },
    // Residuals of all branches are results of the first part: those of the branches not taken are zeros that nothing reads.
    partial(args, linear, { branches }, record) {
      const [index, ...operands] = args as [Tensor, ...Tensor[]];
      const unknown = linear.slice(1);
      const { flags, result } = fixpoint(first(branches).outputs.map(() => false), (out) => {
        const parts = branches.map((b) => b.memo(`partial:${bits(unknown)}:${bits(out)}`, () => partition(b, unknown, out)));
        return { found: out.map((_, i) => parts.some((p) => p.outputIsUnknown[i])), result: parts };
      });
      const knownCount = omit(flags, flags).length;
      const residuals = result.map((p) => p.known.outputs.slice(knownCount).map((a) => a.aval));
      const all = residuals.flat();
      let before = 0;
      const knowns: Program[] = [];
      const unknowns: Program[] = [];
      result.forEach((p, b) => {
        const own = (residuals[b] as Aval[]).length;
        const start = before;
        knowns.push(traceFlat((xs) => {
          const outs = evalProgram(p.known, xs);
          const rest = outs.slice(knownCount);
          return [...outs.slice(0, knownCount), ...all.map((aval, i) => (i >= start && i < start + own ? (rest[i - start] as Tensor) : fullOf(aval, 0)))];
        }, p.known.inAvals).program);
        unknowns.push(widenLeading(p.unknown, own, start, all));
        before += own;
      });
      const values = knownCount + all.length + result.reduce((n, p) => n + p.known.equations.length, 0) === 0 ? [] : bind(condP, [index, ...omit(operands, unknown)], { branches: knowns });
      const recorded = record(condP, [index, ...values.slice(knownCount), ...pick(operands, unknown)], { branches: unknowns });
      return merge(flags, recorded, values);
    },
    transpose(cts: (Tensor | Zero)[], [index, ...args], { branches }) {
      const linear = args.map(isLinear);
      const live = cts.map((c) => !(c instanceof Zero));
      const given = cts.filter((_, i) => live[i]) as Tensor[];
      const avals = given.map((c) => c.aval);
      const transposed = branches.map((b) => b.memo(`transpose:${bits(linear)}:${bits(live)}:${avals.map((a) => a.id).join()}`, () => transposedProgram(b, linear, live, avals, instantiate)).program);
      const outs = bind(condP, [index as Tensor, ...(omit(args, linear) as Tensor[]), ...given], { branches: transposed });
      let next = 0;
      return [null, ...linear.map((l) => (l ? (outs[next++] as Tensor) : null))];
    },
    batch([index, ...operands], [indexAxis, ...axes], { branches }, axisSize, run) {
      const moved = operands.map((x, i) => (isAxis(axes[i]) ? moveAxis(x, axes[i] as number, 0) : x));
      const isBatched = axes.map(isAxis);
      if (!isAxis(indexAxis)) {
        const { flags, result } = fixpoint(first(branches).outputs.map(() => false), (out) => {
          const found = branches.map((b) => batched(b, isBatched, axisSize, run, out));
          return { found: out.map((_, i) => found.some((d) => isAxis(d.outAxes[i]))), result: found };
        });
        return [bind(condP, [index as Tensor, ...moved], { branches: result.map((d) => d.program) }), flags.map((f) => (f ? 0 : null))];
      }
      // Examples choose differently: all branches run, and results are selected. An example that did not take a branch gives it the
      // operands as constants, so that the branch's derivative, NaN perhaps, never meets a zero cotangent of its own.
      const all = first(branches).outputs.map(() => true);
      const which = axisFirst(index as Tensor, indexAxis as number, axisSize);
      const last = branches.length - 1;
      const results = branches.map((b, k) => {
        const chosen = k === 0 ? lessEqual(which, 0) : k === last ? greaterEqual(which, last) : equal(which, k);
        const full = moved.map((x, i) => (isBatched[i] ? x : axisFirst(x, null, axisSize)));
        const safe = full.map((x) => hold(chosen, x));
        const { program } = batched(b, full.map(() => true), axisSize, run, all);
        return { chosen, outs: evalProgram(program, safe) };
      });
      const outs = all.map((_, i) => results.slice(1).reduce((out, { chosen, outs }) => choose(chosen, outs[i] as Tensor, out), results[0]?.outs[i] as Tensor));
      return [outs, all.map(() => 0)];
    },
  },
});

// A branch with the zeros of all branches as its last inputs, of which `zeros.slice(start, …)` are its own.
function widen({ inputs, constants, equations, outputs }: Program, fixed: number, start: number, zeros: readonly Aval[]): Program {
  const own = inputs.slice(fixed);
  const all = zeros.map((aval, i) => own[i - start] ?? new Var(aval));
  return new Program({ inputs: [...inputs.slice(0, fixed), ...all], constants, equations, outputs });
}

// The same for leading inputs: the residuals of all branches, of which `own` from `start` on are this one's.
function widenLeading({ inputs, constants, equations, outputs }: Program, own: number, start: number, all: readonly Aval[]): Program {
  const leading = all.map((aval, i) => (i >= start && i < start + own ? (inputs[i - start] as Var) : new Var(aval)));
  return new Program({ inputs: [...leading, ...inputs.slice(own)], constants, equations, outputs });
}
