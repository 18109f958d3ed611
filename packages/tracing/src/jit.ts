// jit: a function traced once for each structure, avals and static arguments, and applied as one primitive.

import { ArgumentError, type Arguments, type Aval, assertFunction, bind, flattenArgs, type MapTree, type Overrides, stack, Tensor, type TensorLike, treeUnflatten, type TreeDef } from "@gradus/core";
import { capturedIn, donated, giveAll, lendCaptured } from "./donation.js";
import { takeLeaves } from "./expected-leaves.js";
import { jitCallP, type JitParams } from "./jit-call.js";
import { traceTree } from "./make-program.js";
import { Recent } from "./recent.js";
import { identityKey, treeKey } from "./tree-key.js";
import { eliminateCommonSubexpressions, eliminateDeadCode } from "./passes.js";
import { Program } from "./program.js";
import { evalProgram } from "./tracer.js";

export interface JitOptions {
  /** Arguments that are compile-time constants: the function sees their JS values, and each value is traced anew. */
  readonly staticArgnums?: number | readonly number[];
  /**
   * Arguments that are not used again, as the parameters of a training step: their memory is free once the call is done, and using
   * them afterwards throws. Without effect inside of other transformations.
   */
  readonly donateArgnums?: number | readonly number[];
  /** Put the equations in the surrounding program instead of one call. */
  readonly inline?: boolean;
}

/** A function that `jit` made. */
export interface Jitted<A extends any[], R> {
  (...args: Arguments<A>): MapTree<R, TensorLike, Tensor>;
  /** The program for these arguments. */
  program(...args: Arguments<A>): Program;
  /** How many programs are kept: those used last, at most 256. */
  cacheSize(): number;
  /** Traces and compiles for these arguments ahead of the first call, without blocking for long. */
  compile(...args: Arguments<A>): Promise<void>;
  /**
   * How the backend in place runs the program for these arguments, as text: its loops and what was fused into them, what was not and
   * why, calls of the host, bytes of memory.
   */
  explainPlan(...args: Arguments<A>): string;
}

const mostPrograms = 256;

interface Entry {
  readonly program: Program;
  readonly hoisted: readonly Tensor[];
  readonly params: JitParams;
  readonly captured: ReadonlySet<Tensor>;
}

/** The call before, to be compared with before anything is looked up. */
interface LastCall {
  readonly def: TreeDef;
  readonly avals: readonly Aval[];
  readonly overrides: Overrides | null;
  readonly entry: Entry;
  /** Whether every argument was a tensor by itself. */
  readonly isFlat: boolean;
}

/**
 * Compiles a function: traced once per structure, shapes and dtypes of its arguments, then run as a whole.
 * Captured concrete tensors are baked into the program; captured tracers of enclosing transformations are operands of it.
 * @throws ArgumentError for an async function @throws ConcretizationError for host control flow on traced values
 */
