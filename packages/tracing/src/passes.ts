// Passes over programs. None changes a derivative or what happens to NaN: they remove what is unused and merge what is
// equal, and do no algebra. Effects stay, in number and order.

import { type Atom, type Equation, Literal, Program, Var } from "./program.js";

declare module "@gradus/core" {
  interface Rules<P> {
    /** Params that do not compute some of the results that are not used, and which results there then are. */
    "tracing/prune"?(params: P, used: readonly boolean[]): { readonly params: P; readonly outputs: readonly boolean[] };
  }
}

/** The program without equations that nothing uses, and without results of loops that nothing uses. Equations with an effect are used. */
export function eliminateDeadCode(program: Program): Program {
  const used = new Set<Atom>(program.outputs);
  const kept: Equation[] = [];
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const whole = program.equations[i] as Equation;
    if (whole.effect === undefined && !whole.outputs.some((v) => used.has(v))) continue;
    const eq = pruned(whole, used);
    for (const a of eq.inputs) used.add(a);
    kept.push(eq);
  }
  const constants = new Map([...program.constants].filter(([v]) => used.has(v)));
  return new Program({ ...parts(program), constants, equations: kept.reverse() });
}

function pruned(eq: Equation, used: ReadonlySet<Atom>): Equation {
  const prune = eq.primitive.rules["tracing/prune"];
  if (prune === undefined || eq.outputs.every((v) => used.has(v))) return eq;
  const { params, outputs } = prune(eq.params, eq.outputs.map((v) => used.has(v)));
  return { ...eq, params, outputs: eq.outputs.filter((_, i) => outputs[i]) };
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
export const literalKey = ({ value }: Literal): string => {
  const n = value.payload as number | null;
  return `${Object.is(n, -0) ? "-0" : String(n)}:${value.aval.id}`;
};

/** A key for params made of plain data; undefined where they hold functions, which are not compared, or objects that `ofObject` has no key for. */
export function paramsKey(params: unknown, ofObject: (x: object) => string | undefined = () => undefined): string | undefined {
  if (params === undefined || params === null) return String(params);
  if (typeof params === "number") return Object.is(params, -0) ? "-0" : String(params);
  if (typeof params === "string" || typeof params === "boolean") return JSON.stringify(params);
  if (typeof params !== "object") return undefined;
  const isArray = Array.isArray(params);
  if (!isArray && Object.getPrototypeOf(params) !== Object.prototype) return ofObject(params);
  const keys = Object.entries(params).map(([k, v]) => {
    const inner = paramsKey(v, ofObject);
    return inner === undefined ? undefined : `${JSON.stringify(k)}:${inner}`;
  });
  return keys.includes(undefined) ? undefined : isArray ? `[${keys.join()}]` : `{${keys.join()}}`;
}
