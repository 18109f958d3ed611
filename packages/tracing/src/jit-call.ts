// jit_call: a whole program as one primitive. Its rules make new programs from its own, once for each pattern of
// arguments, so that a transformed program is traced once and compiled once.

import { at, bind, causeOf, definePrimitive, type Frame, type HigherOrder, isLinear, NonlinearError, type Primitive, type Tensor, Zero } from "@gradus/core";
import { partition } from "./partition.js";
import { avalsOf, batchedProgram, bits, effectOf, jvpProgram, transposedProgram } from "./derive.js";
import type { Program } from "./program.js";
import { evalProgram } from "./tracer.js";

export interface JitParams {
  readonly name: string;
  readonly program: Program;
}

type Tangent = Tensor | Zero;

/** Applies a program to its operands; a backend may compile it, and otherwise evaluates it. */
export const jitCallP: Primitive<JitParams, "many"> = /* @__PURE__ */ definePrimitive<JitParams, "many">("jit_call", {
  multipleResults: true,
  abstractEval: (_avals, { program }) => [...program.outAvals],
  decompose: (args, { program }) => evalProgram(program, args),
  effect: ({ program }) => effectOf(program),
  higherOrder: { open: (args, { program }, frame) => at(frame as Frame, () => evalProgram(program, args)) } satisfies HigherOrder<JitParams>,
  rules: {
    "tracing/structure": ({ program }) => ({ kind: "call", program }),
    // One program computes values and tangents. Zero tangents that rules want as arrays are inputs of it, so that a
    // linearization sees that they are linear.
    jvp(primals, tangents, { name, program }, run) {
      const live = tangents.map((t) => !(t instanceof Zero));
      const { program: derived, zeros, zeroOut } = program.memo(`jvp:${bits(live)}`, () => jvpProgram(program, live, run));
      const extra = zeros.map((aval) => run.instantiate(new Zero(aval)));
      const outs = bind(jitCallP, [...primals, ...(tangents.filter((_, i) => live[i]) as Tensor[]), ...extra], { name: `jvp(${name})`, program: derived });
      const n = program.outputs.length;
      let next = n;
      return [outs.slice(0, n), zeroOut.map((zero) => (zero === undefined ? (outs[next++] as Tensor) : zero))];
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
      const { program: derived, zeroOut } = program.memo(`transpose:${bits(linear)}:${bits(live)}:${given.map((c) => c.aval.id).join()}`, () =>
        transposedProgram(program, linear, live, avalsOf(given)),
      );
      const outs = bind(jitCallP, [...fixed, ...given], { name: `transpose(${name})`, program: derived });
      let next = 0;
      let l = 0;
      return args.map((_, i) => (linear[i] ? (zeroOut[l++] ? null : (outs[next++] as Tensor)) : null));
    },
    batch(args, axes, { name, program }, axisSize, run) {
      const { program: derived, outAxes } = program.memo(`batch:${axes.join()}:${axisSize}`, () => batchedProgram(program, avalsOf(args), axes, axisSize, run));
      return [bind(jitCallP, args, { name: `vmap(${name})`, program: derived }), [...outAxes]];
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
