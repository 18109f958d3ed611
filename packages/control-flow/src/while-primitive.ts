// while_loop: a body applied to a carry as long as a condition of the carry holds. Results of the body beyond the carry are
// collected on stacks. Reverse mode: a loop that counts its steps and saves on stacks what a scan of that many steps, linear in
// the tangents, needs.

import { add, type Aval, avalOf, bind, definePrimitive, fullOf, moveAxis, NonlinearError, type Primitive, type Tensor, Zero, zeroTangent } from "@gradus/core";
import { reduceOr } from "@gradus/ops";
import { avalsOf, axisFirst, bits, effectOf, evalProgram, jvpProgram, narrowed, permuted, Program, traceFlat, Var } from "@gradus/tracing";
import { batched } from "./batched.js";
import { borrowing } from "./stand-in.js";
import { fixpoint, isAxis, merge, omit, pick, range, split } from "./groups.js";
import { cutLoop } from "./loop-cut.js";
import { opened } from "./open.js";
import { choose, scanP, stackAval } from "./scan-primitive.js";
import { stackOf } from "./stacks.js";

/** The operands are what the condition captured, what the body captured, and the carry. */
export interface WhileParams {
  readonly condition: Program;
  readonly body: Program;
  readonly conditionConsts: number;
  readonly bodyConsts: number;
  /** Reverse mode saves the carry of each step alone, and computes the step again. */
  readonly recompute: boolean;
}

const counter: Aval = /* @__PURE__ */ avalOf([], "int32");
const carryCount = ({ condition, conditionConsts }: WhileParams): number => condition.inputs.length - conditionConsts;
const collected = (params: WhileParams): readonly Aval[] => params.body.outAvals.slice(carryCount(params)).map(stackAval);

/** What the condition says of a carry, by default of the initial one. */
const goesOn = (args: readonly Tensor[], { condition, conditionConsts, bodyConsts }: WhileParams, carry: readonly Tensor[] = args.slice(conditionConsts + bodyConsts)): Tensor =>
  evalProgram(condition, [...args.slice(0, conditionConsts), ...carry])[0] as Tensor;

function loop(args: readonly Tensor[], params: WhileParams, first: Tensor = goesOn(args, params)): Tensor[] {
  const { body, conditionConsts, bodyConsts } = params;
  const [, forBody, init] = split(args, conditionConsts, bodyConsts);
  const avals = collected(params);
  const rows: Tensor[][] = avals.map(() => []);
  let carry = init;
  for (let goes = first; goes.item<boolean>(); goes = goesOn(args, params, carry)) {
    const outs = evalProgram(body, [...forBody, ...carry]);
    rows.forEach((r, i) => r.push(outs[carry.length + i] as Tensor));
    carry = outs.slice(0, carry.length);
  }
  return [...carry, ...rows.map((r, i) => stackOf(r, avals[i] as Aval))];
}

