// rule_call: a function together with the rules that replace its own derivative or its batching. As an equation of the
// program it survives jit, vmap, nesting and a pullback that is called later; nothing looks rules up afterwards.

import {
  at,
  type Aval,
  avalOf,
  type BatchRun,
  bind,
  broadcastInDim,
  definePrimitive,
  DTypeError,
  EscapedTracerError,
  type Frame,
  instantiate,
  isFloat,
  type JvpRun,
  MissingRuleError,
  moveAxis,
  type Primitive,
  reduceSum,
  ShapeError,
  type Staged,
  tangentAval,
  type Tensor,
  TreeMismatchError,
  withHandler,
  Zero,
} from "@gradus/core";
import { effectOf, type Program } from "@gradus/tracing";
import { type FlatBwd, linearCallP } from "./linear-call.js";
import { matchLeaf, matchValues } from "./match.js";

export type Tangent = Tensor | Zero;
type Axis = number | null;

export type FlatFunction = (args: Tensor[]) => Tensor[];
/** Values and tangents from primals and tangents; `instantiate` makes an array of a zero tangent. */
export type FlatJvp = (primals: Tensor[], tangents: Tangent[], instantiate: JvpRun["instantiate"]) => [Tensor[], Tangent[]];
/** Values, residuals, and what makes cotangents of the arguments from the residuals and cotangents of the values. */
export type FlatVjp = (args: Tensor[], perturbed: boolean[]) => { outs: Tensor[]; residuals: Tensor[]; bwd: FlatBwd };
/** Values with batch axes at 0, and which of them are batched. */
export type FlatBatch = (axisSize: number, inBatched: boolean[], args: Tensor[]) => [Tensor[], boolean[]];

export interface RuleCallParams {
  readonly name: string;
  readonly body: FlatFunction;
  readonly jvp?: FlatJvp | undefined;
  readonly vjp?: FlatVjp | undefined;
  readonly batch?: FlatBatch | undefined;
  /** A function that is differentiated in the place of the body. */
  readonly surrogate?: FlatFunction | undefined;
  /** How many leading operands the body captured from enclosing transformations. The rules do not know of them. */
  readonly captured?: number | undefined;
  /** The body as a program, once it was staged. */
  readonly program?: Staged["program"] | undefined;
}

/** Applies a function that has rules of its own. */
export const ruleCallP: Primitive<RuleCallParams, "many"> = /* @__PURE__ */ definePrimitive<RuleCallParams, "many">("rule_call", {
  multipleResults: true,
  abstractEval(_avals, { name, program }) {
    if (program === undefined) throw new MissingRuleError(`${name}: a rule_call has no avals before it is staged. Trace it with makeProgram.`);
    return [...program.outAvals];
  },
  decompose: (args, { body }) => body(args),
  effect: ({ program }) => (program === undefined ? undefined : effectOf(program as Program)),
  higherOrder: {
    // Never opened: its functions are wrapped to run under the handler, so the rules survive and the bodies are seen.
    open(args, params, frame) {
      const { handler, depth } = frame as Frame;
      if (!args.some((a) => a.frame === frame)) return bind(ruleCallP, args, wrapped(params, (f) => withHandler(handler, f)));
      // Only evaluation lies below the outermost handler, which no rule concerns.
      if (depth === 1) return at(frame as Frame, () => params.body(args));
      throw new MissingRuleError(
        `The handler ${handler.name} has values of its own and no rule for rule_call, and would lose the custom rules of ${params.name}. ` +
          "Give the handler an overlay entry for ruleCallP, or install it outside the differentiating transformation.",
      );
    },
  },
  rules: {
    jvp(primals, tangents, params, run) {
      const { captured = 0, body, jvp, vjp, surrogate, name, program } = params;
      // What the values must be is known once the function was traced.
      const values = (outs: Tensor[]): Tensor[] => (program === undefined ? outs : matchValues(outs, program.outAvals, name));
      if (jvp === undefined && vjp === undefined && surrogate === undefined) return run(body, primals, tangents);
      const leak = tangents.findIndex((t, i) => i < captured && !(t instanceof Zero));
      if (leak >= 0) throw capturedError(name, primals[leak] as Tensor);
      const xs = primals.slice(captured);
      const dxs = tangents.slice(captured);
      // The value is this very call, so that the next derivative finds the surrogate again.
      if (surrogate !== undefined) {
        const outs = bind(ruleCallP, primals, params);
        const [smooth, douts] = run(surrogate, xs, dxs);
        if (douts.length !== outs.length) throw new TreeMismatchError(`${name}: its value has ${outs.length} leaves, and its surrogate ${douts.length}.`);
        return [outs, douts.map((t, i) => surrogateTangent(t, outs[i] as Tensor, smooth[i] as Tensor, name))];
      }
      if (vjp === undefined) {
        const [outs, douts] = (jvp as FlatJvp)(xs, dxs, run.instantiate);
        return [values(outs), douts];
      }
      const live = dxs.map((t) => !(t instanceof Zero));
      const { outs, residuals, bwd } = vjp(xs, live);
      const fixed = jvp === undefined ? residuals : [...residuals, ...xs];
      const douts = bind(linearCallP, [...fixed, ...(dxs.filter((_, i) => live[i]) as Tensor[])], {
        name,
        bwd,
        forward: jvp && ((ps, ts) => jvp(ps, ts, instantiate)[1]),
        residuals: residuals.length,
        live,
        inAvals: xs.map((x) => x.aval),
        outAvals: outs.map((o) => o.aval),
      });
      return [values(outs), douts];
    },
    batch: (args, axes, params, axisSize, run) => {
      const outs = bind(ruleCallP, args, batched(params, args, axes, axisSize, run));
      return [outs, outs.map(() => 0)];
    },
    stage(args, params, stage) {
      if (params.program !== undefined) return [args, params];
      const { program, hoisted, run } = stage(params.body, args.map((a) => a.aval));
      return [[...hoisted, ...args], { ...params, program, captured: hoisted.length + (params.captured ?? 0) || undefined, body: run }];
    },
  },
});

