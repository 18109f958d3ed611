// Linear programs: what a transformation that is linear in some values performs on them, recorded once, then run forwards
// on tangents or backwards on cotangents. Both are loops, so the length of a program is bounded by memory alone. Values that
// do not depend on the linear inputs are residuals: operands of the equations, computed when recorded.

import type { Aval } from "./aval.js";
import { addP, instantiate, minus, mulP, plus, times, zerosOf } from "./arithmetic.js";
import { performBelow } from "./bind.js";
import { ArgumentError, DTypeError, NonlinearError, ShapeError } from "./errors.js";
import type { Backend, Handler } from "./handler.js";
import { describe } from "./describe.js";
import { inferAvals } from "./infer.js";
import { isLinear, LinearVar } from "./linear-var.js";
import type { AnyPrimitive } from "./primitive.js";
import { missingDerivative, outputs } from "./rules.js";
import { at, type Frame, withFrame } from "./stack.js";
import { Tensor } from "./tensor.js";
import { Zero } from "./zero.js";

export interface LinearEquation {
  readonly primitive: AnyPrimitive;
  /** A variable where the operation is linear, a tensor where it is fixed: a residual. */
  readonly inputs: readonly (LinearVar | Tensor)[];
  readonly params: unknown;
  readonly outputs: readonly LinearVar[];
}

/** A program that is linear in its inputs. An output may be no variable at all: then it is zero. */
export interface LinearProgram {
  readonly inputs: readonly LinearVar[];
  readonly equations: readonly LinearEquation[];
  readonly outputs: readonly (LinearVar | Zero)[];
  /** How many variables there are; their indices are below it. */
  readonly size: number;
}

/** The handler that records what is performed on its tracers. Everything else it never sees. */
export class LinearRecorder implements Handler {
  declare readonly equations: LinearEquation[];
  declare size: number;
  declare frame: Frame;

  constructor() {
    this.equations = [];
    this.size = 0;
    this.frame = undefined as unknown as Frame;
  }

  get name(): string {
    return "linearize";
  }
  get knowsFrame(): boolean {
    return true;
  }
  get sees(): "own" {
    return "own";
  }
  get higherOrder(): "forward" {
    return "forward";
  }
  get mend(): string {
    return "A gradient would be lost: read stopGradient(x).item(), or return the value (hasAux) and read it outside.";
  }

  input(aval: Aval): Tensor {
    return this.box(new LinearVar(aval, this.size++));
  }

