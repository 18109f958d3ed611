// np.random: random numbers from keys, with the bits of jax.random for the same key (Threefry, partitionable, 32 bits). A key
// used twice gives the same numbers twice: split it, use each part once. Numbers carry no gradient to their key.

import { add, ArgumentError, array, full, mul, type Shape, ShapeError, type Tensor, type TensorLike, toTensor } from "@gradus/core";
import { argmax, bitcast, concatenate, erfInv, iota, less, log, log1p, max, neg, or, randomBits, shiftRightLogical, sort, stack, sub, take, threefry2x32 } from "@gradus/ops";

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

/** Uniform numbers from low (0 unless given) up to, not including, high (1), float32. @throws ShapeError @throws DTypeError for what is no key */
export function uniform(k: Tensor, shape: Shape = [], low = 0, high = 1): Tensor {
  // 23 random bits as the fraction of a number from 1 to 2.
  const fraction = or(shiftRightLogical(randomBits(k, shape), 9), 0x3f800000);
  const unit = sub(bitcast(fraction, "float32"), 1);
  return low === 0 && high === 1 ? unit : max(add(mul(unit, Math.fround(Math.fround(high) - Math.fround(low))), low), low);
}

// The least number above −1.
const aboveMinusOne = -1 + 2 ** -24;

/** Standard normal numbers, float32: √2·erf⁻¹(u) of uniform u in (−1, 1). @throws ShapeError @throws DTypeError for what is no key */
export function normal(k: Tensor, shape: Shape = []): Tensor {
  return mul(erfInv(uniform(k, shape, aboveMinusOne, 1)), Math.SQRT2);
}

/** True with probability p, which broadcasts to the shape. @throws ShapeError @throws DTypeError for what is no key */
export function bernoulli(k: Tensor, p: TensorLike = 0.5, shape: Shape = toTensor(p, "bernoulli").shape): Tensor {
  return less(uniform(k, shape), p);
}

/** Numbers of the exponential distribution of mean 1, float32. @throws ShapeError @throws DTypeError for what is no key */
export function exponential(k: Tensor, shape: Shape = []): Tensor {
  return neg(log1p(neg(uniform(k, shape))));
}

/** Standard Gumbel numbers, float32: −ln(−ln u). @throws ShapeError @throws DTypeError for what is no key */
export function gumbel(k: Tensor, shape: Shape = []): Tensor {
  return neg(log(neg(log(uniform(k, shape, 2 ** -126, 1)))));
}

/** One category per example along an axis, int32, with the probabilities softmax(logits). @throws ShapeError for an axis out of range or empty @throws DTypeError for what is no key */
export function categorical(k: Tensor, logits: TensorLike, axis = -1): Tensor {
  const x = toTensor(logits, "categorical");
  return argmax(add(x, gumbel(k, x.shape)), axis);
}

/**
 * The numbers from 0 to n − 1, or the entries of x along its first axis, in random order: sorted by random bits, again so often
 * that equal bits do not show. @throws ArgumentError unless n is a whole number @throws ShapeError for a scalar tensor @throws DTypeError for what is no key
 */
export function permutation(k: Tensor, nOrX: number | Tensor): Tensor {
  if (typeof nOrX !== "number") {
    if (nOrX.ndim === 0) throw new ShapeError(`random.permutation: ${nOrX.aval.toString()} has no axis to permute; a JS number n stands for 0 … n − 1.`);
    return take(nOrX, permutation(k, nOrX.shape[0] as number), 0);
  }
  if (!Number.isInteger(nOrX) || nOrX < 0) throw new ArgumentError(`random.permutation: ${String(nOrX)} has to be a whole number.`);
  let [order, rest] = [iota(nOrX), k];
  const rounds = Math.ceil((3 * Math.log(Math.max(1, nOrX))) / Math.log(2 ** 32 - 1));
  for (let i = 0; i < rounds; i++) {
    const keys = split(rest);
    rest = take(keys, 0, 0);
    order = sort([randomBits(take(keys, 1, 0), [nOrX]), order], 0)[1] as Tensor;
  }
  return order;
}