function surrogateTangent(t: Tangent, value: Tensor, smooth: Tensor, name: string): Tangent {
  if (isFloat(value.dtype) && !isFloat(smooth.dtype)) {
    throw new DTypeError(`The surrogate of ${name} is ${smooth.aval}, which has no derivative, and its value ${value.aval}: a surrogate must be a float.`);
  }
  return matchLeaf(t, tangentAval(value.aval), `The surrogate of ${name}`, true);
}

function capturedError(name: string, x: Tensor): EscapedTracerError {
  return new EscapedTracerError(
    `${name} has a custom rule, and captured a value ${x.aval} that is differentiated: the rule would ignore it, and its gradient ` +
      `would silently be zero. Pass the value to ${name} as an explicit argument, or stop it with stopGradient if that is meant.`,
  );
}

function wrapped(params: RuleCallParams, inside: <T>(f: () => T) => T): RuleCallParams {
  const { body, jvp, vjp, batch, surrogate } = params;
  return {
    ...params,
    body: (args) => inside(() => body(args)),
    surrogate: surrogate && ((args) => inside(() => surrogate(args))),
    jvp: jvp && ((primals, tangents, make) => inside(() => jvp(primals, tangents, make))),
    vjp:
      vjp &&
      ((args, perturbed) => {
        const { outs, residuals, bwd } = inside(() => vjp(args, perturbed));
        return { outs, residuals, bwd: (res, cts) => inside(() => bwd(res, cts)) };
      }),
    batch: batch && ((axisSize, inBatched, args) => inside(() => batch(axisSize, inBatched, args))),
  };
}

/** A value with its batch axis first, repeated along it if it has none. */
const first = (x: Tensor, axis: Axis, axisSize: number): Tensor =>
  axis === null ? broadcastInDim(x, [axisSize, ...x.shape], x.shape.map((_, i) => i + 1)) : moveAxis(x, axis, 0);

const example = (aval: Aval, axis: Axis): Aval =>
  axis === null ? aval : avalOf(aval.shape.filter((_, i) => i !== axis), aval.dtype, aval.weak);

// The same call for a batch: body and every rule for all examples at once. Outputs have their batch axes at 0.
function batched(params: RuleCallParams, args: readonly Tensor[], axes: readonly Axis[], axisSize: number, run: BatchRun): RuleCallParams {
  const { name, body, jvp, vjp, batch, surrogate, program, captured = 0 } = params;
  const own = axes.slice(captured);
  const all = (f: FlatFunction, xs: readonly Tensor[], xAxes: readonly Axis[]): Tensor[] => {
    const [outs, outAxes] = run(f, xs, xAxes, axisSize);
    return outs.map((o, i) => first(o, outAxes[i] as Axis, axisSize));
  };
  return {
    ...params,
    program: undefined,
    body:
      batch === undefined
        ? (xs) => all(body, xs, axes)
        : (xs) => {
            const moved = xs.slice(captured).map((x, i) => (own[i] === null ? x : moveAxis(x, own[i] as number, 0)));
            const [outs, outBatched] = batch(axisSize, own.map((a) => a !== null), moved);
            return outs.map((o, i) => first(checkBatch(o, outBatched[i] as boolean, axisSize, program?.outAvals[i], name), outBatched[i] ? 0 : null, axisSize));
          },
    batch: undefined,
    surrogate: surrogate && ((xs) => all(surrogate, xs, own)),
    jvp: jvp && batchedJvp(jvp, own, all),
    vjp: vjp && batchedVjp(vjp, own, axisSize, run),
  };
}

