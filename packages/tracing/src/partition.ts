// Partition: a program cut into what can be computed before the tangents are known, and the linear rest. This is how reverse
// mode goes through a compiled call.

import { type Aval, fullP, type LinearProgram, LinearVar, recordLinear, residualsOf, type Tensor } from "@gradus/core";
import { eliminateDeadCode } from "./passes.js";
import { type Atom, type Equation, Literal, Program, Var } from "./program.js";
import { evalProgram, traceFlat } from "./tracer.js";

/** A program cut in two by what depends on some inputs (the tangents) and what does not. */
export interface Partition {
  /** From the known inputs to the known outputs, followed by the residuals. */
  readonly known: Program;
  /** From the residuals and the unknown inputs to the unknown outputs. */
  readonly unknown: Program;
  /** For each output of the program, whether it depends on an unknown input. */
  readonly outputIsUnknown: readonly boolean[];
}

/**
 * Cuts a program, linear in the inputs that are unknown, by what depends on them. Whatever does not is computed in the first
 * part, also inside of calls: running the program under the recorder asks each primitive for its own cut. Outputs in
 * `unknownOutputs` are counted as unknown in any case: where they do not depend on the inputs they have to be zero.
 */
export function partition(program: Program, unknownInputs: readonly boolean[], unknownOutputs: readonly boolean[] = []): Partition {
  const avals = (unknown: boolean): Aval[] => program.inAvals.filter((_, i) => unknownInputs[i] === unknown);
  const residuals = new Map<Tensor, number>();
  let outputIsUnknown: readonly boolean[] = [];
  let linear: LinearProgram | undefined;
  const { program: known } = traceFlat(
    (xs) => {
      let values: Tensor[] = [];
      linear = recordLinear(avals(true), (tangents, { frame }) => {
        let next = 0;
        let nextKnown = 0;
        const outs = evalProgram(program, unknownInputs.map((unknown) => (unknown ? tangents[next++] : xs[nextKnown++]) as Tensor));
        outputIsUnknown = outs.map((o, i) => o.frame === frame || unknownOutputs[i] === true);
        values = outs.filter((_, i) => !outputIsUnknown[i]);
        return outs.filter((_, i) => outputIsUnknown[i]);
      });
      for (const x of residualsOf(linear)) if (!residuals.has(x)) residuals.set(x, values.length + residuals.size);
      return [...values, ...residuals.keys()];
    },
    avals(false),
  );
  const rest = linearPart(linear as LinearProgram, (x) => known.outputs[residuals.get(x) as number] as Atom, known);
  const count = outputIsUnknown.filter((unknown) => !unknown).length;
  const outputs = [...known.outputs.slice(0, count), ...rest.inputs.slice(0, rest.inputs.length - avals(true).length)];
  return { known: eliminateDeadCode(new Program({ inputs: known.inputs, constants: known.constants, equations: known.equations, outputs })), unknown: eliminateDeadCode(rest), outputIsUnknown };
}

// A recorded linear program as a program: its residuals are its leading inputs. What they are without any input (zeros, say) is
// computed again instead, so that whoever transposes it sees what it is.
function linearPart({ inputs, equations, outputs }: LinearProgram, residual: (x: Tensor) => Atom, known: Program): Program {
  const free = new Set<Atom>();
  const again = known.equations.filter((eq) => {
    const isFree = eq.effect === undefined && eq.inputs.every((a) => a instanceof Literal || free.has(a));
    if (isFree) eq.outputs.forEach((v) => free.add(v));
    return isFree;
  });
  const vars = new Map<LinearVar, Var>();
  const variable = (v: LinearVar): Var => vars.get(v) ?? (vars.set(v, new Var(v.aval)), vars.get(v) as Var);
  const passed = new Set<Var>();
  const atom = (x: LinearVar | Tensor): Atom => {
    if (x instanceof LinearVar) return variable(x);
    const a = residual(x);
    if (a instanceof Var && !free.has(a) && !known.constants.has(a)) passed.add(a);
    return a;
  };
  const cut = equations.map((eq): Equation => ({ primitive: eq.primitive, inputs: eq.inputs.map(atom), outputs: eq.outputs.map(variable), params: eq.params }));
  const zeros: Equation[] = [];
  const results = outputs.map((v) => {
    if (v instanceof LinearVar) return variable(v);
    const { shape, dtype, weak } = v.aval;
    const zero = new Var(v.aval);
    zeros.push({ primitive: fullP, inputs: [], outputs: [zero], params: { shape, dtype, weak, value: 0 } });
    return zero;
  });
  return new Program({ inputs: [...passed, ...inputs.map(variable)], constants: known.constants, equations: [...again, ...zeros, ...cut], outputs: results });
}
