// scan: a body applied once per step to a carry and a slice of each input, its other results collected. The body is a program;
// what it captured are its leading operands, the same in every step. Slices and results are along axis 0 of arrays; where the
// number of steps is not fixed, or they are stacks themselves, they are on stacks.

import { type Aval, avalOf, bind, definePrimitive, DTypeError, fullOf, instantiate, isLinear, moveAxis, opaqueAval, type OpaqueKind, plus, type Primitive, reshape, select, ShapeError, type Tensor, Zero, zeroTangent } from "@gradus/core";
import { add, less, max, reduceMax, sliceAlong, stack, sub } from "@gradus/ops";
import { avalsOf, axisFirst, bits, effectOf, evalProgram, jvpProgram, narrowed, permuted, type Program, traceFlat, transposedProgram } from "@gradus/tracing";
import { batched } from "./batched.js";
import { opened } from "./open.js";
import { along, borrowing } from "./stand-in.js";
import { fixpoint, isAxis, merge, omit, pick, range, split } from "./groups.js";
import { cutLoop } from "./loop-cut.js";
import { stackAt, stackLength, stackOf } from "./stacks.js";

/** Operands: the number of steps where it is not fixed, `consts` the same in every step, `carry` carried, the others sliced. */
export interface ScanParams {
  /** From constants, carry and slices to carry and results of the step. */
  readonly body: Program;
  readonly consts: number;
  readonly carry: number;
  /** null: it is the first operand, an int32 scalar. */
  readonly length: number | null;
  /** From the last slice to the first. */
  readonly reverse: boolean;
  /** Reverse mode saves the carry of each step alone, and computes the step again. */
  readonly recompute: boolean;
}

/** A kind of opaque value: a stack. */
const stacks: OpaqueKind = {
  name: "stack",
  plus: (x: Tensor, y: Tensor): Tensor => mapStacks(([a, b]) => plus(a as Tensor, b as Tensor), [], [x, y]),
  repeat: (x: Tensor, axisSize: number): Tensor => mapStacks(([a]) => axisFirst(a as Tensor, null, axisSize), [], [x]),
};

/** The aval of a stack whose elements have an aval. */
export const stackAval = (element: Aval): Aval => opaqueAval(stacks, element);

/** A stack of what `f` gives for constants and the elements at each place; a stack that is shorter goes on with zeros. */
function mapStacks(f: (xs: Tensor[]) => Tensor, consts: readonly Tensor[], xs: readonly Tensor[]): Tensor {
  const { program } = traceFlat((args) => [f(args)], [...avalsOf(consts), ...xs.map((x) => x.aval.element as Aval)]);
  const length = xs.map(stackLength).reduce(max);
  return bind(scanP, [length, ...consts, ...xs], { body: program, consts: consts.length, carry: 0, length: null, reverse: false, recompute: false })[0] as Tensor;
}

/** `x` for the examples that are flagged, otherwise `y`. */
export const choose = (flags: Tensor, x: Tensor, y: Tensor): Tensor =>
  x.aval.element === undefined ? select(along(flags, x), x, y) : mapStacks(([p, a, b]) => choose(p as Tensor, a as Tensor, b as Tensor), [flags], [x, y]);

// Sequences of elements of an aval.
const isOnStack = (element: Aval, length: number | null): boolean => length === null || element.element !== undefined;
const sequence = (element: Aval, length: number | null): Aval => (isOnStack(element, length) ? stackAval(element) : avalOf([length as number, ...element.shape], element.dtype, element.weak));
const row = (x: Tensor, i: number): Tensor => (x.aval.element === undefined ? reshape(sliceAlong(x, 0, i, i + 1), x.shape.slice(1)) : stackAt(x, i));
function collect(rows: readonly Tensor[], element: Aval, length: number | null): Tensor {
  const aval = sequence(element, length);
  return aval.element !== undefined ? stackOf(rows, aval) : length === 0 ? fullOf(aval, 0) : stack(rows, 0);
}

/** The number of steps, as a list of one where it is an operand, and the groups of operands. */
function grouped<T>(xs: readonly T[], { consts, carry, length }: ScanParams): [n: T[], c: T[], k: T[], x: T[]] {
  const n = length === null ? 1 : 0;
  return [xs.slice(0, n), ...split(xs.slice(n), consts, carry)];
}

/** Step by step, under whatever handlers are in place. */
function loop(args: readonly Tensor[], params: ScanParams): Tensor[] {
  const { body, carry, length, reverse } = params;
  const [count, fixed, init, xs] = grouped(args, params);
  const n = length ?? (count[0] as Tensor).item();
  let state = init;
  const rows: Tensor[][] = [];
  for (let k = 0; k < n; k++) {
    const i = reverse ? n - 1 - k : k;
    const outs = evalProgram(body, [...fixed, ...state, ...xs.map((x) => row(x, i))]);
    state = outs.slice(0, carry);
    rows[i] = outs.slice(carry);
  }
  return [...state, ...body.outAvals.slice(carry).map((aval, j) => collect(rows.map((r) => r[j] as Tensor), aval, length))];
}

