// Programs made from programs by transformations, for the rules of higher-order primitives.

import { type Aval, avalOf, type BatchRun, broadcastInDim, type JvpRun, moveAxis, opaqueAval, type OpaqueKind, type Tensor, transposeFlat, Zero } from "@gradus/core";
import { eliminateDeadCode } from "./passes.js";
import { Program } from "./program.js";
import { evalProgram, traceFlat } from "./tracer.js";

type Tangent = Tensor | Zero;
type Axis = number | null;

/** Flags as part of a memo key. */
export const bits = (flags: readonly boolean[]): string => flags.map((b) => (b ? "1" : "0")).join("");

/** The avals of values. */
export const avalsOf = (xs: readonly { readonly aval: Aval }[]): Aval[] => xs.map((x) => x.aval);

/** A program of values and tangents. */
export interface JvpProgram {
  /** Inputs: those of the program, the live tangents, the zeros. Outputs: those of the program, the tangents that are not zero. */
  readonly program: Program;
  /** Avals of zero tangents that rules want as arrays: inputs, so that a linearization sees that they are linear. */
  readonly zeros: readonly Aval[];
  /** For each output the zero that its tangent is, if it is. */
  readonly zeroOut: readonly (Zero | undefined)[];
}

/** The derivative of a program for tangents of the inputs that are `live`. Outputs in `liveOut` have a tangent in any case. */
export function jvpProgram(program: Program, live: readonly boolean[], run: JvpRun, liveOut: readonly boolean[] = []): JvpProgram {
  const n = program.inputs.length;
  const zeros: Aval[] = [];
  let zeroOut: (Zero | undefined)[] = [];
  const { inAvals } = program;
  const { program: derived } = traceFlat(
    (xs, input) => {
      let next = n;
      const tangents = inAvals.map((aval, i) => (live[i] ? (xs[next++] as Tensor) : new Zero(aval)));
      const zero = (aval: Aval): Tensor => {
        zeros.push(aval);
        return input(aval);
      };
      const [outs, results] = run((ys) => evalProgram(program, ys), xs.slice(0, n), tangents, zero);
      const douts = results.map((t, i) => (t instanceof Zero && liveOut[i] ? zero(t.aval) : t));
      zeroOut = douts.map((t) => (t instanceof Zero ? t : undefined));
      return [...outs, ...(douts.filter((t) => !(t instanceof Zero)) as Tensor[])];
    },
    [...inAvals, ...inAvals.filter((_, i) => live[i])],
  );
  return { program: eliminateDeadCode(derived), zeros, zeroOut };
}

/** The transpose of a program in the inputs that are `linear`. */
export interface TransposedProgram {
  /** Inputs: the others, the cotangents given. Outputs: a cotangent for each linear input, except where it is zero. */
  readonly program: Program;
  readonly zeroOut: readonly boolean[];
}

/** Transposes a program for cotangents of the outputs that are `live`, of the avals `given`. With `dense` no cotangent is left out. */
export function transposedProgram(
  program: Program,
  linear: readonly boolean[],
  live: readonly boolean[],
  given: readonly Aval[],
  dense?: (zero: Zero) => Tensor,
): TransposedProgram {
  const { inAvals } = program;
  const fixedAvals = inAvals.filter((_, i) => !linear[i]);
  const linearAvals = inAvals.filter((_, i) => linear[i]);
  let zeroOut: boolean[] = [];
  const { program: derived } = traceFlat(
    (xs) => {
      let ct = fixedAvals.length;
      const cts = program.outAvals.map((aval, i): Tangent => (live[i] ? (xs[ct++] as Tensor) : new Zero(aval)));
      const f = (inputs: Tensor[]): Tensor[] => {
        let fixed = 0;
        let next = 0;
        return evalProgram(program, linear.map((isLinear) => (isLinear ? inputs[next++] : xs[fixed++]) as Tensor));
      };
      const results = transposeFlat(f, linearAvals, cts).map((r) => (r instanceof Zero && dense !== undefined ? dense(r) : r));
      zeroOut = results.map((r) => r instanceof Zero);
      return results.filter((r): r is Tensor => !(r instanceof Zero));
    },
    [...fixedAvals, ...given],
  );
  return { program: eliminateDeadCode(derived), zeroOut };
}

/** A program for all examples at once. */
export interface BatchedProgram {
  readonly program: Program;
  readonly outAxes: readonly Axis[];
}

/** Batches a program whose inputs have the batched avals `avals` and batch axes `axes`. Outputs in `first` have theirs at 0 in any case. */
export function batchedProgram(
  program: Program,
  avals: readonly Aval[],
  axes: readonly Axis[],
  axisSize: number,
  run: BatchRun,
  first: readonly boolean[] = [],
): BatchedProgram {
  let outAxes: Axis[] = [];
  const { program: derived } = traceFlat((xs) => {
    const [outs, batched] = run((ys) => evalProgram(program, ys), xs, axes, axisSize);
    outAxes = batched.map((axis, i) => (first[i] ? 0 : axis));
    return outs.map((o, i) => (first[i] ? axisFirst(o, batched[i] as Axis, axisSize) : o));
  }, avals);
  return { program: derived, outAxes };
}

/** The aval of a value for `axisSize` examples, along axis 0 of every array in it. */
export const batchedAval = ({ shape, dtype, weak, element, kind }: Aval, axisSize: number): Aval =>
  element === undefined ? avalOf([axisSize, ...shape], dtype, weak) : opaqueAval(kind as OpaqueKind, batchedAval(element, axisSize));

/** A value with its batch axis first, repeated along it if it has none. */
export function axisFirst(x: Tensor, axis: Axis, axisSize: number): Tensor {
  if (axis !== null) return moveAxis(x, axis, 0);
  return (x.aval.kind?.repeat(x, axisSize) as Tensor | undefined) ?? broadcastInDim(x, [axisSize, ...x.shape], x.shape.map((_, i) => i + 1));
}

/** What applying a program does beside computing. */
export function effectOf(program: Program): "unordered" | "ordered" | undefined {
  const effects = program.equations.map((eq) => eq.effect);
  return effects.find((e) => e === "ordered") ?? effects.find((e) => e !== undefined);
}

/** The same program with its inputs and outputs in another order: `inputs[i]` is the present place of the i-th. */
export function permuted(program: Program, inputs: readonly number[], outputs: readonly number[]): Program {
  const { constants, equations } = program;
  return new Program({
    inputs: inputs.map((i) => program.inputs[i] as (typeof program.inputs)[number]),
    constants,
    equations,
    outputs: outputs.map((i) => program.outputs[i] as (typeof program.outputs)[number]),
  });
}

/** The same program with only some of its outputs, and what they need. */
export function narrowed(program: Program, outputs: readonly boolean[]): Program {
  if (outputs.every(Boolean)) return program;
  const n = program.inputs.length;
  return program.memo(`narrowed:${bits(outputs)}`, () => eliminateDeadCode(permuted(program, Array.from({ length: n }, (_, i) => i), outputs.flatMap((kept, i) => (kept ? [i] : [])))));
}
