// Lines that move elements: to another shape, order or place.

import type { Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { sizeOf } from "../host-array.js";
import { axisOf, type Choose, finer, hasAxis, type Instruction, isReal, largest, list, reshaped, type Step, type Value } from "./value.js";

const any = (): boolean => true;

const one = (x: Value, shape: readonly number[], text: string, apply: (x: Tensor) => Tensor): Step => ({ operands: [x], result: reshaped(x, shape), text, apply: apply as Step["apply"] });

const reshape: Instruction = (choose) => {
  const x = choose.value(any);
  if (x === undefined) return undefined;
  const size = sizeOf(x.shape);
  const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((d) => size % d === 0);
  const d = size === 0 ? 0 : divisors[choose.below(divisors.length)]!;
  const forms = size === 0 ? [[0, 2]] : [[size], [d, size / d], [1, d, size / d]];
  const shape = forms[choose.below(forms.length)]!;
  return one(x, shape, `reshape(${x.name}, ${list(shape)})`, (v) => ops.reshape(v, shape));
};

const transpose: Instruction = (choose) => {
  const x = choose.value((v) => v.shape.length > 1);
  if (x === undefined) return undefined;
  const perm = x.shape.map((_, i) => i);
  for (let i = perm.length - 1; i > 0; i--) {
    const j = choose.below(i + 1);
    [perm[i], perm[j]] = [perm[j]!, perm[i]!];
  }
  return one(x, perm.map((i) => x.shape[i]!), `transpose(${x.name}, ${list(perm)})`, (v) => ops.transpose(v, perm));
};

const broadcast: Instruction = (choose) => {
  const x = choose.value((v) => sizeOf(v.shape) * 3 <= largest && v.shape.length < 3);
  if (x === undefined) return undefined;
  const shape = [1 + choose.below(3), ...x.shape.map((d) => (d === 1 ? 1 + choose.below(2) : d))];
  return sizeOf(shape) > largest ? undefined : one(x, shape, `broadcastTo(${x.name}, ${list(shape)})`, (v) => ops.broadcastTo(v, shape));
};

const axes: Instruction = (choose) => {
  const x = choose.value((v) => v.shape.length < 4);
  if (x === undefined) return undefined;
  if (x.shape.includes(1) && choose.below(2) === 0) {
    const axis = x.shape.indexOf(1);
    return one(x, x.shape.filter((_, i) => i !== axis), `squeeze(${x.name}, ${axis})`, (v) => ops.squeeze(v, axis));
  }
  const axis = choose.below(x.shape.length + 1);
  return one(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)], `expandDims(${x.name}, ${axis})`, (v) => ops.expandDims(v, axis));
};

const reverse: Instruction = (choose) => {
  const x = choose.value(hasAxis);
  if (x === undefined) return undefined;
  const axis = axisOf(choose, x);
  return one(x, x.shape, `reverse(${x.name}, ${axis})`, (v) => ops.reverse(v, axis));
};

const slice: Instruction = (choose) => {
  const x = choose.value(hasAxis);
  if (x === undefined) return undefined;
  const start = x.shape.map((d) => choose.below(Math.max(1, d)));
  const limit = x.shape.map((d, i) => d - (d - start[i]! > 1 ? choose.below(2) : 0));
  const strides = x.shape.map(() => 1 + choose.below(2));
  const shape = x.shape.map((_, i) => Math.ceil((limit[i]! - start[i]!) / strides[i]!));
  return one(x, shape, `slice(${x.name}, ${list(start)}, ${list(limit)}, ${list(strides)})`, (v) => ops.slice(v, start, limit, strides));
};

const pad: Instruction = (choose) => {
  const x = choose.value((v) => isReal(v) && hasAxis(v));
  if (x === undefined) return undefined;
  const config = x.shape.map((d) => [choose.below(2), d > 1 ? choose.below(3) - 1 : choose.below(2), choose.below(2)] as const);
  const shape = x.shape.map((d, i) => d + Math.max(0, d - 1) * config[i]![2] + config[i]![0] + config[i]![1]);
  if (sizeOf(shape) > largest || shape.some((d) => d < 0)) return undefined;
  const step = one(x, shape, `pad(${x.name}, 0.5, ${list(config.map(list))})`, (v) => ops.pad(v, 0.5, config));
  return { ...step, result: { ...step.result, bound: Math.max(x.bound, 0.5), grid: x.grid === null ? null : Math.max(x.grid, 1) } };
};

const joinable = (choose: Choose, isStack: boolean): [Value, Value, number] | undefined => {
  const x = choose.value((v) => (isStack ? v.shape.length < 3 : hasAxis(v)));
  const y = x && choose.value((v) => v.kind === x.kind && v.shape.join() === x.shape.join());
  return y && sizeOf(y.shape) * 2 <= largest ? [x!, y, choose.below(x!.shape.length + (isStack ? 1 : 0))] : undefined;
};

const concatenate: Instruction = (choose) => {
  const found = joinable(choose, false);
  if (found === undefined) return undefined;
  const [x, y, axis] = found;
  const shape = x.shape.map((d, i) => (i === axis ? 2 * d : d));
  return { operands: [x, y], result: { shape, kind: x.kind, bound: Math.max(x.bound, y.bound), grid: finer(x, y) }, text: `concatenate([${x.name}, ${y.name}], ${axis})`, apply: (a, b) => ops.concatenate([a!, b!], axis) };
};

const stack: Instruction = (choose) => {
  const found = joinable(choose, true);
  if (found === undefined) return undefined;
  const [x, y, axis] = found;
  const shape = [...x.shape.slice(0, axis), 2, ...x.shape.slice(axis)];
  return { operands: [x, y], result: { shape, kind: x.kind, bound: Math.max(x.bound, y.bound), grid: finer(x, y) }, text: `stack([${x.name}, ${y.name}], ${axis})`, apply: (a, b) => ops.stack([a!, b!], axis) };
};

export const shaping: readonly (readonly [name: string, Instruction])[] = [
  ["reshape", reshape],
  ["transpose", transpose],
  ["broadcast", broadcast],
  ["axes", axes],
  ["reverse", reverse],
  ["slice", slice],
  ["pad", pad],
  ["concatenate", concatenate],
  ["stack", stack],
];
