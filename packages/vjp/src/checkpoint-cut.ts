// How a checkpointed program is cut in two when it is linearized: a forward part, which keeps what a policy allows, and a part that
// is linear in the tangents and computes the rest again from the arguments.

import { type AnyPrimitive, performBelow, type Tensor } from "@gradus/core";
import { type Atom, eliminateDeadCode, type Equation, jitCallP, type JitParams, Literal, optimizationBarrierP, partition, Program, traceFlat, Var } from "@gradus/tracing";
import { checkpointNameP } from "./checkpoint-name.js";
import { type CheckpointPolicy, nothingSaveable } from "./checkpoint-policies.js";

/** A checkpointed program cut in two by what depends on the tangents. */
export interface Cut {
  /** From the arguments to what does not depend on the tangents, followed by what is kept. */
  readonly known: Program;
  /** From the arguments that are used again, what is kept, and the tangents to the rest. */
  readonly linear: Program;
  /** The places, among the arguments, of those that `linear` takes. */
  readonly again: readonly number[];
  readonly outputIsUnknown: readonly boolean[];
  /** How many operations `linear` computes again. */
  readonly recomputed: number;
}

/** Cuts a program that is linear in the inputs flagged `linear`. */
export function cutProgram(program: Program, linear: readonly boolean[], policy: CheckpointPolicy): Cut {
  // Where nothing is kept, nobody asks what is inside of a call.
  const { known, unknown, outputIsUnknown } = partition(policy === nothingSaveable ? program : withoutCalls(program), linear);
  const values = outputIsUnknown.filter((u) => !u).length;
  const own = new Set(known.equations.flatMap((eq) => eq.outputs));
  const there = unknown.equations.filter((eq) => eq.outputs.some((v) => own.has(v)));
  const rest = unknown.equations.filter((eq) => !there.includes(eq));
  const residuals = known.outputs.slice(values).filter((a): a is Var => a instanceof Var);
  const { saved, again } = recomputation(known, residuals, new Set(there.flatMap((eq) => eq.outputs)), policy);

  const { inputs } = known;
  // Each part has been left with those constants that it reads itself.
  const constants = new Map([...known.constants, ...unknown.constants]);
  const equations = [...there, ...again, ...rest];
  const read = new Set<Atom>(equations.flatMap((eq) => eq.inputs));
  const places = inputs.flatMap((v, i) => (read.has(v) ? [i] : []));
  const tangents = unknown.inputs.slice(unknown.inputs.length - linear.filter(Boolean).length);
  return {
    known: eliminateDeadCode(new Program({ inputs, constants, equations: known.equations, outputs: [...known.outputs.slice(0, values), ...saved] })),
    linear: eliminateDeadCode(new Program({ inputs: [...places.map((i) => inputs[i] as Var), ...saved, ...tangents], constants, equations, outputs: unknown.outputs })),
    again: places,
    outputIsUnknown,
    recomputed: again.filter((eq) => !isIdentity(eq.primitive)).length,
  };
}

const isIdentity = (p: AnyPrimitive): boolean => p === (checkpointNameP as AnyPrimitive) || p === (optimizationBarrierP as AnyPrimitive);

// Backwards from what the linear part reads: a value is kept, or its operation is done again, which reads further values. What
// has an effect is not done twice.
function recomputation(known: Program, residuals: readonly Var[], there: ReadonlySet<Var>, policy: CheckpointPolicy): { saved: Var[]; again: Equation[] } {
  const names = namesIn(known);
  const needed = new Set<Atom>(residuals);
  const saved: Var[] = [];
  const again: Equation[] = [];
  for (const eq of known.equations.slice().reverse()) {
    const wanted = eq.outputs.filter((v) => needed.has(v) && !there.has(v));
    const isName = eq.primitive === (checkpointNameP as AnyPrimitive);
    const avals = eq.inputs.map((a) => a.aval);
    const kept = isName ? [] : wanted.filter((v) => eq.effect !== undefined || policy({ primitive: eq.primitive, avals, params: eq.params, names: names.get(v) ?? [] }));
    saved.unshift(...kept);
    if (kept.length === wanted.length) continue;
    again.unshift(eq);
    for (const a of eq.inputs) needed.add(a);
  }
  return { saved, again };
}

// A value and the same value under a name are one: whoever gives the value its name decides on the operation that made it.
function namesIn(program: Program): Map<Atom, string[]> {
  const names = new Map<Atom, string[]>();
  for (const { primitive, params, inputs, outputs } of program.equations.slice().reverse()) {
    if (primitive !== (checkpointNameP as AnyPrimitive)) continue;
    const [from, to] = [inputs[0] as Atom, outputs[0] as Var];
    names.set(from, [...(names.get(from) ?? []), (params as { name: string }).name, ...(names.get(to) ?? [])]);
  }
  return names;
}

/** The program with the equations of jitted functions in the places of their calls. */
function withoutCalls(program: Program): Program {
  const isCall = (eq: Equation): boolean => eq.primitive === (jitCallP as AnyPrimitive);
  if (!program.equations.some(isCall)) return program;
  const run = ({ inputs, constants, equations, outputs }: Program, args: readonly Tensor[]): Tensor[] => {
    const env = new Map<Var, Tensor>(constants);
    inputs.forEach((v, i) => env.set(v, args[i] as Tensor));
    const value = (a: Atom): Tensor => (a instanceof Literal ? a.value : (env.get(a) as Tensor));
    for (const eq of equations) {
      const operands = eq.inputs.map(value);
      const results = isCall(eq) ? run((eq.params as JitParams).program, operands) : performBelow(eq.primitive, operands, eq.params);
      eq.outputs.forEach((v, i) => env.set(v, results[i] as Tensor));
    }
    return outputs.map(value);
  };
  return traceFlat((xs) => run(program, xs), program.inAvals).program;
}
