// pad, concatenate and iota; slices, transpositions and repetitions are views, which cost nothing.

import { type AxisParams, bitcastP, type BitcastParams, concatenateP, type IotaParams, iotaP, type PadParams, padP } from "@gradus/ops";
import { type Device, unraveled } from "./device.js";
import { dense } from "./elementwise.js";
import { formatOf } from "./glsl-types.js";
import type { Kernel, KernelFamily, Operand } from "./kernel.js";
import { type View, whole } from "./view.js";

// Element d of an axis is element (d − low)/(interior + 1) of the operand, where that is one.
const pad: Kernel<PadParams> = (device, [x, value], { config }, [out]) => {
  const { view, shape } = x!;
  const n = shape.length;
  const ints = [view.offset, value!.view.offset, ...out!.shape];
  const at = ints.length;
  shape.forEach((d, i) => {
    const [low, , interior] = config[i] as readonly [number, number, number];
    ints.push(low, interior + 1, d, view.strides[i] as number);
  });
  const lines = shape.map((_, i) => {
    const k = at + 4 * i;
    return `int e${i} = d${i} - p[${k}]; int j${i} = e${i} / p[${k + 1}]; inside = inside && e${i} >= 0 && j${i} < p[${k + 2}] && j${i} * p[${k + 1}] == e${i}; at += j${i} * p[${k + 3}];`;
  });
  const { scalar } = formatOf(out!.dtype);
  const source = `${scalar} element(int i) {
  ${unraveled(n, 2)}
  int at = p[0];
  bool inside = true;
  ${lines.join("\n  ")}
  return inside ? read0(at) : read1(p[1]);
}`;
  return whole(device.run({ out: out!.dtype, size: out!.size, inputs: [view.storage, value!.view.storage], ints, source }), out!.shape);
};

const mostJoined = 8; // operands in one pass: devices have at least 16 textures

// Seen as [outer, along the axis and inside it]: element e of row r belongs to the first operand whose end is beyond e.
function joined(device: Device, parts: readonly { view: View; run: number }[], outer: number, dtype: Operand["aval"]["dtype"]): { view: View; run: number } {
  const run = parts.reduce((n, x) => n + x.run, 0);
  const ints = [Math.max(run, 1), ...parts.map((x) => x.run)];
  const { scalar } = formatOf(dtype);
  const lines = parts.map((_, k) => `if (e < p[${k + 1}]) return read${k}(r * p[${k + 1}] + e);\n  e -= p[${k + 1}];`);
  const source = `${scalar} element(int i) {
  int r = i / p[0];
  int e = i - r * p[0];
  ${lines.join("\n  ")}
  return ${scalar}(0);
}`;
  const storage = device.run({ out: dtype, size: outer * run, inputs: parts.map((x) => x.view.storage), ints, source });
  return { view: whole(storage, [outer, run]), run };
}

const concatenate: Kernel<AxisParams> = (device, args, { axis }, [out]) => {
  const { shape, dtype } = out!;
  const outer = shape.slice(0, axis).reduce((n, d) => n * d, 1);
  const given = args
    .filter((x) => x.aval.size > 0)
    .map((x) => ({ view: dense(device, x.view, x.shape, x.aval.size), run: x.aval.size / outer }));
  let parts = given;
  while (parts.length > 1) {
    const next: typeof parts = [];
    for (let i = 0; i < parts.length; i += mostJoined) {
      const group = parts.slice(i, i + mostJoined);
      next.push(group.length === 1 ? (group[0] as (typeof parts)[number]) : joined(device, group, outer, dtype));
    }
    parts = next;
  }
  return whole(parts[0]?.view.storage ?? device.memory.make(dtype, 0), shape);
};

const iota: Kernel<IotaParams> = (device, _args, { shape, dtype, axis }, [out]) => {
  const inner = shape.slice(axis + 1).reduce((n, d) => n * d, 1);
  const source = `${formatOf(dtype).scalar} element(int i) { return ${formatOf(dtype).scalar}((i / p[0]) % p[1]); }`;
  return whole(device.run({ out: dtype, size: out!.size, inputs: [], ints: [Math.max(inner, 1), Math.max(shape[axis] as number, 1)], source }), shape);
};

const bits: Readonly<Record<string, (x: string) => string>> = {
  "float32 int32": (x) => `floatBitsToInt(${x})`,
  "float32 uint32": (x) => `floatBitsToUint(${x})`,
  "int32 float32": (x) => `intBitsToFloat(${x})`,
  "uint32 float32": (x) => `uintBitsToFloat(${x})`,
  "int32 uint32": (x) => `uint(${x})`,
  "uint32 int32": (x) => `int(${x})`,
};

const bitcast: Kernel<BitcastParams> = (device, [x], { dtype }, [out]) => {
  const { aval, shape } = x!;
  const from = dense(device, x!.view, shape, aval.size);
  const as = bits[`${aval.dtype} ${dtype}`];
  if (as === undefined) return from;
  const source = `${formatOf(dtype).scalar} element(int i) { return ${as("read0(i)")}; }`;
  return whole(device.run({ out: dtype, size: out!.size, inputs: [from.storage], source }), shape);
};

export const shaping: KernelFamily = [
  [padP, pad],
  [concatenateP, concatenate],
  [iotaP, iota],
  [bitcastP, bitcast],
];
