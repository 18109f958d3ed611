// Products summed over shared axes.

import type { Shape } from "@gradus/core";
import { type DotGeneralParams, dotGeneralP } from "@gradus/ops";
import { type Device } from "./device.js";
import { dense } from "./elementwise.js";
import { formatOf } from "./glsl-types.js";
import type { Kernel, KernelFamily, Operand } from "./kernel.js";
import { isTexelProduct, matrixProduct } from "./matrix-product.js";
import { View, whole } from "./view.js";

interface Matrices {
  readonly view: View;
  readonly sizes: readonly [batch: number, kept: number, contracted: number];
}

const product = (shape: Shape, axes: readonly number[]): number => axes.reduce((n, i) => n * (shape[i] as number), 1);

// An operand as a stack of matrices [batch, kept, contracted], without a copy where its axes merge evenly into three.
function matrices(device: Device, { view, shape, aval }: Operand, batch: readonly number[], contract: readonly number[]): Matrices {
  const kept = shape.map((_, i) => i).filter((i) => !batch.includes(i) && !contract.includes(i));
  const groups = [batch, kept, contract];
  const sizes = groups.map((axes) => product(shape, axes)) as [number, number, number];
  const steps = groups.map((axes) => stepOf(axes, shape, view.strides));
  if (steps.every((s) => s !== undefined)) return { view: new View(view.storage, steps, view.offset), sizes };
  const order = groups.flat();
  const ordered = new View(view.storage, order.map((i) => view.strides[i] as number), view.offset);
  return { view: whole(dense(device, ordered, order.map((i) => shape[i] as number), aval.size).storage, sizes), sizes };
}

// The stride of several axes as one, undefined where they are no run of equal steps.
function stepOf(axes: readonly number[], shape: Shape, strides: readonly number[]): number | undefined {
  const long = axes.filter((i) => shape[i] !== 1);
  const even = long.every((inner, k) => k === 0 || strides[long[k - 1] as number] === (strides[inner] as number) * (shape[inner] as number));
  return !even ? undefined : long.length === 0 ? 0 : strides[long[long.length - 1] as number];
}

const dotGeneral: Kernel<DotGeneralParams> = (device, [x, y], { contract, batch }, [out]) => {
  const a = matrices(device, x!, batch[0], contract[0]);
  const b = matrices(device, y!, batch[1], contract[1]);
  const [count, m, k] = a.sizes;
  const n = b.sizes[1];
  if (out!.dtype === "float32" && isTexelProduct({ count, m, n, k })) return whole(matrixProduct(device, a.view, b.view, { count, m, n, k }), out!.shape);
  const ints = [m, n, k, a.view.offset, ...a.view.strides, b.view.offset, ...b.view.strides];
  const { scalar } = formatOf(out!.dtype);
  const source = `${scalar} element(int index) {
  int row = index / p[1];
  int j = index - row * p[1];
  int g = row / p[0];
  int left = p[3] + g * p[4] + (row - g * p[0]) * p[5];
  int right = p[7] + g * p[8] + j * p[9];
  ${scalar} sum = ${scalar}(0);
  for (int l = 0; l < p[2]; l++) sum += read0(left + l * p[6]) * read1(right + l * p[10]);
  return sum;
}`;
  return whole(device.run({ out: out!.dtype, size: out!.size, inputs: [a.view.storage, b.view.storage], ints, source }), out!.shape);
};

/** dotGeneral. */
export const contraction: KernelFamily = [[dotGeneralP, dotGeneral]];
