// Products of large float32 matrices: a fragment computes a tile of 4 × 4 elements and writes its rows to four textures, so that
// eight texels read serve 64 products. Operands are first laid out so that texels run along rows.

import { type Device, type Pass } from "./device.js";
import type { Storage } from "./storage.js";
import type { View } from "./view.js";

/** The sizes of a stack of products. */
export interface Sizes {
  readonly count: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Whether laying out the operands pays. */
export const isLarge = ({ m, n, k }: Sizes): boolean => Math.min(m, n, k) >= 8 && m * n * k >= 2 ** 15;

/** a·b of stacks [count, m, k] and [count, n, k], as views of three axes; the elements of the result in row-major order. */
export function matrixProduct(device: Device, a: View, b: View, { count, m, n, k }: Sizes): Storage {
  const [n4, k4, m4] = [Math.ceil(n / 4), Math.ceil(k / 4), Math.ceil(m / 4)];
  const [aBatch, aRow, aColumn] = a.strides as [number, number, number];
  const [bBatch, bColumn, bRow] = b.strides as [number, number, number];
  const left = padded(device, a.storage, [a.offset, aBatch, aRow, aColumn], [count, m, k], [m, 4 * k4]);
  const right = padded(device, b.storage, [b.offset, bBatch, bRow, bColumn], [count, k, n], [4 * k4, 4 * n4]);
  const rows = device.runTile({ out: "float32", size: count * m4 * n4 * 4, inputs: [left, right], ints: [k4, n4, m4, m], source: tile });
  const result = device.run({ out: "float32", size: count * m * n, inputs: rows, ints: [m, n, n4, m4], source: joined });
  for (const storage of [...rows, left, right]) if (storage !== a.storage && storage !== b.storage) device.memory.release(storage);
  return result;
}

// Rows of whole texels, with zeros where there is nothing; the storage itself if it is that already.
function padded(device: Device, storage: Storage, [offset, batch, row, column]: [number, number, number, number], [count, height, width]: [number, number, number], [tall, wide]: [number, number]): Storage {
  const isPadded = offset === 0 && column === 1 && row === wide && width === wide && height === tall && (batch === tall * wide || count === 1);
  if (isPadded) return storage;
  const pass: Pass = { out: "float32", size: count * tall * wide, inputs: [storage], ints: [offset, batch, row, column, height, width, tall, wide], source: layOut };
  return device.run(pass);
}

const layOut = `float element(int i) {
  int r = i / p[7];
  int x = i - r * p[7];
  int g = r / p[6];
  int y = r - g * p[6];
  return x < p[5] && y < p[4] ? read0(p[0] + g * p[1] + y * p[2] + x * p[3]) : 0.0;
}`;

// Rows beyond the last one are computed from what is there, and nobody reads them.
const tile = `void tile(int t, out vec4 r0, out vec4 r1, out vec4 r2, out vec4 r3) {
  int r = t / p[1];
  int x = t - r * p[1];
  int g = r / p[2];
  int top = (g * p[3] + (r - g * p[2]) * 4) * p[0];
  int b = g * 4 * p[0] * p[1] + x;
  r0 = vec4(0.0); r1 = vec4(0.0); r2 = vec4(0.0); r3 = vec4(0.0);
  for (int l = 0; l < p[0]; l++) {
    vec4 b0 = texel1(b);
    vec4 b1 = texel1(b + p[1]);
    vec4 b2 = texel1(b + 2 * p[1]);
    vec4 b3 = texel1(b + 3 * p[1]);
    b += 4 * p[1];
    vec4 a = texel0(top + l);
    r0 += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
    a = texel0(top + p[0] + l);
    r1 += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
    a = texel0(top + 2 * p[0] + l);
    r2 += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
    a = texel0(top + 3 * p[0] + l);
    r3 += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
  }
}`;

const joined = `float element(int i) {
  int r = i / p[1];
  int x = i - r * p[1];
  int g = r / p[0];
  int y = r - g * p[0];
  int at = ((g * p[3] + (y >> 2)) * p[2] + (x >> 2)) * 4 + (x & 3);
  int k = y & 3;
  return k == 0 ? read0(at) : k == 1 ? read1(at) : k == 2 ? read2(at) : read3(at);
}`;
