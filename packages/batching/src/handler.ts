// Batching. A tracer carries a value with one axis more than it shows; an application with a tracer among its arguments
// computes all examples at once. What is the same for every example stays unbatched.

import {
  type AnyPrimitive,
  type Aval,
  avalOf,
  type BatchRun,
  bind,
  broadcastP,
  findRule,
  type Frame,
  type Handler,
  missingRule,
  moveAxis,
  opaqueAval,
  type OpaqueKind,
  outputs,
  performBelow,
  type Shape,
  Tensor,
  withFrame,
} from "@gradus/core";

/** What a batching tracer carries: a value, and which of its axes runs over the examples. */
export interface Batched {
  readonly value: Tensor;
  readonly axis: number;
}

type Axis = number | null;

/** The handler of `vmap`. Made anew for each call. */
export class BatchHandler implements Handler {
  readonly name = "vmap";
  readonly sees = "own";
  readonly higherOrder = "forward";
  readonly mend =
    "Every example has its own value: use select(pred, a, b) or cond instead of host control flow, or read values outside vmap.";
  frame!: Frame;
  readonly axisSize: number;

  constructor(axisSize: number) {
    this.axisSize = axisSize;
  }

  show = ({ value, axis }: Batched): string => `with value ${value.aval.toString()} batched along axis ${axis}`;

  perform(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor[] {
    const { frame, axisSize } = this;
    const values = args.map((a) => (a.frame === frame ? (a.payload as Batched).value : a));
    const axes = args.map((a) => (a.frame === frame ? (a.payload as Batched).axis : null));
    const rule = findRule(this, p, "batch");
    if (rule !== undefined) {
      const [out, outAxes] = rule(values, axes, params, axisSize, batchFlat);
      if (!Array.isArray(out)) return [this.box(out as Tensor, outAxes as Axis)];
      return (out as Tensor[]).map((o, i) => this.box(o, (outAxes as Axis[])[i] as Axis));
    }
    if (p.traits.elementwise !== undefined) {
      const axis = axes.find((a) => a !== null) as number;
      const aligned = values.map((v, i) => align(v, axes[i] as Axis, axis, axisSize));
      return [this.box(performBelow(p, aligned, params)[0] as Tensor, axis)];
    }
    const { decompose } = p.rules;
    if (decompose !== undefined) {
      const [outs, outAxes] = batchFlat((xs) => outputs(decompose(xs, params)), values, axes, axisSize);
      return outs.map((o, i) => this.box(o, outAxes[i] as Axis));
    }
    throw missingRule(p, "batching (vmap)", "batch", values);
  }

  box(value: Tensor, axis: Axis): Tensor {
    return axis === null ? value : new Tensor(without(value.aval, axis), { value, axis } satisfies Batched, this.frame, null);
  }
}

/** A value with its batch axis at `axis`: moved there, or repeated along it if it has none. */
export function align(x: Tensor, from: Axis, axis: number, axisSize: number): Tensor {
  if (from !== null) return moveAxis(x, from, axis);
  if (x.aval.kind !== undefined) return x.aval.kind.repeat(x, axisSize) as Tensor;
  const shape = [...x.shape.slice(0, axis), axisSize, ...x.shape.slice(axis)];
  return bind(broadcastP, [x], { shape, axes: x.shape.map((_, i) => (i >= axis ? i + 1 : i)) });
}

/** Runs a flat function on batched arguments: `axes[i]` is the batch axis of `args[i]`, null where it has none. */
export const batchFlat: BatchRun = (f, args, axes, axisSize) => {
  const handler = new BatchHandler(axisSize);
  return withFrame(handler, (frame) => {
    handler.frame = frame;
    const outs = f(args.map((x, i) => handler.box(x, axes[i] as Axis)));
    return [
      outs.map((o) => (o.frame === frame ? (o.payload as Batched).value : o)),
      outs.map((o) => (o.frame === frame ? (o.payload as Batched).axis : null)),
    ];
  });
};

const without = ({ shape, dtype, weak, element, kind }: Aval, axis: number): Aval =>
  element === undefined ? avalOf(removeAxis(shape, axis), dtype, weak) : opaqueAval(kind as OpaqueKind, without(element, axis));

/** The aval of the arrays that a value is, or holds. */
export const arrayAval = (aval: Aval): Aval => (aval.element === undefined ? aval : arrayAval(aval.element));

const removeAxis = (shape: Shape, axis: number): number[] => shape.filter((_, i) => i !== axis);