export const scanP: Primitive<ScanParams, "many"> = /* @__PURE__ */ definePrimitive<ScanParams, "many">("scan", {
  multipleResults: true,
  abstractEval(avals, params) {
    const { body, consts, carry, length } = params;
    const [count, , , xs] = grouped(avals, params);
    if (count.some((n) => n.ndim !== 0 || n.dtype !== "int32")) throw new DTypeError(`scan: the number of steps is ${count[0]}, and must be an int32 scalar.`);
    xs.forEach((x, i) => {
      const element = body.inAvals[consts + carry + i] as Aval;
      if (isOnStack(element, length) ? x.element === undefined : x.shape[0] !== length) throw new ShapeError(`scan: an input ${x} is sliced ${length ?? "n"} times along axis 0.`);
    });
    return body.outAvals.map((aval, i) => (i < carry ? aval : sequence(aval, length)));
  },
  decompose: loop,
  effect: ({ body }) => effectOf(body),
  higherOrder: {
    open: (args, params, frame) =>
      opened(scanP, args, frame, () => (params.length === null ? args[0] : undefined), () => loop(args, params), (seen) => bind(scanP, args, { ...params, body: seen(params.body) })),
  },
  rules: {
    "tracing/structure": ({ body, consts, carry, length, reverse }) => ({ kind: "scan", body, consts, carry, length, reverse }),
    // The carry of the derivative is the carry and its tangents. A tangent that is zero at first may not stay so.
    jvp(primals, tangents, params, run) {
      const { body, consts, carry, length } = params;
      const [, liveC, liveK, liveX] = grouped(tangents.map((t) => !(t instanceof Zero)), params);
      const { flags, result } = fixpoint(liveK, (k) => {
        const live = [...liveC, ...k, ...liveX];
        const d = body.memo(`jvp:${bits(live)}:${bits(k)}`, () => jvpProgram(body, live, run, k));
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
      const [count, pC, pK, pX] = grouped(primals, params);
      const [, tC, tK, tX] = grouped(tangents, params);
      const outs = bind(
        scanP,
        [
          ...count, ...pC, ...(pick(tC, liveC) as Tensor[]), ...zeros.map((aval) => run.instantiate(new Zero(aval))),
          ...pK, ...pick(tK, flags).map((t) => run.instantiate(t)),
          ...pX, ...(pick(tX, liveX) as Tensor[]),
        ],
        { ...params, body: permuted(program, inputs, outputs), consts: consts + dC + zeros.length, carry: carry + dK },
      );
      const [state, dstate, rest] = split(outs, carry, dK);
      const ys = rest.slice(0, m - carry);
      const douts = [...dstate, ...rest.slice(m - carry)];
      let next = 0;
      return [[...state, ...ys], zeroOut.map((z, i) => (z === undefined ? (douts[next++] as Tensor) : i < carry ? z : zeroTangent(sequence(body.outAvals[i] as Aval, length), z.reason)))];
    },
    // Two loops: one for what does not depend on the tangents, which saves what the other needs, and one linear in them.
    partial(args, linear, params, record) {
      const [, linC, linK, linX] = grouped(linear, params);
      const [count, aC, aK, aX] = grouped(args, params);
      const { unknownCarry, outputIsUnknown, known, knownOuts, fixed, takesSlices, linear: body } = cutLoop(params.body, { consts: linC, carry: linK, slices: linX }, aK, params.recompute);
      const [kC, kK, kX] = [omit(aC, linC), omit(aK, unknownCarry), omit(aX, linX)];
      const values = known.outputs.length + known.equations.length === 0
        ? []
        : bind(scanP, [...count, ...kC, ...kK, ...kX], { ...params, body: known, consts: kC.length, carry: kK.length });
      const [uC, uK, uX] = [pick(aC, linC), pick(aK, unknownCarry), pick(aX, linX)];
      const recorded = record(scanP, [...count, ...fixed.map((i) => kC[i] as Tensor), ...uC, ...uK, ...values.slice(knownOuts), ...(takesSlices ? kX : []), ...uX], {
        ...params,
        body,
        consts: fixed.length + uC.length,
        carry: uK.length,
      });
      return merge(outputIsUnknown, recorded, values);
    },
    // Backwards through the steps: the carry is the cotangents of the carry and, added up, of the constants.
    transpose(cts: (Tensor | Zero)[], args, params) {
      const { body, consts, carry, reverse } = params;
      const [count, aC, aK, aX] = grouped(args, params);
      const [linC, linX] = [aC.map(isLinear), aX.map(isLinear)];
      const linear = [...linC, ...aK.map(() => true), ...linX];
      const { program } = body.memo(`transpose:${bits(linear)}`, () => transposedProgram(body, linear, body.outputs.map(() => true), body.outAvals, instantiate));
      // Its inputs are: fixed constants, fixed slices, cotangents of carry, of results. Sums of constants' cotangents are added.
      const [fC, fX] = [omit(aC, linC) as Tensor[], omit(aX, linX) as Tensor[]];
      const sums = pick(body.inAvals.slice(0, consts), linC);
      const step = body.memo(`backward:${bits(linear)}`, () => accumulating(program, sums, fC.length, fX.length, carry));
      const full = cts.map((ct) => (ct instanceof Zero ? instantiate(ct) : ct));
      const outs = bind(scanP, [...(count as Tensor[]), ...fC, ...sums.map((aval) => fullOf(aval, 0)), ...full.slice(0, carry), ...fX, ...full.slice(carry)], {
        ...params,
        body: step,
        consts: fC.length,
        carry: sums.length + carry,
        reverse: !reverse,
      });
      const [dC, dK, dX] = split(outs, sums.length, carry);
      let [c, x] = [0, 0];
      return [
        ...count.map(() => null),
        ...linC.map((isLin) => (isLin ? (dC[c++] as Tensor) : null)),
        ...aK.map((a, i) => (isLinear(a) ? (dK[i] as Tensor) : null)),
        ...linX.map((isLin) => (isLin ? (dX[x++] as Tensor) : null)),
      ];
    },
    batch(args, axes, params, axisSize, run) {
      const { body, carry, length } = params;
      const [[countAxis], axC, axK, axX] = grouped(axes, params);
      const [count, aC, aK, aX] = grouped(args, params);
      // Examples of different lengths: all carry differs between them.
      const differs = isAxis(countAxis);
      const C = aC.map((x, i) => (axC[i] === null ? x : moveAxis(x, axC[i] as number, 0)));
      const X = aX.map((x, i) => (axX[i] === null || x.aval.element !== undefined ? x : moveAxis(x, axX[i] as number, 1)));
      const stepOf = (k: readonly boolean[], first: readonly boolean[]) => batched(body, [...axC.map(isAxis), ...k, ...axX.map(isAxis)], axisSize, run, first);
      const { flags, result } = fixpoint(axK.map((a) => differs || isAxis(a)), (k) => {
        const b = stepOf(k, k);
        return { found: b.outAxes.slice(0, carry).map(isAxis), result: b };
      });
      // Every result that differs between examples has its axis first in a step, so second when it is an array.
      const first = [...flags, ...result.outAxes.slice(carry).map(isAxis)];
      const { program } = stepOf(flags, first);
      const K = aK.map((x, i) => (flags[i] ? axisFirst(x, axK[i] as number | null, axisSize) : x));
      const outAxes = first.map((f, i) => (!f ? null : i < carry || isOnStack(body.outAvals[i] as Aval, length) ? 0 : 1));
      if (!differs) return [bind(scanP, [...count, ...C, ...K, ...X], { ...params, body: program }), outAxes];
      // To the longest. The place of the step is carried along, and tells who is still, or already, under way.
      const counts = axisFirst(count[0] as Tensor, countAxis as number, axisSize);
      const longest = axisSize === 0 ? fullOf(avalOf([], "int32"), 0) : reduceMax(counts);
      const step = traceFlat((xs) => {
        const [[limits, ...fixed], [place, ...state], slices] = split(xs, C.length + 1, carry + 1) as [[Tensor, ...Tensor[]], [Tensor, ...Tensor[]], Tensor[]];
        const goes = less(place, limits);
        const borrow = borrowing(goes);
        const lend = (groupAxes: readonly (number | null)[]) => (x: Tensor, i: number): Tensor => (isAxis(groupAxes[i]) ? borrow(x) : x);
        const outs = evalProgram(program, [...fixed.map(lend(axC)), ...state, ...slices.map(lend(axX))]);
        return [params.reverse ? sub(place, 1) : add(place, 1), ...outs.map((x, i) => (i < carry ? choose(goes, x, state[i] as Tensor) : x))];
      }, [...avalsOf([counts, ...C]), longest.aval, ...avalsOf(K), ...program.inAvals.slice(C.length + carry)]).program;
      const place = params.reverse ? sub(longest, 1) : fullOf(longest.aval, 0);
      const outs = bind(scanP, [longest, counts, ...C, place, ...K, ...X], { ...params, body: step, consts: C.length + 1, carry: carry + 1 });
      return [outs.slice(1), outAxes];
    },
    "tracing/prune"(params, used) {
      const outputs = used.map((u, i) => u || i < params.carry);
      return { params: { ...params, body: narrowed(params.body, outputs) }, outputs };
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
