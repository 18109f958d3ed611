// vjp, linearize and linearTranspose: derivatives as linear maps, to be applied later and as often as wanted. The maps are
// pytrees of their residuals, so they can be returned from jit, mapped, and be residuals themselves.

import {
  ArgumentError,
  type Arguments,
  assertFunction,
  type Aval,
  DTypeError,
  evalLinear,
  flattenAs,
  flattenOutput,
  isFloat,
  type LinearProgram,
  opaqueTensor,
  recordLinear,
  residualsOf,
  ShapeError,
  tangentAval,
  type Tensor,
  transposeLinear,
  treeUnflatten,
  toTensor,
  type TreeDef,
  type TreeNode,
  treeNode,
  withResiduals,
  Zero,
  zerosOf,
} from "@gradus/core";
import { matchCotangent, matchTangent, type Tensors } from "@gradus/jvp";
import { flattenAvals, type ShapesOf } from "@gradus/tracing";
import { linearizeTree } from "./linearize.js";

/** What a linear map is beside its residuals. */
interface Shape {
  readonly inAvals: readonly Aval[];
  readonly inTree: TreeDef;
  readonly outAvals: readonly Aval[];
  readonly outTree: TreeDef;
}

/** A linear map without its residuals: what all maps share that came from one trace. */
interface Template {
  readonly program: LinearProgram;
  readonly shape: Shape;
  readonly make: (program: LinearProgram, shape: Shape, template: Template) => LinearMap;
}

type LinearMap = ((...args: any[]) => unknown) & { [parts]?: { readonly program: LinearProgram; template: () => Template } };

const parts: unique symbol = /* @__PURE__ */ Symbol("parts") as never;

// A function that is a pytree: its children are the residuals. What they are when they are rebuilt has the same static part, so
// that jit, given a map that another compiled function returned, does not trace again.
const linearMap: TreeNode<LinearMap, Template> = {
  flatten(f) {
    const { program, template } = f[parts] as NonNullable<LinearMap[typeof parts]>;
    return [residualsOf(program), template()];
  },
  unflatten: (template, children) => template.make(withResiduals(template.program, children as Tensor[]), template.shape, template),
};

function asTree<F extends LinearMap>(f: F, program: LinearProgram, shape: Shape, make: Template["make"], given?: Template): F {
  let template = given;
  // The residuals themselves would be kept for as long as the structure is.
  const bare = (): LinearProgram => withResiduals(program, residualsOf(program).map((r) => new Zero(r.aval)) as never);
  f[parts] = { program, template: () => (template ??= { program: bare(), shape, make }) };
  Object.defineProperty(f, treeNode, { value: linearMap });
  return f;
}

function makePullback(program: LinearProgram, shape: Shape, template?: Template): (...cts: unknown[]) => unknown[] {
  const pullback = (...given: unknown[]): unknown[] => {
    if (given.length !== 1) {
      throw new ArgumentError(`A pullback takes one cotangent of the structure of the output, ${shape.outTree}; it was given ${given.length} arguments. Several outputs take one array of them.`);
    }
    const cts = flattenAs(shape.outTree, given[0], "The cotangent").map((ct, i) => matchCotangent(ct, { aval: shape.outAvals[i] as Aval }, `Cotangent ${i}`));
    return treeUnflatten(shape.inTree, spread(transposeLinear(program, cts), shape.inAvals)) as unknown[];
  };
  return asTree(pullback, program, shape, makePullback, template);
}

/** Cotangents of all leaves from those of the float leaves: zeros where none arrived, float0 for integers and booleans. */
export function spread(cts: readonly (Tensor | Zero)[], avals: readonly Aval[]): Tensor[] {
  let next = 0;
  return avals.map((aval) => {
    if (!aval.hasTangent) return opaqueTensor(tangentAval(aval));
    const ct = cts[next++] as Tensor | Zero;
    return ct instanceof Zero ? zerosOf(aval) : ct;
  });
}

/** One cotangent for each argument, of its structure. */
export type Pullback<A extends any[], R> = (ct: Cotangents<R>) => { [K in keyof A]: Tensors<A[K]> };
/** A tree in which JS numbers stand for 0-d tensors. */
export type Cotangents<R> = 0 extends 1 & R ? any : R extends Tensor | number | boolean ? Tensor | number : { [K in keyof R]: Cotangents<R[K]> };

/**
 * The value of `f` and its pullback: from a cotangent of the output to one of each argument. The pullback can be called
 * many times, also after other transformations have begun.
 * @example const [y, pullback] = vjp((x) => sin(x), [0.5]); pullback(1) // [cos 0.5]
 * @throws MissingRuleError @throws ArgumentError for an async function
 */
