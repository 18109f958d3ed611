// scan: a body applied once per step to a carry and a slice of each input, its other results stacked. The body is a program;
// what it captured are its leading operands, the same in every step.

import { at, type Aval, avalOf, bind, definePrimitive, type Frame, fullOf, instantiate, isFloat, isLinear, isZeroValue, moveAxis, NonlinearError, plus, type Primitive, reshape, ShapeError, type Tensor, Zero } from "@gradus/core";
import { sliceAlong, stack } from "@gradus/ops";
import { axisFirst, batchedProgram, bits, effectOf, evalProgram, jvpProgram, partition, permuted, type Program, traceFlat, transposedProgram } from "@gradus/tracing";
import { fixpoint, isAxis, merge, omit, pick, range, split } from "./groups.js";

/** Operands: `consts` of them the same in every step, `carry` of them carried, the others sliced along axis 0. */
export interface ScanParams {
  /** From constants, carry and slices to carry and results of the step. */
  readonly body: Program;
  readonly consts: number;
  readonly carry: number;
  readonly length: number;
  /** From the last slice to the first. */
  readonly reverse: boolean;
}

const stacked = (aval: Aval, length: number): Aval => avalOf([length, ...aval.shape], aval.dtype, aval.weak);
const row = (x: Tensor, i: number): Tensor => reshape(sliceAlong(x, 0, i, i + 1), x.shape.slice(1));
/** Step by step, under whatever handlers are in place. */
function loop(args: readonly Tensor[], { body, consts, carry, length, reverse }: ScanParams): Tensor[] {
  const [fixed, init, xs] = split(args, consts, carry);
  let state = init;
  const rows: Tensor[][] = [];
  for (let k = 0; k < length; k++) {
    const i = reverse ? length - 1 - k : k;
    const outs = evalProgram(body, [...fixed, ...state, ...xs.map((x) => row(x, i))]);
    state = outs.slice(0, carry);
    rows[i] = outs.slice(carry);
  }
  const ys = body.outAvals.slice(carry).map((aval, j) => (length === 0 ? fullOf(stacked(aval, 0), 0) : stack(rows.map((r) => r[j] as Tensor), 0)));
  return [...state, ...ys];
}