  perform(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor[] {
    if (p.rules.partial !== undefined) {
      return p.rules.partial(args, args.map((a) => a.frame === this.frame), params, (q, a, ps) => this.record(q, a, ps));
    }
    if (!p.rules.transpose && p.rules.decompose) {
      return at(this.frame, () => outputs(p.rules.decompose?.(args, params) as Tensor | Tensor[]));
    }
    this.assertLinear(p, args);
    return this.record(p, args, params);
  }

  // What the tangents of a function that is linearized are made with (TangentSpace of @gradus/jvp).

  get owner(): Frame {
    return this.frame;
  }

  /** In the place of a zero that a rule wants as an array: a variable that nothing is fed to. */
  zeros(aval: Aval): Tensor {
    return aval.hasTangent ? this.input(aval) : zerosOf(aval);
  }

  negate(t: Tensor): Tensor {
    return minus(t);
  }

  /** A tangent that does not depend on those that came in. */
  check(t: Tensor, name: string): Zero {
    return constantZero(t, `A tangent by the rule of ${name},`);
  }

  /** factor·t for a factor that is fixed: what a bound product would record, without the way there. */
  scale(factor: Tensor, t: Tensor): Tensor {
    if (factor.frame === this.frame || factor.aval.shape !== t.aval.shape) return times(factor, t);
    return this.arithmetic(mulP, [factor, t.payload as LinearVar], t.aval);
  }

  /** t + u, likewise. */
  join(t: Tensor, u: Tensor): Tensor {
    if (t.frame !== this.frame || u.frame !== this.frame) return plus(t, u);
    return this.arithmetic(addP, [t.payload as LinearVar, u.payload as LinearVar], t.aval);
  }

  private arithmetic(primitive: AnyPrimitive, inputs: (LinearVar | Tensor)[], aval: Aval): Tensor {
    const v = new LinearVar(aval, this.size++);
    this.equations.push({ primitive, inputs, params: undefined, outputs: [v] });
    return this.box(v);
  }

  private box(v: LinearVar): Tensor {
    return new Tensor(v.aval, v, this.frame, null);
  }

  /** Appends an equation. */
  record(p: AnyPrimitive, args: readonly Tensor[], params: unknown): Tensor[] {
    const inputs = args.map((a) => this.atom(a));
    const outputs: LinearVar[] = [];
    const tracers: Tensor[] = [];
    for (const aval of inferAvals(p, args.map((a) => a.aval), params)) {
      const v = new LinearVar(aval, this.size++);
      outputs.push(v);
      tracers.push(this.box(v));
    }
    this.equations.push({ primitive: p, inputs, params, outputs });
    return tracers;
  }

  private atom(x: Tensor): LinearVar | Tensor {
    return x.frame === this.frame ? (x.payload as LinearVar) : x;
  }

  // f must be linear in the operands that are variables. Joint linearity wants the others to be zero: 0 + t is linear, 1 + t is not.
  private assertLinear(p: AnyPrimitive, args: readonly Tensor[]): void {
    const { linearIn, multilinearIn } = p.traits;
    const { frame } = this;
    if (linearIn) {
      for (let i = 0; i < args.length; i++) {
        const a = args[i] as Tensor;
        const joint = linearIn === "all" || linearIn.includes(i);
        if (joint ? a.frame !== frame && !isZeroValue(a) : a.frame === frame) throw nonlinear(p, joint);
      }
    } else if (multilinearIn) {
      const isAll = multilinearIn.length === args.length;
      let linear = 0;
      for (let i = 0; i < args.length; i++) if ((args[i] as Tensor).frame === frame) linear += isAll || multilinearIn.includes(i) ? 1 : 2;
      if (linear !== 1) throw nonlinear(p, false);
    } else if (!p.rules.transpose) throw p.traits.partials || p.traits.zeroGradient !== undefined ? nonlinear(p, false) : missingDerivative(p, "transposition", "transpose", args);
  }
}

function nonlinear(p: AnyPrimitive, isAffine: boolean): NonlinearError {
  if (isAffine) return affine(`${p.name} adds a constant that is not zero to a tangent`);
  return new NonlinearError(
    `${p.name} is not linear in a tangent that reached it: a rule may multiply tangents by functions of the primals and add them up, nothing else; ` +
      "linearTranspose takes linear functions only.",
  );
}

const affine = (cause: string): NonlinearError =>
  new NonlinearError(`${cause}: the function is affine, not linear. It must be 0 where all of its inputs are.`);

// What does not depend on the linear inputs is zero, or the function is not linear.
function constantZero(t: Tensor, what: string): Zero {
  if (isZeroValue(t)) return new Zero(t.aval);
  throw affine(`${what} ${t.aval} does not depend on its inputs and is a constant, not zero`);
}

/** Whether a value is known to be zero everywhere: a constant beside a tangent that leaves a function linear. */
export function isZeroValue(x: Tensor): boolean {
  const known = x.frame ? x.frame.handler.concrete?.(x.payload) : x;
  if (!known || known.frame || known.dtype === "float0") return known?.dtype === "float0" && known.payload === null;
  if (!known.backend) return known.payload === 0;
  const backend = known.backend as Backend;
  return backend.isZero?.(known) ?? known.dataSync().every((v) => v === 0);
}

/** Records what `f` performs on linear inputs of the given avals. `f` runs under the recorder alone. */
export function recordLinear(avals: readonly Aval[], f: (inputs: Tensor[], recorder: LinearRecorder) => readonly (Tensor | Zero)[]): LinearProgram {
  const recorder = new LinearRecorder();
  return withFrame(recorder, (frame) => {
    recorder.frame = frame;
    const inputs = avals.map((a) => recorder.input(a));
    const outs = f(inputs, recorder);
    return {
      inputs: inputs.map((t) => t.payload as LinearVar),
      equations: recorder.equations,
      outputs: outs.map((t) => linearOutput(frame, t)),
      size: recorder.size,
    };
  });
}

function linearOutput(frame: Frame, t: Tensor | Zero): LinearVar | Zero {
  if (t instanceof Zero) return t;
  return t.frame === frame ? (t.payload as LinearVar) : constantZero(t, "An output");
}

/** Runs a linear program forwards. */
export function evalLinear(program: LinearProgram, tangents: readonly Tensor[]): (Tensor | Zero)[] {
  const env: (Tensor | undefined)[] = new Array(program.size);
  program.inputs.forEach((v, i) => (env[v.index] = tangents[i]));
  for (const { primitive, inputs, params, outputs: outs } of program.equations) {
    const args = inputs.map((x) => (isLinear(x) ? (env[x.index] ?? zerosOf(x.aval)) : x));
    const values = performBelow(primitive, args, params);
    for (let i = 0; i < outs.length; i++) env[(outs[i] as LinearVar).index] = values[i];
  }
  return program.outputs.map((v) => (v instanceof Zero ? v : (env[v.index] ?? new Zero(v.aval))));
}

/** Runs a linear program backwards: cotangents of the outputs in, cotangents of the inputs out. */
export function transposeLinear(program: LinearProgram, cts: readonly (Tensor | Zero)[]): (Tensor | Zero)[] {
  const env: (Tensor | undefined)[] = new Array(program.size);
  for (let i = 0; i < cts.length; i++) {
    const v = program.outputs[i];
    const ct = cts[i];
    if (v instanceof LinearVar && ct instanceof Tensor) accumulate(env, v, ct);
  }
  const { equations } = program;
  for (let e = equations.length - 1; e >= 0; e--) {
    const eq = equations[e] as LinearEquation;
    const outs = eq.outputs;
    let ct: unknown;
    if (outs.length === 1 && !eq.primitive.multipleResults) {
      const { index } = outs[0] as LinearVar;
      ct = env[index];
      if (ct === undefined) continue;
      env[index] = undefined; // the last use: let it be collected
    } else {
      if (outs.every((v) => env[v.index] === undefined)) continue;
      ct = outs.map((v) => env[v.index] ?? new Zero(v.aval));
    }
    // factor·t: the rule of mul, written out, since a derivative mostly consists of products (a third of the time of a chain).
    // Beside `scale` and `join` the one place that knows a primitive; a product of anything else than a fixed left factor goes by its rule.
    const factor = eq.primitive === mulP ? eq.inputs[0] : undefined;
    if (factor instanceof Tensor) {
      accumulate(env, eq.inputs[1] as LinearVar, times(factor, ct as Tensor), mulP);
      continue;
    }
    const rule = eq.primitive.rules.transpose;
    if (rule === undefined) throw missingDerivative(eq.primitive, "transposition", "transpose", eq.inputs);
    const results = rule(ct, eq.inputs as (LinearVar | Tensor)[], eq.params);
    if (!Array.isArray(results) || results.length !== eq.inputs.length) throw wrongCount(eq, results);
    for (let i = 0; i < eq.inputs.length; i++) {
      const input = eq.inputs[i];
      const r = results[i];
      if (input instanceof LinearVar && r instanceof Tensor) accumulate(env, input, r, eq.primitive);
    }
  }
  return program.inputs.map((v) => env[v.index] ?? new Zero(v.aval));
}

function wrongCount({ primitive, inputs }: LinearEquation, results: unknown): ArgumentError {
  const got = Array.isArray(results) ? `an array of ${results.length}` : describe(results);
  return new ArgumentError(`The transpose rule of ${primitive.name} must give an array with a cotangent, Zero or null for each of ${inputs.length} argument(s); it gave ${got}.`);
}

function accumulate(env: (Tensor | undefined)[], v: LinearVar, ct: Tensor, p?: AnyPrimitive): void {
  if (ct.aval !== v.aval && (ct.aval.shape !== v.aval.shape || ct.aval.dtype !== v.aval.dtype)) {
    const ErrorClass = ct.aval.shape === v.aval.shape ? DTypeError : ShapeError;
    throw new ErrorClass(`The transpose rule of ${p?.name ?? "a function"} gave a cotangent ${ct.aval} for an argument ${v.aval}: shapes and dtypes must be equal.`);
  }
  const before = env[v.index];
  env[v.index] = before === undefined ? ct : plus(before, ct);
}

/** The transpose of a flat linear function: from cotangents of its outputs to cotangents of its inputs. */
export function transposeFlat(f: (inputs: Tensor[]) => Tensor[], avals: readonly Aval[], cts: readonly (Tensor | Zero)[]): (Tensor | Zero)[] {
  return transposeLinear(recordLinear(avals, f), cts);
}

/** Tensors in the place of symbolic zeros. */
export const materialize = (xs: readonly (Tensor | Zero)[]): Tensor[] => xs.map(instantiate);

/** The residuals of a linear program, in order. */
export const residualsOf = (program: LinearProgram): Tensor[] =>
  program.equations.flatMap((eq) => eq.inputs.filter((x): x is Tensor => !isLinear(x)));

/** The same program with other residuals. */
export function withResiduals(program: LinearProgram, residuals: readonly Tensor[]): LinearProgram {
  let next = 0;
  return {
    ...program,
    equations: program.equations.map((eq) => ({ ...eq, inputs: eq.inputs.map((x) => (isLinear(x) ? x : (residuals[next++] as Tensor))) })),
  };
}

