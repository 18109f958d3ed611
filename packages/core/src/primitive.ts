// What a primitive may declare. Traits say what kind of operation it is, rules say what a transformation makes of it;
// rules not given are derived from the traits. Rules live on the primitive: there is no registry.

import type { Aval } from "./aval.js";
import type { DType } from "./dtype.js";
import type { LinearVar } from "./linear-var.js";
import type { Expr } from "./scalar.js";
import type { Tensor, TracerOwner } from "./tensor.js";
import type { Zero } from "./zero.js";

/** Which dtypes an operand may have. `any` is any number or bool, `integer` is int32, uint32 or bool. */
export type Accepts = "float" | "number" | "any" | "integer" | "bool";

/** An operation on corresponding elements: its body gives shape rule, batching and every backend's kernel. */
export interface Elementwise<P = any> {
  /** One class of dtypes for all operands, or one each; operands that are not `"bool"` share one dtype. */
  readonly accepts: Accepts | readonly Accepts[];
  /** The scalar IR of one element. Arguments are the operands, then the params. */
  readonly body: (...args: any[]) => Expr;
  /** That for operands of float32, where few steps in float32 are as good as many in doubles. A long `body` is computed in doubles on the way to a float32, where there are doubles. */
  readonly float32?: (...args: any[]) => Expr;
  /** The dtype of the result: that of the operands unless given. */
  readonly result?: "bool" | ((params: P) => { dtype: DType; weak: boolean });
}

/** A partial derivative: the operands, the output and the params in, the factor of the tangent out. */
export type Partial = (...args: any[]) => Tensor | number;

