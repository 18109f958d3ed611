// jit_call: a whole program as one primitive. Its rules make new programs from its own, once for each pattern of
// arguments, so that a transformed program is traced once and compiled once.

import { at, bind, causeOf, definePrimitive, type Frame, type HigherOrder, isLinear, type JvpRun, NonlinearError, type Primitive, type Tensor, transposeFlat, Zero } from "@gradus/core";
import { partition } from "./partition.js";
import { eliminateDeadCode } from "./passes.js";
import type { Program } from "./program.js";
import { evalProgram, traceFlat } from "./tracer.js";

export interface JitParams {
  readonly name: string;
  readonly program: Program;
}

type Tangent = Tensor | Zero;

const bits = (flags: readonly boolean[]): string => flags.map((b) => (b ? "1" : "0")).join("");
const avalsOf = (xs: readonly { readonly aval: Tensor["aval"] }[]) => xs.map((x) => x.aval);

/** Applies a program to its operands; a backend may compile it, and otherwise evaluates it. */
export const jitCallP: Primitive<JitParams, "many"> = /* @__PURE__ */ definePrimitive<JitParams, "many">("jit_call", {
  multipleResults: true,
  abstractEval: (_avals, { program }) => [...program.outAvals],
  decompose: (args, { program }) => evalProgram(program, args),
  effect: ({ program }) => effectOf(program),
  higherOrder: { open: (args, { program }, frame) => at(frame as Frame, () => evalProgram(program, args)) } satisfies HigherOrder<JitParams>,
  rules: {
    // One program computes values and tangents. Zero tangents that rules want as arrays are inputs of it, so that a
    // linearization sees that they are linear.
    jvp(primals, tangents, { name, program }, run) {
      const live = tangents.map((t) => !(t instanceof Zero));
      const { derived, zeros, isZeroOut } = program.memo(`jvp:${bits(live)}`, () => jvpProgram(program, live, run));
      const extra = zeros.map((aval) => run.instantiate(new Zero(aval)));
      const outs = bind(jitCallP, [...primals, ...(tangents.filter((_, i) => live[i]) as Tensor[]), ...extra], { name: `jvp(${name})`, program: derived });
      const n = program.outputs.length;
      let next = n;
      return [outs.slice(0, n), isZeroOut.map((zero) => (zero === undefined ? (outs[next++] as Tensor) : zero))];
    },
    partial(args, linear, { name, program }, record) {
      const { known, unknown, outputIsUnknown } = program.memo(`partial:${bits(linear)}`, () => naming(name, () => partition(program, linear)));
      const knownArgs = args.filter((_, i) => !linear[i]);
      const values = known.outputs.length + known.equations.length === 0 ? [] : bind(jitCallP, knownArgs, { name: `known(${name})`, program: known });
      const knownCount = outputIsUnknown.filter((u) => !u).length;
      const operands = [...values.slice(knownCount), ...args.filter((_, i) => linear[i])];
      const recorded = unknown.outputs.length === 0 ? [] : record(jitCallP, operands, { name: `linear(${name})`, program: unknown });
      let k = 0;
      let u = 0;
      return outputIsUnknown.map((isUnknown) => (isUnknown ? recorded[u++] : values[k++]) as Tensor);
    },
    transpose(cts: Tangent[], args, { name, program }) {
      const linear = args.map(isLinear);
      const live = cts.map((c) => !(c instanceof Zero));
      const fixed = args.filter((_, i) => !linear[i]) as Tensor[];
      const given = cts.filter((_, i) => live[i]) as Tensor[];
      const { derived, isZeroOut } = program.memo(`transpose:${bits(linear)}:${bits(live)}:${given.map((c) => c.aval.id).join()}`, () =>
        transposedProgram(program, linear, live, given),
      );
      const outs = bind(jitCallP, [...fixed, ...given], { name: `transpose(${name})`, program: derived });
      let next = 0;
      let l = 0;
      return args.map((_, i) => (linear[i] ? (isZeroOut[l++] ? null : (outs[next++] as Tensor)) : null));
    },
    batch(args, axes, { name, program }, axisSize, run) {
      const { derived, outAxes } = program.memo(`batch:${axes.join()}:${axisSize}`, () => {
        let outAxes: (number | null)[] = [];
        const { program: derived } = traceFlat(
          (xs) => {
            const [outs, batched] = run((ys) => evalProgram(program, ys), xs, axes, axisSize);
            outAxes = batched;
            return outs;
          },
          avalsOf(args),
        );
        return { derived, outAxes };
      });
      return [bind(jitCallP, args, { name: `vmap(${name})`, program: derived }), outAxes];
    },
  },
});

// A program does not tell which rule an operation came from.
function naming<T>(name: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof NonlinearError) || error.message.includes("without jit")) throw error;
    throw new NonlinearError(`${causeOf(error)} It happened in ${name}, a jitted function; without jit the error names the rule at fault.`);
  }
}

function effectOf(program: Program): "unordered" | "ordered" | undefined {
  const effects = program.equations.map((eq) => eq.effect);
  return effects.find((e) => e === "ordered") ?? effects.find((e) => e !== undefined);
}

function jvpProgram(program: Program, live: readonly boolean[], run: JvpRun) {
  const n = program.inputs.length;
  const zeroAvals: Tensor["aval"][] = [];
  let isZeroOut: (Zero | undefined)[] = [];
  const inAvals = avalsOf(program.inputs);
  const { program: derived } = traceFlat(
    (xs, input) => {
      let next = n;
      const tangents = inAvals.map((aval, i) => (live[i] ? (xs[next++] as Tensor) : new Zero(aval)));
      const zeros = (aval: Tensor["aval"]): Tensor => {
        zeroAvals.push(aval);
        return input(aval);
      };
      const [outs, douts] = run((ys) => evalProgram(program, ys), xs.slice(0, n), tangents, zeros);
      isZeroOut = douts.map((t) => (t instanceof Zero ? t : undefined));
      return [...outs, ...(douts.filter((t) => !(t instanceof Zero)) as Tensor[])];
    },
    [...inAvals, ...inAvals.filter((_, i) => live[i])],
  );
  return { derived: eliminateDeadCode(derived), zeros: zeroAvals, isZeroOut };
}

function transposedProgram(program: Program, linear: readonly boolean[], live: readonly boolean[], given: readonly Tensor[]) {
  const inAvals = avalsOf(program.inputs);
  const fixedAvals = inAvals.filter((_, i) => !linear[i]);
  const linearAvals = inAvals.filter((_, i) => linear[i]);
  let isZeroOut: boolean[] = [];
  const { program: derived } = traceFlat(
    (xs) => {
      let ct = fixedAvals.length;
      const cts = program.outAvals.map((aval, i) => (live[i] ? (xs[ct++] as Tensor) : new Zero(aval)));
      const results = transposeFlat(
        (inputs) => {
          let f = 0;
          let l = 0;
          return evalProgram(program, linear.map((wanted) => (wanted ? inputs[l++] : xs[f++]) as Tensor));
        },
        linearAvals,
        cts,
      );
      isZeroOut = results.map((r) => r instanceof Zero);
      return results.filter((r): r is Tensor => !(r instanceof Zero));
    },
    [...fixedAvals, ...avalsOf(given)],
  );
  return { derived: eliminateDeadCode(derived), isZeroOut };
}