// What a batch rule gave: a batch of `axisSize`, and of what the function gives where that is known.
function checkBatch(x: Tensor, isBatched: boolean, axisSize: number, one: Aval | undefined, name: string): Tensor {
  const what = `The batch rule of ${name} gave ${x.aval}`;
  if (isBatched && x.shape[0] !== axisSize) throw new ShapeError(`${what} as a batch of ${axisSize} examples: the batch axis must be the first. Say false in outBatched for what is the same for every example.`);
  if (one === undefined) return x;
  const { shape, dtype } = example(x.aval, isBatched ? 0 : null);
  if (shape !== one.shape) throw new ShapeError(`${what}${isBatched ? ` for ${axisSize} examples` : ""}, and the function gives ${one} for one: the shapes must agree.`);
  if (dtype !== one.dtype) throw new DTypeError(`${what}, and the function ${one}: use cast in the rule.`);
  return x;
}

function batchedJvp(jvp: FlatJvp, axes: readonly Axis[], all: (f: FlatFunction, xs: readonly Tensor[], axes: readonly Axis[]) => Tensor[]): FlatJvp {
  return (primals, tangents, make) => {
    const live = tangents.map((t) => !(t instanceof Zero));
    let zeros: (Zero | undefined)[] = [];
    let n = 0;
    const results = all(
      (ys) => {
        let next = primals.length;
        const inner = tangents.map((t, i) => (live[i] ? (ys[next++] as Tensor) : new Zero(example(t.aval, axes[i] as Axis), (t as Zero).reason)));
        const [outs, douts] = jvp(ys.slice(0, primals.length), inner, make);
        n = outs.length;
        zeros = douts.map((t) => (t instanceof Zero ? t : undefined));
        return [...outs, ...(douts.filter((t) => !(t instanceof Zero)) as Tensor[])];
      },
      [...primals, ...(tangents.filter((_, i) => live[i]) as Tensor[])],
      [...axes, ...axes.filter((_, i) => live[i])],
    );
    let next = n;
    const outs = results.slice(0, n);
    return [outs, zeros.map((z, i) => (z === undefined ? (results[next++] as Tensor) : zeroLike(z, outs[i] as Tensor)))];
  };
}

const zeroLike = (z: Zero, out: Tensor): Zero => new Zero(avalOf(out.shape, z.aval.dtype, z.aval.weak), z.reason);

function batchedVjp(vjp: FlatVjp, axes: readonly Axis[], axisSize: number, run: BatchRun): FlatVjp {
  return (args, perturbed) => {
    let n = 0;
    let inner: FlatBwd | undefined;
    const [results, resultAxes] = run(
      (ys) => {
        const { outs, residuals, bwd } = vjp(ys, perturbed);
        n = outs.length;
        inner = bwd;
        return [...outs, ...residuals];
      },
      args,
      axes,
      axisSize,
    );
    const bwd = inner as FlatBwd;
    const residualAxes = resultAxes.slice(n);
    return {
      outs: results.slice(0, n).map((o, i) => first(o, resultAxes[i] as Axis, axisSize)),
      residuals: results.slice(n),
      bwd: (residuals, cts) => batchedBwd(bwd, residuals, residualAxes, cts, args.map((a) => a.aval), axes, axisSize, run),
    };
  };
}

// A cotangent of an argument that all examples share is the sum of theirs.
function batchedBwd(
  bwd: FlatBwd,
  residuals: Tensor[],
  residualAxes: readonly Axis[],
  cts: Tangent[],
  inAvals: readonly Aval[],
  axes: readonly Axis[],
  axisSize: number,
  run: BatchRun,
): Tangent[] {
  const live = cts.map((t) => !(t instanceof Zero));
  let zeros: (Zero | undefined)[] = [];
  const [results, resultAxes] = run(
    (ys) => {
      let next = residuals.length;
      const inner = cts.map((t, i) => (live[i] ? (ys[next++] as Tensor) : new Zero(example(t.aval, 0))));
      const out = bwd(ys.slice(0, residuals.length), inner);
      zeros = out.map((t) => (t instanceof Zero ? t : undefined));
      return out.filter((t): t is Tensor => !(t instanceof Zero));
    },
    [...residuals, ...(cts.filter((_, i) => live[i]) as Tensor[])],
    [...residualAxes, ...cts.filter((_, i) => live[i]).map(() => 0)],
    axisSize,
  );
  let next = 0;
  return zeros.map((z, i) => {
    if (z !== undefined) return new Zero(inAvals[i] as Aval, z.reason);
    const ct = first(results[next] as Tensor, resultAxes[next++] as Axis, axisSize);
    const axis = axes[i] as Axis;
    return axis === null ? reduceSum(ct, 0) : moveAxis(ct, 0, axis);
  });
}
