// Tracing: a handler that records every application instead of computing it. Arrays that the function captures become
// constants; tracers of enclosing transformations are hoisted: they become inputs, so that the program closes over nothing.

import {
  type AnyPrimitive,
  ArgumentError,
  type Aval,
  at,
  base,
  DTypeError,
  type Effect,
  findRule,
  type Frame,
  type Handler,
  inferAvals,
  isFloat,
  perform1,
  perform2,
  performBelow,
  scalarTensor,
  ShapeError,
  type Stage,
  type Staged,
  Tensor,
  type TensorLike,
  toTensor,
  withFrame,
} from "@gradus/core";
import { userPosition } from "./position.js";
import { type Atom, type Equation, Literal, Program, Var } from "./program.js";

export interface TraceOptions {
  /** Record where in the source each equation was applied. */
  readonly sources?: boolean;
}

/** A closed program, and the captured tracers that are its leading inputs. */
export interface Traced extends Staged {
  readonly program: Program;
}

/** The handler of tracing. */
export class TraceHandler implements Handler {
  readonly name = "trace";
  readonly sees = "all";
  readonly higherOrder = "forward";
  readonly mend =
    "Under jit and makeProgram values are not known: use select(pred, a, b) or cond instead of host control flow, or pass the value as a static argument (staticArgnums).";
  readonly equations: Equation[] = [];
  readonly constants: Map<Var, Tensor> = new Map();
  readonly hoisted: Map<Tensor, Var> = new Map();
  frame!: Frame;
  readonly #captured = new Map<Tensor, Var>();
  /** The equations of what depends on constants alone, and the values computed so far. */
  readonly #fixed = new Map<Var, Equation>();
  readonly #values = new Map<Var, Tensor>();
  readonly #sources: boolean;

  constructor(options: TraceOptions) {
    this.#sources = options.sources === true;
  }

  input(aval: Aval): Tensor {
    return new Tensor(aval, new Var(aval), this.frame, null);
  }

