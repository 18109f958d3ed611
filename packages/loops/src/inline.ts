// First stage, first half: programs inside of programs are opened. A call becomes the equations of what it calls; what has
// neither a kernel nor a structure of its own becomes the operations that it is written with.

import { type AnyPrimitive, at, base, outputs, type Tensor } from "@gradus/core";
import { type Atom, type Equation, type Program, Program as ProgramClass, traceFlat, Var } from "@gradus/tracing";

/** Whether the stages behind can do with a primitive as it is. */
export type IsKept = (primitive: AnyPrimitive) => boolean;

/** The program with calls opened, until only primitives are left that are kept or that nothing is known of. */
export function inlined(program: Program, isKept: IsKept): Program {
  const constants = new Map<Var, Tensor>();
  const equations: Equation[] = [];
  const open = (body: Program, args: readonly Atom[]): Atom[] => {
    const env = new Map<Var, Atom>(body.inputs.map((v, i) => [v, args[i] as Atom]));
    // A body that is called twice is written twice, with variables of its own.
    const resolve = (a: Atom): Atom => (a instanceof Var ? (env.get(a) as Atom) : a);
    for (const [v, value] of body.constants) {
      const own = new Var(v.aval);
      env.set(v, own);
      constants.set(own, value);
    }
    for (const eq of body.equations) {
      const inputs = eq.inputs.map(resolve);
      const inner = bodyOf(eq, isKept);
      const outs = inner === undefined ? eq.outputs.map((v) => new Var(v.aval)) : open(inner, inputs);
      if (inner === undefined) equations.push({ ...eq, inputs, outputs: outs as Var[] });
      eq.outputs.forEach((v, i) => env.set(v, outs[i] as Atom));
    }
    return body.outputs.map(resolve);
  };
  const results = open(program, program.inputs);
  return new ProgramClass({ inputs: program.inputs, constants, equations, outputs: results });
}

// What an equation stands for: the program that it calls, or its decomposition, traced.
function bodyOf({ primitive, params, inputs, effect }: Equation, isKept: IsKept): Program | undefined {
  const structure = primitive.rules["tracing/structure"]?.(params);
  if (structure?.kind === "call") return structure.program;
  const { decompose } = primitive.rules;
  if (structure !== undefined || decompose === undefined || isKept(primitive)) return undefined;
  // What is no program, and does something beside computing, is applied as it stands.
  if ((effect !== undefined && primitive.traits.higherOrder === undefined) || inputs.some((a) => a.aval.dtype === "float0")) return undefined;
  try {
    const { program, hoisted } = at(base, () => traceFlat((xs) => outputs(decompose(xs, params)), inputs.map((a) => a.aval)));
    return hoisted.length > 0 ? undefined : program;
  } catch {
    return undefined; // it reads values, so that only evaluation can take it apart
  }
}