/** Where the elements of an array are: element (i, j, …) is at offset + i·strides[0] + j·strides[1] + … */
export interface Places {
  /** In elements; 0 along an axis that repeats, negative along one that is reversed. */
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The places of the elements of an array of some shape. */
export interface Layout extends Places {
  readonly shape: readonly number[];
}

/** What applying a primitive does beside computing: in any order, or in the order of the program. */
export type Effect = "unordered" | "ordered";

export interface Traits<P = any> {
  readonly elementwise?: Elementwise<P>;
  /** d out/d arg i for each argument of an elementwise operation; null where the argument carries no tangent. */
  readonly partials?: readonly (Partial | null)[];
  /** Arguments in which the operation is jointly linear: f(x + x', y + y') = f(x, y) + f(x', y'). */
  readonly linearIn?: readonly number[] | "all";
  /** Arguments in each of which the operation is linear while the others are fixed, as in a product. */
  readonly multilinearIn?: readonly number[];
  /** Why the output carries no gradient: the operation is flat almost everywhere, or its output is not real. */
  readonly zeroGradient?: string;
  /** The result has the operand's elements at other places: how to find them, so that a backend need not copy. */
  readonly view?: (from: Layout, params: P) => Places | undefined;
  /** A fold over `params.axes`: what joins two elements, and what an empty fold is. */
  readonly reduce?: { readonly combine: (a: Expr, b: Expr) => Expr; readonly init: (dtype: DType) => number };
  /** Without operands, and every element is this. */
  readonly fill?: (params: P) => number;
  /** Whether applying it does something beside computing a value. */
  readonly effect?: Effect | ((params: P) => Effect | undefined);
  /** It holds functions or programs: handlers that do not ask for it whole see what is inside. */
  readonly higherOrder?: HigherOrder<P>;
}

/** How a higher-order primitive is opened for a handler that has no rule for it. */
export interface HigherOrder<P = any> {
  /** Applies the primitive so that the handler of `frame` sees what is inside it. The stack is what is below the frame. */
  open(args: Tensor[], params: P, frame: TracerOwner): Tensor[];
}

/** Runs a flat function under a transformation, for rules of higher-order primitives. */
export type JvpRun = {
  /** With `zeros`, those stand for the zero tangents of rules that cannot take symbolic ones. */
  (
    f: (args: Tensor[]) => Tensor[],
    primals: readonly Tensor[],
    tangents: readonly (Tensor | Zero)[],
    zeros?: (aval: Aval) => Tensor,
  ): [Tensor[], (Tensor | Zero)[]];
  /** A tangent that is an array where a rule cannot take a symbolic zero. */
  readonly instantiate: (tangent: Tensor | Zero) => Tensor;
};
export type BatchRun = (
  f: (args: Tensor[]) => Tensor[],
  args: readonly Tensor[],
  axes: readonly (number | null)[],
  axisSize: number,
) => [Tensor[], (number | null)[]];

/** Records an equation of the linear program that is being built, and gives its outputs. */
export type Record = (primitive: Primitive<any, any>, args: Tensor[], params: unknown) => Tensor[];

/** A flat function that was traced: what it captured of enclosing transformations is its leading arguments. */
export interface Staged {
  readonly program: { readonly outAvals: readonly Aval[]; toString(): string };
  readonly hoisted: readonly Tensor[];
  /** Runs the program on the hoisted values and the arguments. */
  readonly run: (args: readonly Tensor[]) => Tensor[];
}

export type Stage = (f: (args: Tensor[]) => Tensor[], avals: readonly Aval[]) => Staged;

/**
 * The rules of a primitive with params `P`. Open for merging under exactly this name and parameter: a handler package
 * adds a slot with a package-prefixed name. With multiple results, every output below is an array.
 */
export interface Rules<P> {
  abstractEval?(avals: Aval[], params: P): Aval | Aval[];
  /** The operation written with others. */
  decompose?(args: Tensor[], params: P): Tensor | Tensor[];
  /** `[out, tangentOut]`. Tangents may be {@link Zero}, in and out. */
  jvp?(
    primals: Tensor[],
    tangents: (Tensor | Zero)[],
    params: P,
    run: JvpRun,
  ): readonly [Tensor | Tensor[], Tensor | Zero | (Tensor | Zero)[]];
  /** One cotangent, {@link Zero} or null per argument; arguments that are linear arrive as placeholders (`isLinear`). */
  transpose?(ct: any, args: (Tensor | LinearVar)[], params: P): (Tensor | Zero | null)[];
  /** `[out, outAxis]`; `null` is unbatched. */
  batch?(
    args: Tensor[],
    axes: (number | null)[],
    params: P,
    axisSize: number,
    run: BatchRun,
  ): readonly [Tensor | Tensor[], number | null | (number | null)[]];
  /** Splits what does not depend on the tangents (`linear[i]`) from what does, and records the latter. */
  partial?(args: Tensor[], linear: boolean[], params: P, record: Record): Tensor[];
  /** The operands and params that a program records, for a primitive whose params hold functions that may capture tracers. */
  stage?(args: Tensor[], params: P, stage: Stage): [args: Tensor[], params: P];
}

/** What {@link definePrimitive} takes: traits, abstractEval and decompose, and the remaining rules. */
export interface PrimitiveSpec<P, M extends "one" | "many" = "one"> extends Traits<P>, Pick<Rules<P>, "abstractEval" | "decompose"> {
  readonly rules?: Rules<P>;
  readonly multipleResults?: M extends "many" ? true : false;
}

let count = 0;

/** An operation that handlers give meaning to. Its identity is the object; the name is for people. */
export class Primitive<P = void, M extends "one" | "many" = "one"> {
  /** A dense number, for caches. */
  declare readonly id: number;
  declare readonly rules: Rules<P>;
  declare readonly multipleResults: boolean;
  declare readonly "@gradus/results": M;

  declare readonly name: string;
  declare readonly traits: Traits<P>;

  /** @internal */
  constructor(name: string, spec: PrimitiveSpec<P, M>) {
    this.id = count++;
    this.name = name;
    this.multipleResults = spec.multipleResults === true;
    // One object shape for all primitives, whatever they declare: handlers read these at every application, and engines are
    // fast where an access always meets the same shape.
    const { elementwise, partials, linearIn, multilinearIn, zeroGradient, view, reduce, fill, effect, higherOrder, abstractEval, decompose } = spec;
    this.traits = { elementwise, partials, linearIn, multilinearIn, zeroGradient, view, reduce, fill, effect, higherOrder } as Traits<P>;
    const none = undefined;
    this.rules = { abstractEval, decompose, jvp: none, transpose: none, batch: none, partial: none, stage: none, ...spec.rules } as unknown as Rules<P>;
  }

  toString(): string {
    return this.name;
  }
}

/** Any primitive, where params do not matter. */
export type AnyPrimitive = Primitive<any, any>;

/**
 * Defines a primitive operation. Third parties prefix the name with their package.
 * @example
 * const softsignP = definePrimitive("@acme/softsign", {
 *   elementwise: { accepts: "float", body: (x) => s.div(x, s.add(1, s.abs(x))) },
 *   partials: [(x) => integerPow(add(1, abs(x)), -2)],
 * });
 */
export function definePrimitive<P = void, M extends "one" | "many" = "one">(name: string, spec: PrimitiveSpec<P, M>): Primitive<P, M> {
  return new Primitive(name, spec);
}
