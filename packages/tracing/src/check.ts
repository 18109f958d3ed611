// The checker of programs: run between passes in tests. A program that passes is well-formed SSA with the avals its
// primitives infer.

import { ArgumentError, inferAvals } from "@gradus/core";
import { type Atom, type Program, Var } from "./program.js";

/** @throws ArgumentError naming the equation, if a variable is used before it is defined, or an aval is not what is inferred */
export function checkProgram(program: Program): void {
  const defined = new Set<Var>([...program.constants.keys(), ...program.inputs]);
  const use = (a: Atom, where: string): void => {
    if (a instanceof Var && !defined.has(a)) throw new ArgumentError(`${where} uses a variable ${a.aval} that is not defined before it.`);
  };
  program.equations.forEach((eq, i) => {
    const where = `Equation ${i} (${eq.primitive.name})`;
    for (const a of eq.inputs) use(a, where);
    const inferred = inferAvals(eq.primitive, eq.inputs.map((a) => a.aval), eq.params);
    if (inferred.length !== eq.outputs.length || inferred.some((a, k) => a !== eq.outputs[k]?.aval)) {
      throw new ArgumentError(`${where} has outputs ${eq.outputs.map((v) => v.aval)}, and its primitive infers ${inferred}.`);
    }
    for (const v of eq.outputs) {
      if (defined.has(v)) throw new ArgumentError(`${where} assigns a variable twice.`);
      defined.add(v);
    }
  });
  for (const a of program.outputs) use(a, "The result");
}