  perform(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor[] {
    const stage = findRule(this, p, "stage");
    const [operands, staged] = stage === undefined ? [args, params] : stage(args, params, this.#stage);
    const outputs = inferAvals(p, operands.map((a) => a.aval), staged).map((a) => new Var(a));
    const equation: Equation = {
      primitive: p,
      inputs: operands.map((a) => this.atom(a)),
      outputs,
      params: staged,
      effect: effectIn(p, staged),
      source: this.#sources ? userPosition() : undefined,
    };
    this.equations.push(equation);
    if (equation.effect === undefined && equation.inputs.every((a) => a instanceof Literal || this.constants.has(a) || this.#fixed.has(a))) {
      for (const v of outputs) this.#fixed.set(v, equation);
    }
    return outputs.map((v) => new Tensor(v.aval, v, this.frame, null));
  }

  // Above this frame, not below it: what the function captures of this trace is then hoisted, not an escape.
  readonly #stage: Stage = (f, avals) => at(this.frame, () => traceFlat(f, avals));

  /** What a value is in the program: a variable, a literal, or a variable for something captured. */
  atom(x: Tensor): Atom {
    if (x.frame === this.frame) return x.payload as Var;
    if (x.frame === null && x.backend === null && (x.payload === null || x.aval.element === undefined)) return new Literal(x);
    let v = this.#captured.get(x);
    if (v === undefined) {
      v = new Var(x.aval);
      this.#captured.set(x, v);
      if (x.frame === null) this.constants.set(v, x);
      else this.hoisted.set(x, v);
    }
    return v;
  }

  /** The value of what depends on constants alone, computed on demand and once: reading it loses nothing. */
  concrete(v: Var): Tensor | undefined {
    if (!this.#fixed.has(v)) return this.constants.get(v);
    const pending = [v]; // not by recursion: a chain may be long
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const eq = this.#fixed.get(next) as Equation;
      if (this.#values.has(next)) continue;
      const missing = eq.inputs.filter((a): a is Var => a instanceof Var && this.#valueOf(a) === undefined);
      if (missing.length > 0) pending.push(next, ...missing);
      else {
        const args = eq.inputs.map((a) => this.#valueOf(a) as Tensor);
        const outs = at(base, () => performBelow(eq.primitive, args, eq.params));
        eq.outputs.forEach((o, i) => this.#values.set(o, outs[i] as Tensor));
      }
    }
    return this.#values.get(v);
  }

  #valueOf(a: Atom): Tensor | undefined {
    return a instanceof Literal ? a.value : (this.constants.get(a) ?? this.#values.get(a));
  }
}

/** What an application does beside computing. */
export const effectIn = (p: AnyPrimitive, params: unknown): Effect | undefined => {
  const { effect } = p.traits;
  return typeof effect === "function" ? effect(params) : effect;
};

/**
 * Traces a flat function on avals. What it captures of enclosing transformations becomes leading inputs; `input` adds a
 * trailing one.
 */
export function traceFlat(
  f: (args: Tensor[], input: (aval: Aval) => Tensor) => readonly Tensor[],
  avals: readonly Aval[],
  options: TraceOptions = {},
): Traced {
  const handler = new TraceHandler(options);
  return withFrame(handler, (frame) => {
    handler.frame = frame;
    const inputs = avals.map((a) => handler.input(a));
    const input = (aval: Aval): Tensor => {
      const x = handler.input(aval);
      inputs.push(x);
      return x;
    };
    const outputs = f(inputs.slice(), input).map((x) => handler.atom(x));
    const { hoisted, constants, equations } = handler;
    const program = new Program({
      inputs: [...hoisted.values(), ...inputs.map((t) => t.payload as Var)],
      constants,
      equations,
      outputs,
    });
    const captured = [...hoisted.keys()];
    return { program, hoisted: captured, run: (args: readonly Tensor[]) => evalProgram(program, args) };
  });
}

/**
 * Applies the equations of a program to its arguments, under whatever handlers are in place. A JS number stands for a 0-d tensor.
 * @throws ArgumentError if their number is not that of the inputs @throws ShapeError @throws DTypeError if they do not fit
 */
export function evalProgram(program: Program, args: readonly TensorLike[]): Tensor[] {
  if (!(program instanceof Program) || !Array.isArray(args)) throw new ArgumentError("evalProgram takes a program and an array of its arguments: evalProgram(makeProgram(f)(x), [x]).");
  const { inputs: wanted } = program;
  if (args.length !== wanted.length) throw new ArgumentError(`evalProgram: the program takes ${wanted.length} argument(s), and was given ${args.length}.`);
  const { initial, steps, outputs } = program.memo("slots", () => slotsOf(program));
  const env = initial.slice();
  for (let i = 0; i < args.length; i++) {
    const { aval } = wanted[i] as Var;
    const x = args[i] as TensorLike;
    env[i] = x instanceof Tensor && x.aval === aval ? x : fit(x, aval, i);
  }
  for (let k = 0; k < steps.length; k++) {
    const { primitive, inputs, params, first, count } = steps[k] as Step;
    if (count === 1 && inputs.length === 1) env[first] = perform1(primitive, env[inputs[0] as number] as Tensor, params);
    else if (count === 1 && inputs.length === 2) env[first] = perform2(primitive, env[inputs[0] as number] as Tensor, env[inputs[1] as number] as Tensor, params);
    else {
      const values = performBelow(primitive, inputs.map((i) => env[i] as Tensor), params);
      for (let i = 0; i < count; i++) env[first + i] = values[i] as Tensor;
    }
  }
  return outputs.map((i) => env[i] as Tensor);
}

/** An equation with the places of its operands and of its first output. */
interface Step {
  readonly primitive: AnyPrimitive;
  readonly params: unknown;
  readonly inputs: readonly number[];
  readonly first: number;
  readonly count: number;
}

// A program as it is run: values have numbered places, inputs first, and nothing is looked up.
function slotsOf(program: Program): { initial: (Tensor | undefined)[]; steps: Step[]; outputs: number[] } {
  const places = new Map<Var, number>();
  const initial: (Tensor | undefined)[] = [];
  const add = (v: Var, value?: Tensor): void => {
    places.set(v, initial.length);
    initial.push(value);
  };
  for (const v of program.inputs) add(v);
  for (const [v, value] of program.constants) add(v, value);
  const place = (a: Atom): number => (a instanceof Var ? (places.get(a) as number) : initial.push(a.value) - 1);
  const steps = program.equations.map(({ primitive, params, inputs, outputs }): Step => {
    const read = inputs.map(place);
    const first = initial.length;
    for (const v of outputs) add(v);
    return { primitive, params, inputs: read, first, count: outputs.length };
  });
  return { initial, steps, outputs: program.outputs.map(place) };
}

// Weakness may differ: a program is traced on example arguments.
function fit(x: TensorLike, aval: Aval, i: number): Tensor {
  if (typeof x === "number" && aval.ndim === 0 && isFloat(aval.dtype)) return scalarTensor(x, aval);
  const t = toTensor(x, `evalProgram: argument ${i}`);
  if (t.shape !== aval.shape) throw new ShapeError(`evalProgram: argument ${i} is ${t.aval}, and the program takes ${aval}.`);
  if (t.dtype !== aval.dtype) throw new DTypeError(`evalProgram: argument ${i} is ${t.aval}, and the program takes ${aval}: use cast.`);
  return t;
}
