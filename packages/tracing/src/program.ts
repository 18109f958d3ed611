// Program: the contract between tracing, differentiation and backends. Typed SSA: every variable has an aval and is
// assigned once. Static parameters, sub-programs among them, live in the params of equations; values only in operands.

import { type AnyPrimitive, type Aval, type Overrides, stack, type Tensor, type TreeDef } from "@gradus/core";
import { Recent } from "./recent.js";

/** A variable: an input, a constant or an output of an equation. */
export class Var {
  declare readonly aval: Aval;

  constructor(aval: Aval) {
    this.aval = aval;
  }
}

/** A constant operand: an inline number of a 0-d array. */
export class Literal {
  declare readonly value: Tensor;

  constructor(value: Tensor) {
    this.value = value;
  }

  get aval(): Aval {
    return this.value.aval;
  }
}

export type Atom = Var | Literal;

/** A user's position in the source: file:line:column. */
export interface Equation {
  readonly primitive: AnyPrimitive;
  readonly inputs: readonly Atom[];
  readonly outputs: readonly Var[];
  readonly params: any;
  /** What applying it does beside computing: kept by dead-code elimination, never merged. */
  readonly effect?: "unordered" | "ordered" | undefined;
  /** Where it was applied, if the program was traced with `sources`. */
  readonly source?: string | undefined;
}

export interface ProgramParts {
  readonly inputs: readonly Var[];
  /** Captured arrays, baked in, and the variables that stand for them. */
  readonly constants: ReadonlyMap<Var, Tensor>;
  readonly equations: readonly Equation[];
  readonly outputs: readonly Atom[];
  readonly inTree?: TreeDef | undefined;
  readonly outTree?: TreeDef | undefined;
}

const mostDerived = 64; // programs: one for each pattern of arguments, and for each size of a batch

/** A traced function: inputs, equations, outputs. Immutable. */
export class Program {
  readonly inputs: readonly Var[];
  readonly constants: ReadonlyMap<Var, Tensor>;
  readonly equations: readonly Equation[];
  readonly outputs: readonly Atom[];
  /** The structure of the arguments and of the result of the function that was traced. */
  readonly inTree: TreeDef | undefined;
  readonly outTree: TreeDef | undefined;
  readonly #memo = new Recent<string, {}>(mostDerived);
  readonly #underOverrides = new WeakMap<Overrides, Recent<string, {}>>();

  constructor({ inputs, constants, equations, outputs, inTree, outTree }: ProgramParts) {
    this.inputs = inputs;
    this.constants = constants;
    this.equations = equations;
    this.outputs = outputs;
    this.inTree = inTree;
    this.outTree = outTree;
  }

  get inAvals(): readonly Aval[] {
    return this.inputs.map((v) => v.aval);
  }

  get outAvals(): readonly Aval[] {
    return this.outputs.map((a) => a.aval);
  }

  /**
   * What `make` derives from this program under a key, computed once while it is in use: its derivative for a pattern of non-zero tangents, say. What
   * is derived where `withRules` is in force applies its rules, and is kept apart.
   */
  memo<T extends {}>(key: string, make: () => T): T {
    const { overrides } = stack.top;
    let kept = this.#memo;
    if (overrides !== null) this.#underOverrides.set(overrides, (kept = this.#underOverrides.get(overrides) ?? new Recent<string, {}>(mostDerived)));
    let found = kept.get(key);
    if (found === undefined) kept.set(key, (found = make()));
    return found as T;
  }

  /** The text of the program. Deterministic: equal programs print alike. */
  toString(): string {
    return printProgram(this, "");
  }
}

const letters = "abcdefghijklmnopqrstuvwxyz";

/** The name of the n-th variable: a … z, ba, bb … */
function variableName(n: number): string {
  let name = "";
  let rest = n;
  do {
    name = (letters[rest % 26] as string) + name;
    rest = Math.floor(rest / 26);
  } while (rest > 0);
  return name;
}

/** A program as text, in the manner of a jaxpr. */
export function printProgram(program: Program, indent: string): string {
  const names = new Map<Var, string>();
  const name = (v: Var): string => {
    let n = names.get(v);
    if (n === undefined) names.set(v, (n = variableName(names.size)));
    return n;
  };
  const typed = (v: Var): string => `${name(v)}:${v.aval.toString()}`;
  const atom = (a: Atom): string => (a instanceof Var ? name(a) : printLiteral(a.value));
  const constants = [...program.constants.keys()].map(typed).join(" ");
  const inputs = program.inputs.map(typed).join(" ");
  const lines = program.equations.map((eq) => {
    const effect = eq.effect === undefined ? "" : ` {${eq.effect}}`;
    const source = eq.source === undefined ? "" : `  # ${eq.source}`;
    const params = printParams(eq.params, `${indent}    `);
    return `${indent}    ${eq.outputs.map(typed).join(" ")} = ${eq.primitive.name}${params}${effect} ${eq.inputs.map(atom).join(" ")}`.trimEnd() + source;
  });
  const outs = `(${program.outputs.map(atom).join(", ")})`;
  const head = `{ lambda ${constants}${constants && " "}; ${inputs}${inputs && " "}. let`;
  return lines.length === 0 ? `${head} in ${outs} }` : `${head}\n${lines.join("\n")}\n${indent}  in ${outs} }`;
}

// −0 and 0 are two programs: 1/−0 is not 1/0.
const printLiteral = (x: Tensor): string =>
  x.dtype === "float0" ? x.aval.toString() : `${x.dtype === "bool" ? String(x.item<boolean>()) : Object.is(x.item(), -0) ? "-0" : x.item()}:${x.aval.toString()}`;

function printParams(params: unknown, indent: string): string {
  if (typeof params !== "object" || params === null) return "";
  const parts = Object.entries(params)
    .map(([k, v]) => [k, printValue(v, indent)])
    .filter(([, v]) => v !== "")
    .map(([k, v]) => `${k}=${v}`);
  return parts.length === 0 ? "" : `[${parts.join(" ")}]`;
}

// Functions and absent options say nothing that is the same in every run, and are left out.
function printValue(v: unknown, indent: string): string {
  if (v === undefined || v === null || v === false || typeof v === "function") return "";
  if (v instanceof Program) return printProgram(v, indent);
  if (Array.isArray(v)) return `(${v.map((x) => (x === null ? "null" : printValue(x, indent))).join(",")})`;
  if (typeof v === "object") {
    if (v.constructor !== Object && v.constructor !== undefined) return (v as { toString(): string }).toString();
    const parts = Object.entries(v)
      .map(([k, x]) => [k, printValue(x, indent)])
      .filter(([, x]) => x !== "");
    return parts.length === 0 ? "" : `{${parts.map(([k, x]) => `${k}=${x}`).join(" ")}}`;
  }
  return String(v as string | number | boolean);
}

/** A program and all those within it. */
export function allPrograms(program: Program, found: Set<Program> = new Set<Program>()): Set<Program> {
  if (found.has(program)) return found;
  found.add(program);
  for (const { params } of program.equations) {
    for (const v of Object.values((params ?? {}) as object).flat()) if (v instanceof Program) allPrograms(v, found);
  }
  return found;
}
