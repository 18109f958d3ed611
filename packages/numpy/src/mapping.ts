// Functions of vectors or of numbers, applied along axes of arrays.

import { asList, ArgumentError, assertFunction, broadcastShapes, broadcastTo, moveAxis, normalizeAxis, reshape, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { vmap } from "@gradus/batching";
import { expandDims } from "@gradus/ops";

type Fn = (...xs: any[]) => any;

/** f of every vector along an axis: the axes of its result stand where that axis was. @throws ShapeError for an axis out of range @throws ArgumentError unless f is a function @example applyAlongAxis((v) => sum(v), 0, m) */
export function applyAlongAxis(f: (x: Tensor) => Tensor, axis: number, x: TensorLike): Tensor {
  assertFunction(f, "applyAlongAxis");
  const t = toTensor(x, "applyAlongAxis");
  const at = normalizeAxis(axis, t.ndim, "applyAlongAxis");
  const last = moveAxis(t, at, t.ndim - 1);
  const others = last.shape.slice(0, -1);
  const lines = reshape(last, [others.reduce((a, d) => a * d, 1), last.shape[t.ndim - 1] as number]);
  const out = vmap(f as Fn)(lines) as Tensor;
  const inner = out.shape.slice(1);
  // [others…, inner…] with the inner axes moved to where the axis was.
  let whole = reshape(out, [...others, ...inner]);
  for (let k = 0; k < inner.length; k++) whole = moveAxis(whole, others.length + k, at + k);
  return whole;
}

/** A reduction with an axis, applied along one axis after the other, which stay with length 1 where it takes them away. @throws ShapeError @throws ArgumentError unless f is a function */
export function applyOverAxes(f: (x: Tensor, axis: number) => Tensor, x: TensorLike, axes: number | readonly number[]): Tensor {
  assertFunction(f, "applyOverAxes");
  const t = toTensor(x, "applyOverAxes");
  return (typeof axes === "number" ? [axes] : asList(axes, "applyOverAxes: the axes")).reduce((y: Tensor, a) => {
    const at = normalizeAxis(a, t.ndim, "applyOverAxes");
    const out = f(y, at);
    if (out.ndim === t.ndim) return out;
    if (out.ndim !== t.ndim - 1) throw new ShapeError(`applyOverAxes: the function made ${out.aval.toString()} of ${y.aval.toString()}: it may take away one axis.`);
    return expandDims(out, at);
  }, t);
}

export interface VectorizeOptions {
  /** The axes of arguments and results that f has itself: `"(n),(n)->()"` for a product of vectors. None unless given. */
  readonly signature?: string;
  /** The places of arguments that are passed as they are. */
  readonly excluded?: readonly number[];
}

/**
 * A function of numbers, or of the axes that its signature names, for arrays: it is mapped over all leading axes, which are
 * broadcast. @throws ArgumentError for a signature that makes no sense, or fits the arguments not @throws ShapeError where axes do not fit
 * @example vectorize((x, y) => dot(x, y), { signature: "(n),(n)->()" })
 */
export function vectorize<F extends Fn>(f: F, { signature, excluded = [] }: VectorizeOptions = {}): F {
  assertFunction(f, "vectorize");
  const core = signature === undefined ? undefined : parsed(signature);
  const mapped = (...args: unknown[]): unknown => {
    const places = args.map((_, i) => i).filter((i) => !excluded.includes(i));
    if (core !== undefined && core.length !== places.length) throw new ArgumentError(`vectorize: "${String(signature)}" names ${core.length} arguments, and there are ${places.length}.`);
    const tensors = places.map((i) => toTensor(args[i], "vectorize"));
    const sizes = new Map<string, number>();
    const lead = tensors.map((t, k) => leading(t, core?.[k] ?? [], sizes, String(signature)));
    const shape = lead.reduce((a: Shape, b) => broadcastShapes(a, b, "vectorize"), []);
    const count = shape.reduce((a, d) => a * d, 1);
    const call = (...rows: Tensor[]): unknown => f(...args.map((a, i) => (places.includes(i) ? rows[places.indexOf(i)] : a)));
    if (shape.length === 0) return call(...tensors);
    const flat = tensors.map((t, k) => {
      const own = t.shape.slice((lead[k] as Shape).length);
      return reshape(broadcastTo(t, [...shape, ...own]), [count, ...own]);
    });
    const restore = (out: Tensor): Tensor => reshape(out, [...shape, ...out.shape.slice(1)]);
    const out = vmap(call as Fn)(...flat) as Tensor | Tensor[];
    return Array.isArray(out) ? out.map(restore) : restore(out);
  };
  return mapped as F;
}

// "(n,m),(m)->(n)" as the letters of each argument.
function parsed(signature: string): string[][] {
  const compact = signature.replaceAll(" ", "");
  const list = "\\([A-Za-z0-9_,]*\\)";
  if (!new RegExp(`^(${list})(,${list})*->(${list})(,${list})*$`).test(compact)) throw new ArgumentError(`vectorize: "${signature}" is no signature like "(n,m),(m)->(n)".`);
  const [left] = compact.split("->") as [string];
  return (left.match(/\([^)]*\)/g) as string[]).map((part) => part.slice(1, -1).split(",").filter((l) => l !== ""));
}

// The axes of an argument that f has not, once its own fit.
function leading(t: Tensor, own: readonly string[], sizes: Map<string, number>, signature: string): Shape {
  if (t.ndim < own.length) throw new ShapeError(`vectorize: ${t.aval.toString()} has fewer axes than (${own.join(",")}) of "${signature}".`);
  const start = t.ndim - own.length;
  own.forEach((l, i) => {
    const d = t.shape[start + i] as number;
    const before = /^\d+$/.test(l) ? Number(l) : (sizes.get(l) ?? d);
    if (before !== d) throw new ShapeError(`vectorize: "${l}" of "${signature}" is an axis of length ${before} and one of length ${d}.`);
    sizes.set(l, d);
  });
  return t.shape.slice(0, start);
}
