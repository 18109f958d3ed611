// Passes over programs. None changes a derivative or what happens to NaN: they remove what is unused and merge what is
// equal, and do no algebra. Effects stay, in number and order.

import { type Atom, type Equation, Literal, Program, Var } from "./program.js";

/** The program without equations that nothing uses. Equations with an effect are used. */
export function eliminateDeadCode(program: Program): Program {
  const used = new Set<Atom>(program.outputs);
  const kept: Equation[] = [];
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const eq = program.equations[i] as Equation;
    if (eq.effect === undefined && !eq.outputs.some((v) => used.has(v))) continue;
    for (const a of eq.inputs) used.add(a);
    kept.push(eq);
  }
  const constants = new Map([...program.constants].filter(([v]) => used.has(v)));
  return new Program({ ...parts(program), constants, equations: kept.reverse() });
}

/** The program with equal equations merged: same primitive, same operands, same params, no effect. */
export function eliminateCommonSubexpressions(program: Program): Program {
  const replaced = new Map<Var, Atom>();
  const ids = new Map<Var, number>();
  const seen = new Map<string, readonly Var[]>();
  const resolve = (a: Atom): Atom => (a instanceof Var ? (replaced.get(a) ?? a) : a);
  const idOf = (v: Var): number => ids.get(v) ?? (ids.set(v, ids.size), ids.size - 1);
  const equations: Equation[] = [];
  for (const eq of program.equations) {
    const inputs = eq.inputs.map(resolve);
    const params = eq.effect === undefined ? paramsKey(eq.params) : undefined;
    if (params !== undefined) {
      const key = `${eq.primitive.id}(${inputs.map((a) => (a instanceof Var ? `v${idOf(a)}` : literalKey(a))).join()})${params}`;
      const twin = seen.get(key);
      if (twin !== undefined) {
        eq.outputs.forEach((v, i) => replaced.set(v, twin[i] as Var));
        continue;
      }
      seen.set(key, eq.outputs);
    }
    equations.push({ ...eq, inputs });
  }
  return new Program({ ...parts(program), equations, outputs: program.outputs.map(resolve) });
}

const parts = ({ inputs, constants, equations, outputs, inTree, outTree }: Program) => ({ inputs, constants, equations, outputs, inTree, outTree });

// Object.is tells −0 from 0, and so must the key: 1/−0 is not 1/0.
const literalKey = ({ value }: Literal): string => {
  const n = value.payload as number | null;
  return `${Object.is(n, -0) ? "-0" : String(n)}:${value.aval.id}`;
};

// A key for params made of plain data; undefined where they hold functions or programs, which are not compared.
function paramsKey(params: unknown): string | undefined {
  if (params === undefined || params === null) return "";
  if (typeof params === "number") return Object.is(params, -0) ? "-0" : String(params);
  if (typeof params === "string" || typeof params === "boolean") return JSON.stringify(params);
  if (typeof params !== "object") return undefined;
  const isArray = Array.isArray(params);
  if (!isArray && Object.getPrototypeOf(params) !== Object.prototype) return undefined;
  const keys = Object.entries(params).map(([k, v]) => {
    const inner = paramsKey(v);
    return inner === undefined ? undefined : `${k}:${inner}`;
  });
  return keys.includes(undefined) ? undefined : isArray ? `[${keys.join()}]` : `{${keys.join()}}`;
}

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
 * part, also inside of calls: running the program under the recorder asks each primitive for its own cut.
 */
export function partition(program: Program, unknownInputs: readonly boolean[]): Partition {
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
        outputIsUnknown = outs.map((o) => o.frame === frame);
        values = outs.filter((_, i) => !outputIsUnknown[i]);
        return outs.filter((_, i) => outputIsUnknown[i]);
      });
      for (const x of residualsOf(linear)) if (!residuals.has(x)) residuals.set(x, values.length + residuals.size);
      return [...values, ...residuals.keys()];
    },
    avals(false),
    { closed: true },
  );
  const rest = linearPart(linear as LinearProgram, (x) => known.outputs[residuals.get(x) as number] as Atom, known);
  const count = outputIsUnknown.filter((unknown) => !unknown).length;
  const outputs = [...known.outputs.slice(0, count), ...rest.inputs.slice(0, rest.inputs.length - avals(true).length)];
  return { known: eliminateDeadCode(new Program({ ...parts(known), outputs })), unknown: eliminateDeadCode(rest), outputIsUnknown };
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
  const results = outputs.map((v) => variable(v as LinearVar));
  return new Program({ inputs: [...passed, ...inputs.map(variable)], constants: known.constants, equations: [...again, ...cut], outputs: results });
}
