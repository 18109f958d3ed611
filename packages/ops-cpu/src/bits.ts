// The kernel family of bit casts and of the cipher from which random bits come.

import { allocate } from "@gradus/core";
import { bitcastP, type BitcastParams, threefry2x32P } from "@gradus/ops";
import { dense } from "./copy.js";
import type { Kernel, KernelFamily } from "./kernel.js";
import { viewOf } from "./layout.js";
import { fresh } from "./storage.js";
import { forEachTile } from "./tiles.js";

const bitcast: Kernel<BitcastParams> = ([x], { dtype }, [out]) => {
  const data = dense(x!);
  const Elements = allocate(dtype, 0).constructor as (new (buffer: ArrayBufferLike, offset: number, length: number) => ReturnType<typeof allocate>) & { readonly BYTES_PER_ELEMENT: number };
  const { buffer, byteOffset } = data.byteOffset % Elements.BYTES_PER_ELEMENT === 0 ? data : data.slice(); // halves may lie across
  return new Elements(buffer, byteOffset, out!.size);
};

// By how much each of the eight kinds of round rotates.
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

const threefry2x32: Kernel<void> = (args, _params, [out]) => {
  const [first, second] = [fresh("uint32", out!.size), fresh("uint32", out!.size)];
  const keys = new Int32Array(3);
  let at = 0;
  forEachTile(out!.shape, args.map((x) => viewOf(x)), ([k0, k1, x0, x1], m, n) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++, at++) {
        keys[0] = k0!.data[k0!.at + i * k0!.row + j * k0!.column] as number;
        keys[1] = k1!.data[k1!.at + i * k1!.row + j * k1!.column] as number;
        keys[2] = (keys[0] as number) ^ (keys[1] as number) ^ 0x1bd11bda;
        let a = ((x0!.data[x0!.at + i * x0!.row + j * x0!.column] as number) + (keys[0] as number)) | 0;
        let b = ((x1!.data[x1!.at + i * x1!.row + j * x1!.column] as number) + (keys[1] as number)) | 0;
        for (let step = 1; step <= 5; step++) {
          for (let k = 0; k < 4; k++) {
            const r = rotations[((step - 1) % 2) * 4 + k] as number;
            a = (a + b) | 0;
            b = ((b << r) | (b >>> (32 - r))) ^ a;
          }
          a = (a + (keys[step % 3] as number)) | 0;
          b = (b + (keys[(step + 1) % 3] as number) + step) | 0;
        }
        first[at] = a;
        second[at] = b;
      }
    }
  });
  return [first, second];
};

/** bitcast and threefry2x32. */
export const bits: KernelFamily = [
  [bitcastP, bitcast],
  [threefry2x32P, threefry2x32],
];