export const whileP: Primitive<WhileParams, "many"> = /* @__PURE__ */ definePrimitive<WhileParams, "many">("while_loop", {
  multipleResults: true,
  abstractEval: (avals, params) => [...avals.slice(params.conditionConsts + params.bodyConsts), ...collected(params)],
  decompose: (args, params) => loop(args, params),
  effect: ({ condition, body }) => effectOf(body) ?? effectOf(condition),
  higherOrder: {
    open: (args, params, frame) =>
      opened(whileP, args, frame, () => goesOn(args, params), (first) => loop(args, params, first), (seen) => bind(whileP, args, { ...params, condition: seen(params.condition), body: seen(params.body) })),
  },
  rules: {
    "tracing/structure": (params) => ({ kind: "while", ...params }),
    // The condition sees values alone. A tangent of the carry that is zero at first may not stay so.
    jvp(primals, tangents, params, run) {
      const { condition, body, conditionConsts, bodyConsts } = params;
      const [, liveB, liveK] = split(tangents.map((t) => !(t instanceof Zero)), conditionConsts, bodyConsts);
      const carry = liveK.length;
      const { flags, result } = fixpoint(liveK, (k) => {
        const live = [...liveB, ...k];
        const d = body.memo(`jvp:${bits(live)}:${bits(k)}`, () => jvpProgram(body, live, run, k));
        return { found: d.zeroOut.slice(0, carry).map((z) => z === undefined), result: d };
      });
      const { program, zeros, zeroOut } = result;
      const [n, m] = [body.inputs.length, body.outputs.length];
      const [dB, dK] = [pick(liveB, liveB).length, pick(flags, flags).length];
      const inputs = [...range(0, bodyConsts), ...range(n, n + dB), ...range(n + dB + dK, program.inputs.length), ...range(bodyConsts, n), ...range(n + dB, n + dB + dK)];
      const outputs = [...range(0, carry), ...range(m, m + dK), ...range(carry, m), ...range(m + dK, program.outputs.length)];
      const [pC, pB, pK] = split(primals, conditionConsts, bodyConsts);
      const [, tB, tK] = split(tangents, conditionConsts, bodyConsts);
      const outs = bind(
        whileP,
        [
          ...pC, ...pB, ...(pick(tB, liveB) as Tensor[]), ...zeros.map((aval) => run.instantiate(new Zero(aval))),
          ...pK, ...pick(tK, flags).map((t) => run.instantiate(t)),
        ],
        {
          ...params,
          condition: watching(condition, condition.inputs, program.outAvals.slice(m, m + dK)),
          body: permuted(program, inputs, outputs),
          bodyConsts: bodyConsts + dB + zeros.length,
        },
      );
      const [state, dstate, rest] = split(outs, carry, dK);
      const ys = rest.slice(0, m - carry);
      const douts = [...dstate, ...rest.slice(m - carry)];
      let next = 0;
      return [[...state, ...ys], zeroOut.map((z, i) => (z === undefined ? (douts[next++] as Tensor) : i < carry ? z : zeroTangent(stackAval(body.outAvals[i] as Aval), z.reason)))];
    },
    // A loop of what does not depend on the tangents, which counts its steps and saves what is needed, and a scan linear in them.
    partial(args, linear, params, record) {
      const { condition, body, conditionConsts, bodyConsts, recompute } = params;
      const [linC, linB, linK] = split(linear, conditionConsts, bodyConsts);
      const [aC, aB, aK] = split(args, conditionConsts, bodyConsts);
      const { unknownCarry, outputIsUnknown, known, knownOuts, fixed, linear: rest } = cutLoop(body, { consts: linB, carry: linK, slices: [] }, aK, recompute);
      const [kB, kK] = [omit(aB, linB), omit(aK, unknownCarry)];
      const test = conditionOn(condition, [...linC, ...unknownCarry]);
      const counting = traceFlat((xs) => {
        const [forBody, [steps], carry] = split(xs, kB.length, 1);
        return [add(steps as Tensor, 1), ...evalProgram(known, [...forBody, ...carry])];
      }, [...avalsOf(kB), counter, ...known.inAvals.slice(kB.length)]).program;
      const [steps, ...values] = bind(whileP, [...aC, ...kB, fullOf(counter, 0), ...kK], {
        condition: watching(test, test.inputs.slice(0, conditionConsts), [counter], test.inputs.slice(conditionConsts)),
        body: counting,
        conditionConsts,
        bodyConsts: kB.length,
        recompute,
      });
      const [uB, uK] = [pick(aB, linB), pick(aK, unknownCarry)];
      const recorded = record(scanP, [steps as Tensor, ...fixed.map((i) => kB[i] as Tensor), ...uB, ...uK, ...values.slice(knownOuts)], {
        body: rest,
        consts: fixed.length + uB.length,
        carry: uK.length,
        length: null,
        reverse: false,
        recompute,
      });
      return merge(outputIsUnknown, recorded, values);
    },
    // Examples stop at different steps: the loop runs to the longest, and those that have stopped keep their carry.
    batch(args, axes, params, axisSize, run) {
      const { condition, body, conditionConsts, bodyConsts } = params;
      const [axC, axB, axK] = split(axes.map(isAxis), conditionConsts, bodyConsts);
      const moved = args.map((x, i) => (isAxis(axes[i]) ? moveAxis(x, axes[i] as number, 0) : x));
      const carry = axK.length;
      const { flags, result } = fixpoint(axK, (k) => {
        const test = batched(condition, [...axC, ...k], axisSize, run);
        const differs = isAxis(test.outAxes[0]);
        const all = k.map((f) => f || differs);
        const step = batched(body, [...axB, ...all], axisSize, run, all);
        return { found: all.map((f, i) => f || isAxis(step.outAxes[i])), result: { differs, outAxes: step.outAxes } };
      });
      const first = [...flags, ...result.outAxes.slice(carry).map(isAxis)];
      const test = batched(condition, [...axC, ...flags], axisSize, run, [result.differs]).program;
      const step = batched(body, [...axB, ...flags], axisSize, run, first).program;
      const [mC, mB, mK] = split(moved, conditionConsts, bodyConsts);
      const init = mK.map((x, i) => (flags[i] ? axisFirst(x, axK[i] ? 0 : null, axisSize) : x));
      const outAxes = first.map((f) => (f ? 0 : null));
      if (!result.differs) return [bind(whileP, [...mC, ...mB, ...init], { ...params, condition: test, body: step }), outAxes];
      const any = traceFlat((xs) => [reduceOr(evalProgram(test, xs)[0] as Tensor)], test.inAvals).program;
      const frozen = traceFlat((xs) => {
        const [forTest, forStep, before] = split(xs, conditionConsts, bodyConsts);
        const goes = evalProgram(test, [...forTest, ...before])[0] as Tensor;
        const borrow = borrowing(goes);
        const outs = evalProgram(step, [...forStep.map((x, i) => (axB[i] ? borrow(x) : x)), ...before.map(borrow)]);
        return outs.map((x, i) => (i < carry ? choose(goes, x, before[i] as Tensor) : x));
      }, avalsOf([...mC, ...mB, ...init])).program;
      const outs = bind(whileP, [...mC, ...mC, ...mB, ...init], { ...params, condition: any, body: frozen, bodyConsts: conditionConsts + bodyConsts });
      return [outs, outAxes];
    },
    "tracing/prune"(params, used) {
      const outputs = used.map((u, i) => u || i < carryCount(params));
      return { params: { ...params, body: narrowed(params.body, outputs) }, outputs };
    },
  },
});

/** A condition of a longer carry, of which it sees `inputs` and, behind what is `more`, those `after`. */
function watching({ constants, equations, outputs }: Program, inputs: readonly Var[], more: readonly Aval[], after: readonly Var[] = []): Program {
  return new Program({ inputs: [...inputs, ...more.map((aval) => new Var(aval)), ...after], constants, equations, outputs });
}

/** A condition without the inputs that are linear. @throws NonlinearError if it depends on one */
function conditionOn({ inputs, constants, equations, outputs }: Program, linear: readonly boolean[]): Program {
  const used = new Set([...equations.flatMap((eq) => eq.inputs), ...outputs]);
  const i = inputs.findIndex((v, k) => linear[k] && used.has(v));
  if (i >= 0) throw new NonlinearError(`whileLoop: its condition depends on a value ${inputs[i]?.aval} in which the loop is to be linear: the number of steps of a linear loop is the same for all of its inputs.`);
  return new Program({ inputs: omit(inputs, linear), constants, equations, outputs });
}
