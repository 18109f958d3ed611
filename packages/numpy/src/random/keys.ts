// Keys: where random numbers come from. Two words each, and no state.

import { ArgumentError, array, full, type Tensor } from "@gradus/core";
import { concatenate, iota, stack, threefry2x32 } from "@gradus/ops";

export { randomBits as bits } from "@gradus/ops";

/** The key of a seed: `u32[2]`, its upper and its lower 32 bits. @throws ArgumentError unless the seed is a whole number from 0 to 2^53 − 1 */
export function key(seed: number): Tensor {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new ArgumentError(`random.key: the seed is ${String(seed)}, and has to be a whole number from 0 to 2^53 − 1.`);
  return array([Math.floor(seed / 2 ** 32), seed % 2 ** 32], { dtype: "uint32" });
}

/** So many independent keys, as `u32[num,2]`. @throws ArgumentError unless num is a whole number @throws ShapeError @throws DTypeError for what is no key */
export function split(k: Tensor, num = 2): Tensor {
  if (!Number.isInteger(num) || num < 0) throw new ArgumentError(`random.split: the number of keys is ${String(num)}, and has to be a whole number.`);
  return stack(threefry2x32(k, full([num], 0, "uint32"), iota(num, "uint32")), 1);
}

/** A key for a key and a number, such as a step's. @throws ArgumentError unless data is a whole number below 2^32 @throws ShapeError @throws DTypeError for what is no key */
export function foldIn(k: Tensor, data: number): Tensor {
  if (!Number.isInteger(data) || data < 0 || data >= 2 ** 32) throw new ArgumentError(`random.foldIn: ${String(data)} has to be a whole number below 2^32.`);
  const word = (value: number): Tensor => array([value], { dtype: "uint32" });
  return concatenate(threefry2x32(k, word(0), word(data)));
}