export const scanP: Primitive<ScanParams, "many"> = /* @__PURE__ */ definePrimitive<ScanParams, "many">("scan", {
  multipleResults: true,
  abstractEval(avals, { body, consts, carry, length }) {
    split(avals, consts, carry)[2].forEach((x) => {
      if (x.shape[0] !== length) throw new ShapeError(`scan: an input ${x} is sliced ${length} times along axis 0.`);
    });
    return body.outAvals.map((aval, i) => (i < carry ? aval : stacked(aval, length)));
  },
  decompose: loop,
  effect: ({ body }) => effectOf(body),
  higherOrder: { open: (args, params, frame) => at(frame as Frame, () => loop(args, params)) },
  rules: {
    // The carry of the derivative is the carry and its tangents. A tangent that is zero at first may not stay so.
    jvp(primals, tangents, params, run) {
      const { body, consts, carry } = params;
      const [liveC, liveK, liveX] = split(tangents.map((t) => !(t instanceof Zero)), consts, carry);
      const { flags, result } = fixpoint(liveK, (k) => {
        const d = body.memo(`jvp:${bits([...liveC, ...k, ...liveX])}:${bits(k)}`, () => jvpProgram(body, [...liveC, ...k, ...liveX], run, k));
        return { found: d.zeroOut.slice(0, carry).map((z) => z === undefined), result: d };
      });
      const { program, zeros, zeroOut } = result;
      const n = body.inputs.length;
      const [dC, dK, dX] = [pick(liveC, liveC).length, pick(flags, flags).length, pick(liveX, liveX).length];
      const end = n + dC + dK + dX;
      const inputs = [
        ...range(0, consts), ...range(n, n + dC), ...range(end, end + zeros.length),
        ...range(consts, consts + carry), ...range(n + dC, n + dC + dK),
        ...range(consts + carry, n), ...range(n + dC + dK, end),
      ];
      const m = body.outputs.length;
      const outputs = [...range(0, carry), ...range(m, m + dK), ...range(carry, m), ...range(m + dK, program.outputs.length)];
      const [pC, pK, pX] = split(primals, consts, carry);
      const [tC, tK, tX] = split(tangents, consts, carry);
      const outs = bind(
        scanP,
        [
          ...pC, ...(pick(tC, liveC) as Tensor[]), ...zeros.map((aval) => run.instantiate(new Zero(aval))),
          ...pK, ...pick(tK, flags).map((t) => run.instantiate(t)),
          ...pX, ...(pick(tX, liveX) as Tensor[]),
        ],
        { ...params, body: permuted(program, inputs, outputs), consts: consts + dC + zeros.length, carry: carry + dK },
      );
      const [state, dstate, rest] = split(outs, carry, dK);
      const ys = rest.slice(0, m - carry);
      const douts = [...dstate, ...rest.slice(m - carry)];
      let next = 0;
      return [[...state, ...ys], zeroOut.map((z, i) => (z === undefined ? (douts[next++] as Tensor) : i < carry ? z : new Zero(stacked(z.aval, params.length), z.reason)))];
    },
    // Two loops: one for what does not depend on the tangents, which stacks its residuals, and one linear in them.
    partial(args, linear, params, record) {
      const { body, consts, carry, length } = params;
      const [linC, linK, linX] = split(linear, consts, carry);
      const cut = (start: readonly boolean[]) =>
        fixpoint(start, (k) => {
          const unknown = [...linC, ...k, ...linX];
          const p = body.memo(`partial:${bits(unknown)}:${bits(k)}`, () => partition(body, unknown, k));
          return { found: p.outputIsUnknown.slice(0, carry), result: p };
        });
      let parts: ReturnType<typeof cut>;
      try {
        parts = cut(linK);
      } catch (error) {
        // A sum that begins with a constant zero is linear all the same.
        const start = linK.map((l, i) => l || (isFloat((args[consts + i] as Tensor).dtype) && isZeroValue(args[consts + i] as Tensor)));
        if (!(error instanceof NonlinearError) || start.every((l, i) => l === linK[i])) throw error;
        parts = cut(start);
      }
      const { flags: unkK, result: part } = parts;
      const { known, unknown, outputIsUnknown } = part;
      const [aC, aK, aX] = split(args, consts, carry);
      const [kC, kK, kX] = [omit(aC, linC), omit(aK, unkK), omit(aX, linX)];
      const knownOuts = omit(outputIsUnknown, outputIsUnknown).length;
      const residuals = known.outputs.slice(knownOuts);
      // A residual that is the same in every step is passed on as it is.
      const invariant = residuals.map((a) => known.inputs.slice(0, kC.length).indexOf(a as never));
      const isStacked = invariant.map((i) => i < 0);
      const kept = [...range(0, knownOuts), ...range(knownOuts, known.outputs.length).filter((_, i) => isStacked[i])];
      const values = kept.length + known.equations.length === 0
        ? []
        : bind(scanP, [...kC, ...kK, ...kX], { ...params, body: permuted(known, range(0, known.inputs.length), kept), consts: kC.length, carry: kK.length });
      const stacks = values.slice(knownOuts);
      const r = residuals.length;
      const [uC, uK, uX] = [pick(aC, linC), pick(aK, unkK), pick(aX, linX)];
      const inputs = [
        ...range(0, r).filter((i) => !isStacked[i]), ...range(r, r + uC.length),
        ...range(r + uC.length, r + uC.length + uK.length),
        ...range(0, r).filter((i) => isStacked[i]), ...range(r + uC.length + uK.length, unknown.inputs.length),
      ];
      const fixed = omit(invariant, isStacked).map((i) => kC[i] as Tensor);
      const recorded = record(scanP, [...fixed, ...uC, ...uK, ...stacks, ...uX], {
        body: permuted(unknown, inputs, range(0, unknown.outputs.length)),
        consts: fixed.length + uC.length,
        carry: uK.length,
        length,
        reverse: params.reverse,
      });
      return merge(outputIsUnknown, recorded, values);
    },
    // Backwards through the steps: the carry is the cotangents of the carry and, added up, of the constants.
    transpose(cts: (Tensor | Zero)[], args, params) {
      const { body, consts, carry, length, reverse } = params;
      const [linC, , linX] = split(args.map(isLinear), consts, carry);
      const linear = [...linC, ...range(0, carry).map(() => true), ...linX];
      const live = body.outputs.map(() => true);
      const given = body.outAvals;
      const { program } = body.memo(`transpose:${bits(linear)}`, () => transposedProgram(body, linear, live, given, instantiate));
      // Its inputs are: fixed constants, fixed slices, cotangents of carry, of results. Sums of constants' cotangents are added.
      const [aC, , aX] = split(args, consts, carry);
      const [fC, fX] = [omit(aC, linC) as Tensor[], omit(aX, linX) as Tensor[]];
      const sums = pick(body.inAvals.slice(0, consts), linC);
      const step = body.memo(`backward:${bits(linear)}`, () => accumulating(program, sums, fC.length, fX.length, carry));
      const full = cts.map((ct) => (ct instanceof Zero ? instantiate(ct) : ct));
      const outs = bind(scanP, [...fC, ...sums.map((aval) => fullOf(aval, 0)), ...full.slice(0, carry), ...fX, ...full.slice(carry)], {
        body: step,
        consts: fC.length,
        carry: sums.length + carry,
        length,
        reverse: !reverse,
      });
      const [dC, dK, dX] = split(outs, sums.length, carry);
      let [c, x] = [0, 0];
      return [
        ...linC.map((isLin) => (isLin ? (dC[c++] as Tensor) : null)),
        ...args.slice(consts, consts + carry).map((a, i) => (isLinear(a) ? (dK[i] as Tensor) : null)),
        ...linX.map((isLin) => (isLin ? (dX[x++] as Tensor) : null)),
      ];
    },
    batch(args, axes, params, axisSize, run) {
      const { body, consts, carry } = params;
      const [axC, axK, axX] = split(axes, consts, carry);
      const [aC, aK, aX] = split(args, consts, carry);
      const C = aC.map((x, i) => (axC[i] === null ? x : moveAxis(x, axC[i] as number, 0)));
      const X = aX.map((x, i) => (axX[i] === null ? x : moveAxis(x, axX[i] as number, 1)));
      const { flags, result } = fixpoint(axK.map(isAxis), (k) => {
        const isBatched = [...axC.map(isAxis), ...k, ...axX.map(isAxis)];
        const avals = body.inAvals.map((aval, i) => (isBatched[i] ? avalOf([axisSize, ...aval.shape], aval.dtype, aval.weak) : aval));
        const b = body.memo(`batch:${bits(isBatched)}:${axisSize}`, () => batchedProgram(body, avals, isBatched.map((f) => (f ? 0 : null)), axisSize, run, k));
        return { found: b.outAxes.slice(0, carry).map(isAxis), result: b };
      });
      // Every result that differs between examples has its axis first in a step, so second when stacked.
      const first = [...flags, ...result.outAxes.slice(carry).map(isAxis)];
      const all = [...axC.map(isAxis), ...flags, ...axX.map(isAxis)];
      const avals = body.inAvals.map((aval, i) => (all[i] ? avalOf([axisSize, ...aval.shape], aval.dtype, aval.weak) : aval));
      const { program } = body.memo(`batch:${bits(all)}:${axisSize}:${bits(first)}`, () => batchedProgram(body, avals, all.map((f) => (f ? 0 : null)), axisSize, run, first));
      const K = aK.map((x, i) => (flags[i] ? axisFirst(x, axK[i] as number | null, axisSize) : x));
      return [bind(scanP, [...C, ...K, ...X], { ...params, body: program }), first.map((f, i) => (f ? (i < carry ? 0 : 1) : null))];
    },
  },
});

// The step of the backward loop from the transposed step: constants' cotangents are added to what came before.
function accumulating(program: Program, sums: readonly Aval[], fixedC: number, fixedX: number, carry: number): Program {
  const n = program.inputs.length;
  const inAvals = program.inAvals;
  const ct = inAvals.slice(fixedC + fixedX);
  const { program: step } = traceFlat(
    (xs) => {
      const [fC, before, rest] = split(xs, fixedC, sums.length);
      const [dK, fX, dY] = split(rest, carry, fixedX);
      const outs = evalProgram(program, [...fC, ...fX, ...dK, ...dY]);
      return [...before.map((b, i) => plus(b, outs[i] as Tensor)), ...outs.slice(sums.length)];
    },
    [...inAvals.slice(0, fixedC), ...sums, ...ct.slice(0, carry), ...inAvals.slice(fixedC, fixedC + fixedX), ...ct.slice(carry, n)],
  );
  return step;
}
