// Forward mode. A tracer carries a primal and a tangent; an application with a tracer among its arguments applies the
// primitive to the primals and its derivative to the tangents. Everything else goes by unseen. Whatever has no tangent
// is returned bare, so that constants cost nothing further on.

import {
  type AnyPrimitive,
  ArgumentError,
  type Aval,
  describe,
  DTypeError,
  flattenOutput,
  type Frame,
  fullOf,
  type Handler,
  inferAvals,
  isTensor,
  type JvpRun,
  minus,
  missingDerivative,
  outputs,
  type Partial,
  perform1,
  perform2,
  performBelow,
  plus,
  ShapeError,
  splitAux,
  tangentAval,
  Tensor,
  times,
  type TreeDef,
  treeFlatten,
  treeUnflatten,
  withFrame,
  Zero,
  zerosOf,
  zeroTangent,
} from "@gradus/core";

type Tangent = Tensor | Zero;

/** What a forward-mode tracer carries. */
export interface Dual {
  readonly primal: Tensor;
  readonly tangent: Tensor;
}

/** How tangents are made and checked: `linearize` records them, where forward mode computes them. */
export interface TangentSpace {
  /** factor·t */
  scale(factor: Tensor, t: Tensor): Tensor;
  /** t + u */
  join(t: Tensor, u: Tensor): Tensor;
  /** −t */
  negate(t: Tensor): Tensor;
  /** The frame whose tracers are tangents without further question. */
  readonly owner?: unknown;
  /** Zeros of an aval, for a rule that cannot take a symbolic zero. */
  zeros(aval: Aval): Tensor;
  /** Passes a rule's tangent on, or refuses it. */
  check?(tangent: Tensor, name: string): Tangent;
}

// Tangents that are computed at once.
const computed: TangentSpace = { scale: times, join: plus, negate: minus, zeros: zerosOf };

/** The handler of forward mode. Made anew for each call. */
export class JvpHandler implements Handler {
  declare frame: Frame;
  declare private readonly space: TangentSpace;
  declare private runner: JvpRun | undefined;

  constructor(space: TangentSpace = computed) {
    this.frame = undefined as unknown as Frame;
    this.space = space;
    this.runner = undefined;
  }

  // On the prototype: a handler is made for every call of a transformation.
  get name(): string {
    return "jvp";
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
    return "A gradient would be lost: read stopGradient(x).item(), or return the value and read it outside.";
  }

  show({ primal, tangent }: Dual): string {
    return `with primal ${primal} and tangent ${tangent}`;
  }

