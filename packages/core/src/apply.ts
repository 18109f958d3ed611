// What the function of an operation does around its primitive: promote, broadcast, bind. When nothing but evaluation is
// interested it calls the backend's broadcasting kernel at once; otherwise each conversion is an operation that handlers see.

import { type Aval, avalOf, broadcastShapes, scalarOf, type Shape } from "./aval.js";
import { mismatch, perform1, perform2, performBelow } from "./bind.js";
import { floatFor } from "./apply-unary.js";
import { castUnlessSame } from "./cast.js";
import { isFloat } from "./dtype.js";
import type { Backend, Resolve } from "./handler.js";
import { scalarTensor, type TensorLike, toTensor } from "./host.js";
import { acceptsAt, checkAccepts, resultOf } from "./infer.js";
import type { AnyPrimitive, Elementwise } from "./primitive.js";
import { literalType, promote, type Promoted } from "./promote.js";
import { stack } from "./stack.js";
import { Tensor } from "./tensor.js";
import { broadcastP } from "./structural.js";

/** Applies an elementwise primitive of two operands, broadcast and promoted to one shape and dtype. */
export function applyBinary(p: AnyPrimitive, x: TensorLike, y: TensorLike, params?: unknown): Tensor {
  if (x instanceof Tensor && y instanceof Tensor) {
    if (stack.top.isClear && x.frame === null && y.frame === null) {
      const backend = (x.backend ?? y.backend ?? stack.backend) as Backend | null;
      if (backend?.elementwise2 !== undefined) {
        if (y.backend !== null && y.backend !== backend) throw mismatch(p.name, backend, y.backend);
        return backend.elementwise2(p, x, y, params, elementwiseAvals);
      }
    }
    if (x.aval === y.aval && isFloat(x.aval.dtype)) return perform2(p, x, y, params);
    // A number beside an array of its dtype, as literals are, needs to be repeated and nothing else.
    if (x.aval.dtype === y.aval.dtype && x.aval.weak === y.aval.weak && isFloat(x.aval.dtype)) {
      if (y.aval.ndim === 0) return perform2(p, x, repeated(y, x.shape), params);
      if (x.aval.ndim === 0) return perform2(p, repeated(x, y.shape), y, params);
    }
    return applyN(p, [x, y], params);
  }
  // A literal takes the dtype of the tensor beside it.
  if (x instanceof Tensor && typeof y === "number") return applyBinary(p, x, literal(y, x.aval, p), params);
  if (y instanceof Tensor && typeof x === "number") return applyBinary(p, literal(x, y.aval, p), y, params);
  return applyBinary(p, toTensor(x, p.name), toTensor(y, p.name), params);
}

const repeated = (x: Tensor, shape: Shape): Tensor => perform1(broadcastP, x, { shape, axes: [] });

function literal(value: number, beside: Aval, p: AnyPrimitive): Tensor {
  if (isFloat(beside.dtype)) {
    // The usual case, without a detour: the 0-d aval of the neighbour's dtype.
    return scalarTensor(value, scalarOf(beside));
  }
  const { dtype, weak } = literalType(value, beside, p.name);
  return scalarTensor(value, avalOf([], dtype, weak));
}

/** Applies an elementwise primitive of any number of operands, broadcast and promoted. */
export function applyN(p: AnyPrimitive, operands: readonly TensorLike[], params?: unknown): Tensor {
  const { type, args } = promoteOperands(p, operands);
  const trait = p.traits.elementwise as Elementwise;
  const shape = args.map((a) => a.shape).reduce((a, b) => (a === b ? a : broadcastShapes(a, b, p.name)));
  const ready = args.map((a, i) => broadcastUnlessSame(acceptsAt(trait, i) === "bool" ? a : castUnlessSame(a, type), shape));
  return performBelow(p, ready, params)[0] as Tensor;
}

/** How operands of any number are promoted and broadcast, for backends' fast paths. */
export const elementwiseAvals: Resolve = (p, avals, params) => {
  const trait = p.traits.elementwise as Elementwise;
  const type = joint(p, trait, avals);
  avals.forEach((a, i) => checkAccepts(p.name, acceptsAt(trait, i), acceptsAt(trait, i) === "bool" ? a.dtype : type.dtype));
  const shape = avals.map((a) => a.shape).reduce((a, b) => (a === b ? a : broadcastShapes(a, b, p.name)));
  return { type, out: resultOf(trait, avalOf(shape, type.dtype, type.weak), type.weak, params) };
};

function joint(p: AnyPrimitive, trait: Elementwise, avals: readonly Promoted[]): Promoted {
  const values = avals.filter((_, i) => acceptsAt(trait, i) !== "bool" || avals.length === 1 || trait.accepts === "bool");
  let type = values.reduce((a, b) => promote(a, b, p.name));
  if (acceptsAt(trait, avals.length - 1) === "float") type = floatFor(type);
  return type;
}

function promoteOperands(p: AnyPrimitive, operands: readonly TensorLike[]): { type: Promoted; args: Tensor[] } {
  const trait = p.traits.elementwise as Elementwise;
  const isPredicate = (i: number): boolean => acceptsAt(trait, i) === "bool" && trait.accepts !== "bool";
  // Tensors decide first, then literals join: select(p, x, 0) has the dtype of x.
  const tensors = operands.filter((x, i): x is Tensor => typeof x !== "number" && typeof x !== "boolean" && !isPredicate(i));
  const beside = tensors.length === 0 ? undefined : tensors.map((t) => toTensor(t, p.name).aval as Promoted).reduce((a, b) => promote(a, b, p.name));
  const args = operands.map((x, i) => {
    if (typeof x === "number" && beside !== undefined && !isPredicate(i)) {
      const { dtype, weak } = literalType(x, beside, p.name);
      return scalarTensor(x, avalOf([], dtype, weak));
    }
    return toTensor(x, p.name);
  });
  return { type: joint(p, trait, args.map((a) => a.aval)), args };
}

function broadcastUnlessSame(x: Tensor, shape: Shape): Tensor {
  if (x.shape === shape || x.shape.join() === shape.join()) return x;
  const offset = shape.length - x.ndim;
  return performBelow(broadcastP, [x], { shape, axes: x.shape.map((_, i) => i + offset) })[0] as Tensor;
}
