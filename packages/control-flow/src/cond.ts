// cond and switchCase: one of several functions. All are traced; only the one taken runs and is differentiated.

import { ArgumentError, type Arguments, type Aval, avalOf, bind, cast, describe, DTypeError, flattenArgs, isInteger, isTensor, type MapTree, ShapeError, type Tensor, type TensorLike, toTensor, type TreeDef, TreeMismatchError, treeUnflatten } from "@gradus/core";
import { min, notEqual } from "@gradus/ops";
import { evalProgram, type Program, traceFlat } from "@gradus/tracing";
import { type Body, convert, shareHoisted, traceBody } from "./body.js";
import { condP } from "./cond-primitive.js";

type Tensors<T> = MapTree<T, TensorLike, Tensor>;

/**
 * `onTrue(...operands)` where `pred` holds, else `onFalse(...operands)`. A number means whether it is not 0. Both functions are traced
 * and must agree in structure, shapes and dtypes; only the one taken runs. Under a batched predicate both run, and an example that did
 * not take a branch does not see its NaNs. The predicate carries no gradient.
 * @example cond(greater(x, 0), (x) => sqrt(x), (x) => mul(x, 0), x)
 * @throws ShapeError if the predicate is no scalar, or shapes differ @throws DTypeError @throws TreeMismatchError if results differ
 */
export function cond<O extends any[], R>(pred: TensorLike, onTrue: (...operands: O) => R, onFalse: (...operands: O) => R, ...operands: O): Tensors<R>;
export function cond<O extends any[], R>(pred: TensorLike, onTrue: (...operands: O) => R, onFalse: (...operands: O) => R, ...operands: NoInfer<Arguments<O>>): Tensors<R>;
export function cond<R>(pred: TensorLike, onTrue: (...operands: any[]) => R, onFalse: (...operands: any[]) => R, ...operands: unknown[]): Tensors<R> {
  if (!isTensor(pred) && typeof pred !== "boolean" && typeof pred !== "number") throw new ArgumentError(`cond: the predicate must be a boolean scalar, got ${describe(pred)}.`);
  const p = toTensor(pred, "cond");
  if (p.ndim !== 0) throw new ShapeError(`cond: the predicate is ${p.aval}, and must be a scalar. For a choice per element use select.`);
  const index = cast(p.dtype === "bool" ? p : notEqual(p, 0), "int32");
  return choose("cond", index, [onFalse, onTrue], operands, ["onFalse", "onTrue"]);
}

/**
 * `branches[index](...operands)`, with the index clamped to those there are. Otherwise as {@link cond}.
 * @throws ArgumentError for an empty list @throws DTypeError unless the index is an integer
 */
export function switchCase<O extends any[], R>(index: TensorLike, branches: readonly ((...operands: O) => R)[], ...operands: O): Tensors<R>;
export function switchCase<O extends any[], R>(index: TensorLike, branches: readonly ((...operands: O) => R)[], ...operands: NoInfer<Arguments<O>>): Tensors<R>;
export function switchCase<R>(index: TensorLike, branches: readonly ((...operands: any[]) => R)[], ...operands: unknown[]): Tensors<R> {
  if (!Array.isArray(branches) || branches.length === 0) throw new ArgumentError("switchCase needs a list of at least one function.");
  let i = toTensor(index, "switchCase: the index");
  if (i.ndim !== 0) throw new ShapeError(`switchCase: the index is ${i.aval}, and must be a scalar.`);
  if (i.aval.weak && typeof index === "number" && Number.isInteger(index)) i = cast(i, "int32");
  if (!isInteger(i.dtype)) throw new DTypeError(`switchCase: the index is ${i.aval}, and must be an integer: cast(index, "int32").`);
  if (i.dtype === "uint32") i = min(i, branches.length - 1);
  return choose("switchCase", cast(i, "int32"), branches, operands, branches.map((_, k) => `branch ${k}`));
}

function choose<R>(what: string, index: Tensor, branches: readonly ((...operands: any[]) => R)[], operands: unknown[], names: readonly string[]): Tensors<R> {
  const [leaves, def] = flattenArgs(operands, what);
  const avals = leaves.map((x) => x.aval);
  const bodies = branches.map((f, k) => traceBody(f, avals, def, `${what}: ${names[k]}`));
  const agreed = agree(what, bodies, names);
  const { programs, hoisted } = shareHoisted(agreed);
  const outs = bind(condP, [index, ...hoisted, ...leaves], { branches: programs });
  return treeUnflatten((bodies[0] as Body).outTree, outs) as Tensors<R>;
}

// Results must be of one structure, shape and dtype. A JS number in one of them takes the dtype that the other has.
function agree(what: string, bodies: readonly Body[], names: readonly string[]): Body[] {
  const [first] = bodies as [Body];
  const outTree: TreeDef = first.outTree;
  const avals = first.program.outAvals.map((aval, i) => bodies.map((b) => b.program.outAvals[i] ?? aval).find((a) => !a.weak) ?? aval);
  return bodies.map((b, k) => {
    if (!b.outTree.equals(outTree)) throw new TreeMismatchError(`${what}: ${names[0]} returns ${outTree}, and ${names[k]} ${b.outTree}: they must be equal (* is a leaf).`);
    const wanted = b.program.outAvals.map((a, i) => {
      const w = avals[i] as typeof a;
      if (a.shape !== first.program.outAvals[i]?.shape) throw new ShapeError(`${what}: result ${i} of ${names[0]} is ${first.program.outAvals[i]}, of ${names[k]} ${a}: shapes must be equal.`);
      if (a.dtype !== w.dtype && !a.weak) throw new DTypeError(`${what}: result ${i} of one branch is ${w}, of ${names[k]} ${a}: use cast.`);
      return avalOf(a.shape, w.dtype, w.weak);
    });
    return wanted.every((w, i) => w === b.program.outAvals[i]) ? b : { ...b, program: converted(b.program, wanted) };
  });
}

function converted(program: Program, wanted: readonly Aval[]): Program {
  return traceFlat((xs) => evalProgram(program, xs).map((o, i) => convert(o, wanted[i] as Aval)), program.inAvals).program;
}