  perform(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor[] | Tensor {
    const { frame } = this;
    const { partials } = p.traits;
    if (partials !== undefined && p.rules.jvp === undefined) return this.byPartials(p, args, params, partials);
    const primals = args.map((a) => primalOf(frame, a));
    const tangents = args.map((a) => tangentOf(frame, a));
    const { jvp, decompose } = p.rules;
    if (jvp) {
      const [out, dout] = jvp(primals, tangents, params, this.run);
      return this.boxes(outputs(out), outputs(dout as Tensor), p, params);
    }
    const groups = linearGroups(p, primals);
    if (!groups && decompose) {
      return this.boxes(...this.run((xs) => outputs(decompose(xs, params)), primals, tangents), p);
    }
    // Only a float output can carry a tangent: an operation from floats to integers or booleans needs no rule.
    if (!groups && !((p.rules.abstractEval || p.traits.elementwise) && inferAvals(p, primals.map((x) => x.aval), params).every((a) => !a.hasTangent))) {
      throw missingDerivative(p, this.space === computed ? "forward mode (jvp)" : "differentiation (grad, vjp, linearize)", "jvp", primals);
    }
    const out = performBelow(p, primals, params);
    let sum: Tensor[] | undefined;
    for (const group of out.some((o) => o.aval.hasTangent) ? (groups ?? []) : []) {
      if (!group.some((i) => tangents[i] instanceof Tensor)) continue;
      const term = performBelow(p, primals.map((x, i) => (group.includes(i) ? this.run.instantiate(tangents[i] as Tangent) : x)), params);
      sum = sum?.map((t, i) => plus(t, term[i] as Tensor)) ?? term;
    }
    return sum ? this.boxes(out, sum, p) : out;
  }

  /** An elementwise operation: the sum of its partials times the tangents, each computed for a perturbed argument only. */
  private byPartials(p: AnyPrimitive, args: Tensor[], params: unknown, partials: readonly (Partial | null)[]): Tensor {
    const { frame, space } = this;
    const n = args.length;
    const x = primalOf(frame, args[0] as Tensor);
    const y = n === 2 ? primalOf(frame, args[1] as Tensor) : x;
    const primals = n > 2 ? args.map((a) => primalOf(frame, a)) : args;
    const out = n === 1 ? perform1(p, x, params) : n === 2 ? perform2(p, x, y, params) : (performBelow(p, primals, params)[0] as Tensor);
    let sum: Tensor | undefined;
    for (let i = 0; i < n; i++) {
      const arg = args[i] as Tensor;
      const partial = partials[i];
      if (arg.frame !== frame || partial === null || partial === undefined) continue;
      const factor = n === 1 ? partial(x, out, params) : n === 2 ? partial(x, y, out, params) : partial(...primals, out, params);
      const term = scaled(space, factor, (arg.payload as Dual).tangent);
      sum = sum === undefined ? term : space.join(sum, term);
    }
    return sum === undefined ? out : this.box(out, sum, p);
  }

  private boxes(out: Tensor[], dout: Tangent[], p: AnyPrimitive, params?: unknown): Tensor[] {
    return out.map((o, i) => this.box(o, dout[i] as Tangent, p, params));
  }

  private box(primal: Tensor, tangent: Tangent, p: AnyPrimitive, params?: unknown): Tensor {
    if ((tangent as Tangent | undefined)?.aval !== primal.aval) assertTangent(tangent, primal, nameOf(p, params));
    const { space } = this;
    const t = space.check === undefined || (tangent as Tensor).frame === space.owner || tangent instanceof Zero ? tangent : space.check(tangent, nameOf(p, params));
    return dual(this.frame, primal, t);
  }

  /** Runs a flat function in this mode: for rules of higher-order primitives. */
  get run(): JvpRun {
    return (this.runner ??= makeRun(this.space));
  }
}

// The tangent of a value has its shape, and its dtype, or float0.
function assertTangent(tangent: Tangent | undefined, { aval }: Tensor, name: string): void {
  const wanted = tangentAval(aval);
  const got = tangent instanceof Tensor || tangent instanceof Zero ? tangent.aval : undefined;
  const isShape = got?.shape === wanted.shape;
  if (isShape && (got?.dtype === wanted.dtype || tangent instanceof Zero)) return;
  throw new (!got ? ArgumentError : isShape ? DTypeError : ShapeError)(
    `The jvp rule of ${name} gave the tangent ${got ?? describe(tangent)} for a value ${aval}, which needs one of ${wanted}: reshape or cast it.`,
  );
}

// The arguments in which an operation is jointly linear: the derivative sums over such groups. None where it is flat.
function linearGroups({ traits: { linearIn, multilinearIn, zeroGradient } }: AnyPrimitive, args: Tensor[]): readonly (readonly number[])[] | undefined {
  if (zeroGradient !== undefined) return [];
  if (linearIn) return [linearIn === "all" ? args.map((_, i) => i) : linearIn];
  return multilinearIn?.map((i) => [i]);
}

// A partial that is a number is 1 or −1 more often than not.
const scaled = (space: TangentSpace, factor: Tensor | number, t: Tensor): Tensor =>
  factor === 1 ? t : factor === -1 ? space.negate(t) : space.scale(typeof factor === "number" ? fullOf(t.aval, factor) : factor, t);

// A rule_call or jit_call says more by the name of its function.
const nameOf = (p: AnyPrimitive, params: unknown): string => (params as { name?: string } | undefined)?.name ?? p.name;

function makeRun(space: TangentSpace): JvpRun {
  const run = (
    f: (args: Tensor[]) => Tensor[],
    primals: readonly Tensor[],
    tangents: readonly Tangent[],
    zeros?: (aval: Aval) => Tensor,
  ): [Tensor[], Tangent[]] => jvpFlat(f, primals, tangents, zeros ? { ...computed, zeros } : space);
  return Object.assign(run, { instantiate: (t: Tangent): Tensor => (t instanceof Zero ? space.zeros(t.aval) : t) });
}

/** Runs a flat function on primals and tangents, which may be symbolic zeros, in and out. */
export function jvpFlat(
  f: (args: Tensor[], frame: Frame) => Tensor[],
  primals: readonly Tensor[],
  tangents: readonly Tangent[],
  space?: TangentSpace,
): [Tensor[], Tangent[]] {
  return jvpBoxed((args, frame) => splitDuals(frame, f(args, frame)), primals, tangents, space);
}

function jvpBoxed<T>(f: (args: Tensor[], frame: Frame) => T, primals: readonly Tensor[], tangents: readonly Tangent[], space?: TangentSpace): T {
  const handler = new JvpHandler(space);
  return withFrame(handler, (frame) => {
    handler.frame = frame;
    return f(primals.map((x, i) => dual(frame, x, tangents[i] as Tangent)), frame);
  });
}

// A tracer, or the bare primal of what has no tangent.
const dual = (frame: Frame, primal: Tensor, tangent: Tangent): Tensor =>
  tangent instanceof Tensor && tangent.aval.hasTangent ? new Tensor(primal.aval, { primal, tangent } satisfies Dual, frame, null) : primal;

const splitDuals = (frame: Frame, outs: Tensor[]): [Tensor[], Tangent[]] => [outs.map((o) => primalOf(frame, o)), outs.map((o) => tangentOf(frame, o))];

// What a tracer of `frame` carries; anything else is its own primal, and has no tangent.
const primalOf = (frame: Frame, x: Tensor): Tensor => (x.frame === frame ? (x.payload as Dual).primal : x);
const tangentOf = (frame: Frame, x: Tensor): Tangent => (x.frame === frame ? (x.payload as Dual).tangent : zeroTangent(x.aval));

/** The results of a function, their tangents and their structure; aux without tangents of this call. */
export interface DualTree {
  readonly outs: Tensor[];
  readonly tangents: Tangent[];
  readonly outTree: TreeDef;
  readonly aux: unknown;
}

/** Runs a function that returns a tree, or `[tree, aux]`, on primals and tangents. */
export function jvpTree(
  f: (args: Tensor[]) => unknown,
  primals: readonly Tensor[],
  tangents: readonly Tangent[],
  what: string,
  hasAux?: boolean,
  space?: TangentSpace,
): DualTree {
  return jvpBoxed(
    (args, frame) => {
      let out = f(args);
      let aux: unknown;
      if (hasAux) {
        [out, aux] = splitAux(out, what);
        const [leaves, def] = treeFlatten(aux);
        aux = treeUnflatten(def, leaves.map((x) => (isTensor(x) ? primalOf(frame, x) : x)));
      }
      const [results, outTree] = flattenOutput(out, what);
      const [outs, douts] = splitDuals(frame, results);
      return { outs, tangents: douts, outTree, aux };
    },
    primals,
    tangents,
    space,
  );
}
