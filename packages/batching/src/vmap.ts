// vmap: a function of examples becomes a function of batches.

import {
  ArgumentError,
  type Arguments,
  assertFunction,
  at,
  type Aval,
  flattenArgs,
  flattenOutput,
  flattenPrefix,
  type Frame,
  type MapTree,
  normalizeAxis,
  ShapeError,
  type Tensor,
  type TensorLike,
  treeLeaves,
  treeUnflatten,
  withFrame,
} from "@gradus/core";
import { align, arrayAval, type Batched, BatchHandler } from "./handler.js";

/** Which axis of each argument, or of each leaf below it, runs over the examples; null for none. A prefix of the tree. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes };

/** {@link Axes} for a value of type `T`: a prefix of its structure. */
export type AxesOf<T> = 0 extends 1 & T
  ? Axes
  : number | null | (T extends Tensor | number | boolean | string | null | undefined | ((...args: never[]) => unknown) ? never : { readonly [K in keyof T]: AxesOf<T[K]> });

export interface VmapOptions<R = any> {
  /** Where the batch axis of each output goes: 0 unless given; null for an output that is the same for every example. */
  readonly outAxes?: AxesOf<R>;
  /** The number of examples, where no argument is mapped. */
  readonly axisSize?: number;
}

const isAxis = (x: unknown): boolean => x === null || typeof x === "number";

/**
 * Maps a function over an axis of its arguments, all examples at once.
 * @param inAxes for each argument the axis to map over, or null for one that every example shares
 * @example vmap((x, w) => mul(x, w), [0, null])(array([1, 2, 3]), 2) // f32[3]
 * @throws ShapeError if sizes differ (naming every argument and its size), an axis is out of range, or nothing is mapped
 */
export function vmap<A extends any[] = Tensor[], R = any>(
  f: (...args: A) => R,
  inAxes: NoInfer<AxesOf<A>> = 0 as never,
  options: VmapOptions<NoInfer<R>> = {},
): (...args: Arguments<A>) => MapTree<R, TensorLike, Tensor> {
  assertFunction(f, "vmap");
  return (...args) => {
    const [leaves, def] = flattenArgs(args, "vmap");
    if (Array.isArray(inAxes) && inAxes.length !== args.length) {
      throw new ArgumentError(`vmap: inAxes has ${inAxes.length} entries for ${args.length} argument(s); give one for each, or a single one for all.`);
    }
    const spec = flattenPrefix(inAxes, def, isAxis, "vmap: inAxes") as (number | null)[];
    const axes = leaves.map((x, i) => (spec[i] === null ? null : mappedAxis(spec[i] as number, x.aval, `vmap: ${nameOf(args, i)} ${x.aval}`)));
    const axisSize = sizeOf(args, leaves, axes, options.axisSize);
    const handler = new BatchHandler(axisSize);
    return withFrame(handler, (frame) => {
      handler.frame = frame;
      const boxed = leaves.map((x, i) => handler.box(x, axes[i] as number | null));
      const [outs, outDef] = flattenOutput(f(...(treeUnflatten(def, boxed) as A)), "vmap");
      const wanted = flattenPrefix(options.outAxes === undefined ? 0 : options.outAxes, outDef, isAxis, "vmap: outAxes") as (number | null)[];
      // Moving the batch axes is the caller's business: it happens below this handler.
      return at(frame.parent as Frame, () => treeUnflatten(outDef, outs.map((o, i) => unbox(frame, o, wanted[i] as number | null, axisSize)))) as MapTree<R, TensorLike, Tensor>;
    });
  };
}

// What holds arrays has its examples along the first axis of each.
function mappedAxis(axis: number, aval: Aval, what: string): number {
  const mapped = normalizeAxis(axis, arrayAval(aval).ndim, what);
  if (aval.element === undefined || mapped === 0) return mapped;
  throw new ShapeError(`${what}: axis ${axis} cannot be mapped over, only axis 0 of what it holds.`);
}

function unbox(frame: Frame, out: Tensor, wanted: number | null, axisSize: number): Tensor {
  const own = out.frame === frame;
  const { value, axis } = own ? (out.payload as Batched) : { value: out, axis: null };
  if (wanted !== null) return align(value, axis, normalizeAxis(wanted, out.ndim + 1, "vmap: outAxes"), axisSize);
  if (!own) return value;
  throw new ShapeError(`vmap: outAxes is null for an output ${out.aval} that differs between examples. Give it an axis.`);
}

function sizeOf(args: readonly unknown[], leaves: readonly Tensor[], axes: readonly (number | null)[], given: number | undefined): number {
  const sizes = axes.flatMap((a, i) => (a === null ? [] : [{ i, axis: a, size: arrayAval((leaves[i] as Tensor).aval).shape[a] as number }]));
  if (given !== undefined && !(Number.isInteger(given) && given >= 0)) throw new ShapeError(`vmap: axisSize must be a number of examples, 0 or more, got ${String(given)}.`);
  const size = given ?? sizes[0]?.size;
  if (size === undefined) {
    throw new ShapeError("vmap: no argument is mapped, so the number of examples is not known: give inAxes an axis, or the option axisSize.");
  }
  if (sizes.some((s) => s.size !== size)) {
    const list = sizes.map((s) => `${nameOf(args, s.i)} has ${s.size} along axis ${s.axis}`).join(", ");
    throw new ShapeError(`vmap: mapped axes must have one size${given === undefined ? "" : ` (axisSize: ${given})`}, and ${list}. Set inAxes to null for what is not mapped.`);
  }
  return size;
}

/** The argument that the i-th leaf belongs to, for messages. */
function nameOf(args: readonly unknown[], i: number): string {
  let next = 0;
  for (let a = 0; a < args.length; a++) {
    const n = treeLeaves(args[a]).length;
    if (i < next + n) return n === 1 ? `argument ${a}` : `argument ${a}, leaf ${i - next},`;
    next += n;
  }
  return `leaf ${i}`;
}