export function vjp<A extends any[] = Tensor[], R = any, X = any>(f: (...args: A) => [R, X], primals: NoInfer<Arguments<A>>, options: { readonly hasAux: true }): [Tensors<R>, Pullback<A, R>, X];
export function vjp<A extends any[] = Tensor[], R = any>(f: (...args: A) => R, primals: NoInfer<Arguments<A>>, options?: { readonly hasAux?: false }): [Tensors<R>, Pullback<A, R>];
export function vjp(f: (...args: any[]) => any, primals: unknown[], options: { readonly hasAux?: boolean } = {}): any[] {
  assertFunction(f, "vjp");
  if (!Array.isArray(primals)) throw new ArgumentError("vjp takes the primals as an array, one entry per argument of the function: vjp(f, [x]).");
  const { outs, outTree, aux, inAvals, inTree, program } = linearizeTree(f, primals, (args) => args as unknown[], "vjp", options.hasAux);
  const pullback = makePullback(program, { inAvals, inTree, outAvals: outs.map((o) => o.aval), outTree });
  const out = treeUnflatten(outTree, outs);
  return options.hasAux ? [out, pullback, aux] : [out, pullback];
}

function makePushforward(program: LinearProgram, shape: Shape, template?: Template): (...tangents: unknown[]) => unknown {
  const pushforward = (...given: unknown[]): unknown => {
    const tangents = flattenAs(shape.inTree, given, "The tangents").map((t, i) => matchTangent(t, { aval: shape.inAvals[i] as Aval }, `Tangent ${i}`));
    const outs = evalLinear(program, tangents.filter((_, i) => (shape.inAvals[i] as Aval).hasTangent));
    return treeUnflatten(shape.outTree, outs.map((t, i) => (t instanceof Zero ? zerosOf(tangentAval(shape.outAvals[i] as Aval)) : t)));
  };
  return asTree(pushforward, program, shape, makePushforward, template);
}

/**
 * The value of `f` and its derivative there as a linear map of tangents, which never runs `f` again.
 * @example const [y, pushforward] = linearize((x) => sin(x), [0.5]); pushforward(1) // cos 0.5
 */
export function linearize<A extends any[] = Tensor[], R = any, X = any>(f: (...args: A) => [R, X], primals: NoInfer<Arguments<A>>, options: { readonly hasAux: true }): [Tensors<R>, (...tangents: Arguments<A>) => Tensors<R>, X];
export function linearize<A extends any[] = Tensor[], R = any>(f: (...args: A) => R, primals: NoInfer<Arguments<A>>, options?: { readonly hasAux?: false }): [Tensors<R>, (...tangents: Arguments<A>) => Tensors<R>];
export function linearize(f: (...args: any[]) => any, primals: unknown[], options: { readonly hasAux?: boolean } = {}): any[] {
  assertFunction(f, "linearize");
  if (!Array.isArray(primals)) throw new ArgumentError("linearize takes the primals as an array, one entry per argument of the function: linearize(f, [x]).");
  const { outs, outTree, aux, inAvals, inTree, program } = linearizeTree(f, primals, (args) => args as unknown[], "linearize", options.hasAux);
  const pushforward = makePushforward(program, { inAvals, inTree, outAvals: outs.map((o) => o.aval), outTree });
  const out = treeUnflatten(outTree, outs);
  return options.hasAux ? [out, pushforward, aux] : [out, pushforward];
}

/**
 * The transpose of a linear function: from a cotangent of its output to one of each argument. `primals` supply shapes and
 * dtypes only; avals do.
 * @throws NonlinearError if the function is not linear @throws DTypeError if arguments mix floats and integers
 */
export function linearTranspose<A extends any[] = Tensor[], R = any>(f: (...args: A) => R, primals: NoInfer<ShapesOf<A>>): (ct: Cotangents<R>) => { [K in keyof A]: Tensors<A[K]> } {
  assertFunction(f, "linearTranspose");
  if (!Array.isArray(primals)) throw new ArgumentError("linearTranspose takes example arguments as an array: linearTranspose(f, [x]).");
  const [inAvals, inTree] = flattenAvals(primals, "linearTranspose");
  if (new Set(inAvals.map((a) => isFloat(a.dtype))).size > 1) {
    throw new DTypeError(`linearTranspose: the arguments are ${inAvals.join(", ")}: either all are floats, or all integers.`);
  }
  let outTree: TreeDef | undefined;
  let outAvals: Aval[] = [];
  const program = recordLinear(inAvals, (inputs) => {
    const [outs, def] = flattenOutput(f(...(treeUnflatten(inTree, inputs) as A)), "linearTranspose");
    outTree = def;
    outAvals = outs.map((o) => o.aval);
    return outs;
  });
  return (ct) => {
    const matched = flattenAs(outTree as TreeDef, ct, "The cotangent").map((c, i) => linearCotangent(c, outAvals[i] as Aval, `Cotangent ${i}`));
    return treeUnflatten(inTree, transposeLinear(program, matched).map((t) => (t instanceof Zero ? zerosOf(t.aval) : t))) as never;
  };
}

// Of a function of integers, which is linear too, cotangents are integers.
function linearCotangent(given: unknown, aval: Aval, what: string): Tensor {
  if (isFloat(aval.dtype)) return matchCotangent(given, { aval }, what);
  const ct = toTensor(given, what);
  if (ct.aval.shape !== aval.shape) throw new ShapeError(`${what} is ${ct.aval}, and its output is ${aval}: the shapes must be equal.`);
  if (ct.dtype !== aval.dtype) throw new DTypeError(`${what} is ${ct.aval}, and its output is ${aval}: use cast.`);
  return ct;
}
