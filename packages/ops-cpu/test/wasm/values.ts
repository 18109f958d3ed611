// Elements for tests of kernels that move them.
import { allocate, type DType, type TypedArray } from "@gradus/core";

let seed = 7;
const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
/** Numbers with many equal ones, zeros of both signs, NaN and infinities. */
export function values(dtype: DType, n: number, spread: number): TypedArray {
  const odd = [0, -0, NaN, Infinity, -Infinity, 1e-40, -1e-40];
  return allocate(dtype, n).map(() => {
    const v = Math.floor((random() - 0.5) * spread);
    if (dtype === "bool") return v & 1;
    if (!dtype.startsWith("float")) return v * 65537;
    return random() < 0.2 ? (odd[Math.floor(random() * odd.length)] as number) : v / 3;
  });
}