export function jit<A extends any[] = Tensor[], R = any>(f: (...args: A) => R, options: JitOptions = {}): Jitted<A, R> {
  assertFunction(f, "jit");
  const staticArgnums = argnums(options.staticArgnums, "staticArgnums");
  const donateArgnums = argnums(options.donateArgnums, "donateArgnums");
  const both = donateArgnums.find((n) => staticArgnums.includes(n));
  if (both !== undefined) throw new ArgumentError(`jit: argument ${both} is in staticArgnums and in donateArgnums, and a static argument has no memory to give.`);
  const cache = new Recent<string, Entry>(mostPrograms);
  const underOverrides = new WeakMap<Overrides, Recent<string, Entry>>();

  const name = f.name || "anonymous";
  let last: LastCall | undefined;

  const lookup = (args: readonly unknown[]): { entry: Entry; leaves: Tensor[] } => {
    if (staticArgnums.length > 0) return search(args);
    const known = last !== undefined && last.overrides === stack.top.overrides ? last : undefined;
    if (known !== undefined) {
      // The usual case of few tensors, without taking the arguments apart.
      if (known.isFlat && areConcrete(args) && haveAvals(args, known.avals)) return { entry: known.entry, leaves: args };
      const like: Tensor[] = [];
      if (!known.isFlat && takeLeaves(known.def, args, like) && haveAvals(like, known.avals)) return { entry: known.entry, leaves: like };
    }
    const flat = flattenArgs(args, "jit");
    const [leaves, def] = flat;
    if (known !== undefined && haveAvals(leaves, known.avals) && def.equals(known.def)) return { entry: known.entry, leaves };
    const found = search(args, flat);
    if (found.entry.hoisted.length === 0) last = { def, avals: leaves.map((x) => x.aval), overrides: stack.top.overrides, entry: found.entry, isFlat: def.children.every((c) => c.kind === "leaf") };
    return found;
  };

  const search = (args: readonly unknown[], flat?: ReturnType<typeof flattenArgs>): { entry: Entry; leaves: Tensor[] } => {
    const isStatic = (i: number): boolean => staticArgnums.includes(i) || staticArgnums.includes(i - args.length);
    const [leaves, def] = flat ?? flattenArgs(args.filter((_, i) => !isStatic(i)), "jit");
    const statics = args.map((x, i) => (isStatic(i) ? identityKey(x) : "")).join();
    const key = `${treeKey(def)}|${leaves.map((x) => x.aval.id).join()}|${statics}`;
    const { overrides } = stack.top;
    let kept = cache;
    if (overrides !== null) underOverrides.set(overrides, (kept = underOverrides.get(overrides) ?? new Recent<string, Entry>(mostPrograms)));
    let entry = kept.get(key);
    if (entry === undefined) {
      const call = (...dynamic: unknown[]): unknown => {
        let next = 0;
        return f(...(args.map((x, i) => (isStatic(i) ? x : dynamic[next++])) as A));
      };
      const { program, hoisted } = traceTree(call, leaves.map((x) => x.aval), def, "jit");
      const simple = eliminateDeadCode(eliminateCommonSubexpressions(program));
      entry = { program: simple, hoisted, params: { name, program: simple }, captured: capturedIn(simple) };
      // A program that captured tracers belongs to this call alone.
      if (hoisted.length === 0) kept.set(key, entry);
    }
    return { entry, leaves };
  };

  const jitted = (...args: unknown[]): unknown => {
    const { entry, leaves } = lookup(args);
    const { program, hoisted, params, captured } = entry;
    const operands = hoisted.length === 0 ? leaves : [...hoisted, ...leaves];
    const results = options.inline ? evalProgram(program, operands) : bind(jitCallP, operands, params);
    const outs = captured.size === 0 ? results : lendCaptured(results, captured);
    return treeUnflatten(program.outTree as TreeDef, donateArgnums.length === 0 ? outs : giveAll(donated(args, donateArgnums), outs));
  };
  return Object.assign(jitted, {
    program: (...args: unknown[]) => lookup(args).entry.program,
    cacheSize: () => cache.size,
    compile: async (...args: unknown[]) => stack.backend?.prepare?.(lookup(args).entry.program),
    explainPlan: (...args: unknown[]) => {
      const { program } = lookup(args).entry;
      const { backend } = stack;
      return backend?.explainPlan?.(program) ?? `${backend === null ? "No backend is in place" : `The backend ${backend.name} does not compile`}: the program is evaluated operation by operation.\n${program}`;
    },
  }) as Jitted<A, R>;
}

function areConcrete(xs: readonly unknown[]): xs is Tensor[] {
  for (let i = 0; i < xs.length; i++) if (!(xs[i] instanceof Tensor) || (xs[i] as Tensor).frame !== null) return false;
  return true;
}

function haveAvals(xs: readonly Tensor[], avals: readonly Aval[]): boolean {
  if (xs.length !== avals.length) return false;
  for (let i = 0; i < xs.length; i++) if ((xs[i] as Tensor).aval !== avals[i]) return false;
  return true;
}

function argnums(given: number | readonly number[] | undefined, what: string): readonly number[] {
  const list = given === undefined ? [] : typeof given === "number" ? [given] : given;
  if (!Array.isArray(list) || !list.every((n) => Number.isInteger(n))) throw new ArgumentError(`jit: ${what} must be argument indices, got ${JSON.stringify(given)}.`);
  return list;
}
