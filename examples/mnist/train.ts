// The network and its training: fifteen levels for every weight (four bits), a scale for every layer, and biases in full. Rounding has
// gradient zero; straightThrough passes the gradient to the full-precision weights behind it. The whole training step, with its gradient
// and the optimiser, is one compiled program, on whichever backend is in use.

import { abs, add, argmax, array, cast, clamp, div, equal, grad, jit, mul, nn, np, reduceMax, reduceSum, round, stopGradient, straightThrough, type Tensor } from "gradus";
import { batch, type Digits, pixels } from "./digits.js";

const batchSize = 100;
const hidden = 128;

export interface Layer {
  readonly weights: Tensor;
  readonly bias: Tensor;
}
export type Network = readonly Layer[];

/** The nearest of fifteen levels, −7 to 7 steps of a seventh of the largest weight. */
const toLevels = (w: Tensor): Tensor => {
  const step = stopGradient(div(reduceMax(abs(w)), 7));
  return mul(clamp(-7, round(div(w, step)), 7), step);
};
/** Its gradient passes as if it were not there. */
export const quantised = straightThrough(toLevels);

const layer = ({ weights, bias }: Layer, x: Tensor): Tensor => add(np.matmul(x, quantised(weights)), bias);
const scores = ([first, second]: Network, x: Tensor): Tensor => layer(second as Layer, nn.relu(layer(first as Layer, x)));
/** The mean of −log p of the true digit. */
const loss = (net: Network, x: Tensor, labels: Tensor): Tensor =>
  mul(reduceSum(mul(nn.oneHot(labels, 10), nn.logSoftmax(scores(net, x)))), -1 / batchSize);

const optimiser = nn.optim.adam(2e-3);
const step = jit((net: Network, state: any, x: Tensor, labels: Tensor) => {
  const [updates, next] = optimiser.update(grad(loss)(net, x, labels), state, net);
  return [nn.optim.applyUpdates(net, updates), next] as const;
});
const correct = jit((net: Network, x: Tensor, labels: Tensor) => reduceSum(cast(equal(argmax(scores(net, x), 1), labels), "int32")));

const tensors = (digits: Digits, places: ArrayLike<number>): [x: Tensor, labels: Tensor] => {
  const { x, labels } = batch(digits, places);
  return [array(x, { shape: [places.length, pixels], alias: true }), array(labels)];
};
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Of a number of digits that is a multiple of 100, in per cent. */
export function accuracy(net: Network, digits: Digits): number {
  let right = 0;
  for (let i = 0; i < digits.count; i += batchSize) right += correct(net, ...tensors(digits, range(i, batchSize))).item();
  return (100 * right) / digits.count;
}

/** Steps of an epoch. */
export const stepsOf = ({ count }: Digits): number => count / batchSize;

/** Trains a network on digits, in another order each epoch; `onStep` is called after every step. */
export function train(digits: Digits, epochs: number, onStep: () => void = () => {}): Network {
  const keys = np.unstack(np.random.split(np.random.key(0), 3)) as [Tensor, Tensor, Tensor];
  const weights = (key: Tensor, from: number, to: number): Layer => ({ weights: mul(np.random.normal(key, [from, to]), Math.sqrt(2 / from)), bias: np.zeros([to]) });
  let net: Network = [weights(keys[0], pixels, hidden), weights(keys[1], hidden, 10)];
  let state: any = optimiser.init(net);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = np.random.permutation(np.random.foldIn(keys[2], epoch), digits.count).dataSync() as Int32Array;
    for (let i = 0; i < stepsOf(digits); i++) {
      [net, state] = step(net, state, ...tensors(digits, order.subarray(i * batchSize, (i + 1) * batchSize)));
      onStep();
    }
  }
  return net;
}
