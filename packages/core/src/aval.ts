// Avals: what is known of an array without its values (shape, dtype, weakness). They are interned, so that two equal
// avals are one object: checks are pointer comparisons and caches key on `id`.

import { type DType, dtypes, isFloat, shortName } from "./dtype.js";
import { DTypeError, ShapeError } from "./errors.js";

/** An immutable list of dimensions, in elements. */
export type Shape = readonly number[];

/**
 * A kind of value that is no array and holds arrays: what a loop of unknown length saves. It takes no part in arithmetic but
 * for what transformations do, and says how.
 */
export interface OpaqueKind {
  readonly name: string;
  /** The sum of two cotangents. */
  plus(x: any, y: any): any;
  /** The value for `axisSize` examples, along axis 0 of every array in it. */
  repeat(x: any, axisSize: number): any;
}

/** The abstract value of an array, printed `f32[3,4]`; `~` marks a weak type. Made by {@link avalOf} only. */
export class Aval {
  declare readonly ndim: number;
  /** @internal The 0-d aval of the same dtype and weakness, once it was asked for. */
  declare scalar: Aval | undefined;

  declare readonly id: number;
  declare readonly shape: Shape;
  declare readonly dtype: DType;
  declare readonly weak: boolean;
  declare readonly size: number;
  /** Whether values have tangents of their own aval: floats, and opaque values of floats. */
  declare readonly hasTangent: boolean;
  /** The aval of the arrays that an opaque value holds, printed `stack<f32[3]>`; undefined for arrays. */
  declare readonly element: Aval | undefined;
  declare readonly kind: OpaqueKind | undefined;

  /** @internal */
  constructor(id: number, shape: Shape, dtype: DType, weak: boolean, size: number, element?: Aval, kind?: OpaqueKind) {
    this.id = id;
    this.shape = shape;
    this.dtype = dtype;
    this.weak = weak;
    this.size = size;
    this.element = element;
    this.kind = kind;
    this.hasTangent = element?.hasTangent ?? isFloat(dtype);
    this.ndim = shape.length;
    this.scalar = undefined;
  }

  toJSON(): string {
    return this.toString();
  }

  toString(): string {
    return this.kind ? `${this.kind.name}<${this.element}>` : `${this.weak ? "~" : ""}${shortName(this.dtype)}[${this.shape.join(",")}]`;
  }
}

interface InternedShape {
  readonly shape: Shape;
  readonly size: number;
  readonly avals: (Aval | undefined)[];
}

// Interning is a cache, not a registry: dropping it would change no result.
let count = 0;
const shapes = /* @__PURE__ */ new Map<number | string, InternedShape>();
const opaques = /* @__PURE__ */ new WeakMap<OpaqueKind, Map<Aval, Aval>>();

const noShape = (shape: unknown): ShapeError => new ShapeError(`[${shape}] is no shape: use an array of whole numbers.`);

function intern(shape: Shape): InternedShape {
  if (!Array.isArray(shape)) throw noShape(shape);
  const key = shape.length === 1 ? (shape[0] as number) : shape.join();
  let found = shapes.get(key);
  if (!found) {
    let size = 1;
    for (const d of shape) {
      if (!(Number.isInteger(d) && d >= 0)) throw noShape(shape);
      size *= d;
    }
    found = { shape: Object.freeze(shape.slice()), size, avals: [] };
    shapes.set(key, found);
  }
  return found;
}

/** The aval of a shape and dtype; `weak` marks a float that yields to the dtype it meets. @throws ShapeError @throws DTypeError */
export function avalOf(shape: Shape, dtype: DType, weak = false): Aval {
  const entry = intern(shape);
  const slot = dtypes.indexOf(dtype) * 2 + (weak ? 1 : 0);
  if (slot < 0) throw new DTypeError(`${JSON.stringify(dtype)} is no dtype: use one of ${dtypes.join(", ")}.`);
  return (entry.avals[slot] ??= new Aval(count++, entry.shape, dtype, weak, entry.size));
}

/** The 0-d aval of the dtype and weakness of another. */
export const scalarOf = (aval: Aval): Aval => (aval.ndim === 0 ? aval : (aval.scalar ??= avalOf([], aval.dtype, aval.weak)));

/** The aval of the same shape with another dtype. */
export const withDType = (aval: Aval, dtype: DType, weak = false): Aval =>
  aval.dtype === dtype && aval.weak === weak ? aval : avalOf(aval.shape, dtype, weak);

/** The aval of opaque values of a kind that hold arrays of one aval. */
export function opaqueAval(kind: OpaqueKind, element: Aval): Aval {
  const known = opaques.get(kind) ?? new Map<Aval, Aval>();
  opaques.set(kind, known);
  let found = known.get(element);
  if (found === undefined) known.set(element, (found = new Aval(count++, intern([]).shape, "float0", false, 1, element, kind)));
  return found;
}

/** The aval of tangents and cotangents of values of `aval`: itself for floats and what holds floats, float0 for all else. */
export function tangentAval(aval: Aval): Aval {
  return aval.hasTangent ? aval : avalOf(aval.shape, "float0");
}

/** The shape that two shapes broadcast to, by NumPy's rule. @throws ShapeError naming `what` */
export function broadcastShapes(a: Shape, b: Shape, what: string): Shape {
  const n = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < n; i++) {
    const p = a[i - n + a.length] ?? 1;
    const q = b[i - n + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) {
      throw new ShapeError(
        `${what}: shapes [${a}] and [${b}] do not broadcast: from the right, dimensions must be equal or 1. ` +
          `Reshape, expandDims or transpose one of them first.`,
      );
    }
    out.push(p === 1 ? q : p);
  }
  return out;
}

/** A possibly negative axis as an index into `ndim` dimensions. @throws ShapeError naming `what` */
export function normalizeAxis(axis: number, ndim: number, what: string): number {
  const i = axis < 0 ? axis + ndim : axis;
  if (!Number.isInteger(i) || i < 0 || i >= ndim) {
    throw new ShapeError(`${what}: axis ${axis} is out of range for an array of ${ndim} dimension(s).`);
  }
  return i;
}

/** Axes as sorted indices without repeats; undefined means all. @throws ShapeError naming `what` */
export function normalizeAxes(axes: number | readonly number[] | null | undefined, ndim: number, what: string): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: ndim }, (_, i) => i);
  const list = (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number]).map((a) => normalizeAxis(a, ndim, what)).sort((a, b) => a - b);
  if (list.some((a, i) => a === list[i - 1])) throw new ShapeError(`${what}: axes [${axes}] name one axis twice.`);
  return list;
}
