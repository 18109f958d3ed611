// Primitives that are several nests, or none: indices are expressions, joined and padded arrays are filled part by part.

import { type AnyPrimitive, type Aval, avalOf, rowMajor } from "@gradus/core";
import { type AxisParams, concatenateP, type IotaParams, iotaP, type PadParams, padP } from "@gradus/ops";
import { storedType } from "./ir.js";
import { convert } from "./typed.js";
import type { Builder, Value } from "./value.js";

/** Makes the value of an application. */
export type Lowering = (params: any, args: readonly Value[], out: Aval, builder: Builder) => Value;

const iota: Lowering = ({ axis }: IotaParams, _args, out) => {
  const index = { kind: "index" as const, type: "int32" as const, strides: out.shape.map((_, i) => Number(i === axis)), offset: 0 };
  return { node: convert(index, storedType(out)), shape: out.shape, from: 0 };
};

const concatenate: Lowering = ({ axis }: AxisParams, args, out, b) => {
  const array = b.array(out);
  const { strides } = array;
  let offset = 0;
  let last = 0;
  for (const x of args) {
    last = Math.max(last, b.store(x, array, { strides, offset }));
    offset += (x.shape[axis] as number) * (strides[axis] as number);
  }
  return b.filled(array, last);
};

const pad: Lowering = ({ config }: PadParams, [x, value], out, b) => {
  const array = b.array(out);
  const around = b.view(value as Value, out, () => ({ strides: out.shape.map(() => 0), offset: 0 }));
  const filled = b.store(around, array, array);
  const strides = rowMajor(out.shape);
  let offset = 0;
  const starts: number[] = [];
  // Of each axis those elements stay whose new index, low + i·step, is inside.
  const counts = (x as Value).shape.map((d, i) => {
    const [low, , interior] = config[i] as [number, number, number];
    const step = interior + 1;
    const first = low < 0 ? Math.ceil(-low / step) : 0;
    starts.push(first);
    offset += (low + first * step) * (strides[i] as number);
    strides[i] = (strides[i] as number) * step;
    return Math.max(Math.min(d, Math.ceil(((out.shape[i] as number) - low) / step)) - first, 0);
  });
  const inside = avalOf(counts, out.dtype);
  if (inside.size === 0) return b.filled(array, filled);
  const kept = counts.every((n, i) => n === (x as Value).shape[i])
    ? (x as Value)
    : b.view(x as Value, inside, (from) => ({ strides: from.strides, offset: from.offset + starts.reduce((n, s, i) => n + s * (from.strides[i] as number), 0) }));
  return b.filled(array, b.store(kept, array, { strides, offset }, filled + 1));
};

export const lowerings: ReadonlyMap<AnyPrimitive, Lowering> = /* @__PURE__ */ new Map<AnyPrimitive, Lowering>([
  [iotaP, iota],
  [concatenateP, concatenate],
  [padP, pad],
]);
