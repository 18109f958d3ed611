// The bodies of control flow: functions of trees, traced. What they capture of enclosing transformations is hoisted, and
// becomes their leading operands.

import { ArgumentError, type Arguments, type Aval, assertFunction, assertSync, avalOf, bind, castP, type DType, DTypeError, isFloat, isInteger, literalType, scalarTensor, ShapeError, type Tensor, type TreeDef, TreeMismatchError, treeFlatten, treeUnflatten, withDType } from "@gradus/core";
import { Program, traceTree, Var } from "@gradus/tracing";

/** A tree like that of a parameter, with JS numbers where they stand for tensors. */
export type Like<T> = unknown extends T ? T : Arguments<[T]>[0];

/** A traced body, and the captured values that are its leading inputs. */
export interface Body {
  readonly program: Program;
  readonly hoisted: readonly Tensor[];
  readonly outTree: TreeDef;
}

/** Traces a function on the avals of a tuple of arguments. */
export function traceBody(f: (...args: any[]) => unknown, avals: readonly Aval[], inTree: TreeDef, what: string): Body {
  assertFunction(f, what, "");
  const { program, hoisted } = traceTree(f, avals, inTree, what);
  return { program, hoisted, outTree: program.outTree as TreeDef };
}

/** Gives bodies one list of hoisted operands. */
export function shareHoisted(bodies: readonly Body[]): { programs: Program[]; hoisted: Tensor[] } {
  const hoisted = [...new Set(bodies.flatMap((b) => b.hoisted))];
  const programs = bodies.map(({ program, hoisted: own }) => {
    const { constants, equations, outputs, inputs } = program;
    const leading = hoisted.map((h) => inputs[own.indexOf(h)] ?? new Var(h.aval));
    return new Program({ inputs: [...leading, ...inputs.slice(own.length)], constants, equations, outputs });
  });
  return { programs, hoisted };
}

/** A value with the dtype of `aval` and its weakness. */
export const convert = (x: Tensor, aval: Aval): Tensor =>
  x.aval.dtype === aval.dtype && x.aval.weak === aval.weak ? x : bind(castP, [x], { dtype: aval.dtype, weak: aval.weak });

// A JS number becomes a float of any width, and an integer if it is one.
const takes = (x: Tensor, dtype: DType): boolean => isFloat(dtype) || (isInteger(dtype) && x.frame === null && Number.isInteger(x.item()));

// A JS number or boolean in the carry that comes out takes the dtype of what went in, as beside an operand.
function literal(x: unknown, beside: Aval, what: string): Tensor {
  if (typeof x !== "number" && typeof x !== "boolean") return x as Tensor;
  const { dtype, weak } = literalType(x, beside, what);
  return scalarTensor(Number(x), avalOf([], dtype, weak));
}

/**
 * Traces `body`, a function from a carry (and more) to a carry (and more), so that the carry keeps its avals: JS numbers in the
 * initial carry take the dtype that comes out. `carryOf` finds the carry in a result. @throws as {@link checkCarry}
 */
export function traceCarry(
  body: (...args: any[]) => unknown,
  init: readonly Tensor[],
  carryTree: TreeDef,
  rest: readonly Aval[],
  inTree: TreeDef,
  what: string,
  replaceCarry: (out: unknown, f: (carry: unknown) => unknown) => unknown,
): Body & { readonly init: Tensor[] } {
  let carry = init.slice();
  for (;;) {
    const inAvals = carry.map((x) => x.aval);
    let outAvals: Aval[] = [];
    const keep = (out: unknown): unknown => {
      if (assertSync(out, what) === undefined) throw new ArgumentError(`${what}: the body gives undefined for the carry: is a return missing?`);
      const [leaves, def] = treeFlatten(out);
      if (!carryTree.equals(def)) throw new TreeMismatchError(`${what}: the carry goes in as ${carryTree} and comes out as ${def}: they must be equal (* is a leaf).`);
      const tensors = leaves.map((x, i) => literal(x, inAvals[i] as Aval, what));
      outAvals = tensors.map((x) => x?.aval);
      return treeUnflatten(def, tensors.map((x, i) => (x?.aval?.weak && x.aval.dtype === inAvals[i]?.dtype ? convert(x, inAvals[i] as Aval) : x)));
    };
    const traced = traceBody((...args) => replaceCarry(body(...args), keep), [...inAvals, ...rest], inTree, what);
    const promoted = carry.map((x, i) => (x.aval.weak && !(outAvals[i] as Aval).weak && takes(x, (outAvals[i] as Aval).dtype) ? convert(x, withDType(x.aval, (outAvals[i] as Aval).dtype)) : x));
    if (promoted.every((x, i) => x === carry[i])) {
      checkCarry(what, inAvals, outAvals);
      return { ...traced, init: carry };
    }
    carry = promoted;
  }
}

function checkCarry(what: string, inAvals: readonly Aval[], outAvals: readonly Aval[]): void {
  const wrong = inAvals.flatMap((a, i) => (a.shape === outAvals[i]?.shape && a.dtype === outAvals[i]?.dtype ? [] : [`leaf ${i}: ${a} in, ${outAvals[i]} out`]));
  if (wrong.length === 0) return;
  const message = `${what}: the carry changes from step to step (${wrong.join("; ")}). It must keep shapes and dtypes: broadcast or cast the initial carry.`;
  throw inAvals.some((a, i) => a.shape !== outAvals[i]?.shape) ? new ShapeError(message) : new DTypeError(message);
}
