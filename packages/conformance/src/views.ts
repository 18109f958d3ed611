// Random layouts: pipelines of operations that a backend may answer with views, in front of operations that read them. The
// reference moves elements one by one.

import { add, array, broadcastTo, type DType, mul, reduceSum, reshape, type Tensor, transpose } from "@gradus/core";
import { reverse, slice } from "@gradus/ops";
import fc from "fast-check";
import type { Case } from "./case.js";
import { expectHost } from "./compare.js";
import { at, build, type HostArray, sizeOf, toHost } from "./host-array.js";

/** One operation that moves elements, on both sides. `choices` are random numbers that it takes its attributes from. */
type Step = (x: Tensor, host: HostArray, choices: readonly number[]) => [Tensor, HostArray];

const pick = (choices: readonly number[], i: number, n: number): number => Math.abs(choices[i % choices.length] as number) % n;

const steps: { readonly [name: string]: Step } = {
  transpose(x, h, choices) {
    const perm = h.shape.map((_, i) => i);
    for (let i = perm.length - 1; i > 0; i--) {
      const j = pick(choices, i, i + 1);
      [perm[i], perm[j]] = [perm[j] as number, perm[i] as number];
    }
    const shape = perm.map((i) => h.shape[i] as number);
    const data = build(shape, (index) => at(h, h.shape.map((_, axis) => index[perm.indexOf(axis)] as number)));
    return [transpose(x, perm), { ...h, shape, data }];
  },
  slice(x, h, choices) {
    const start = h.shape.map((d, i) => pick(choices, i, d + 1));
    const limit = h.shape.map((d, i) => (start[i] as number) + pick(choices, i + 3, d - (start[i] as number) + 1));
    const strides = h.shape.map((_, i) => 1 + pick(choices, i + 5, 3));
    const shape = h.shape.map((_, i) => Math.ceil(((limit[i] as number) - (start[i] as number)) / (strides[i] as number)));
    return [slice(x, start, limit, strides), { ...h, shape, data: build(shape, (index) => at(h, index.map((v, i) => (start[i] as number) + v * (strides[i] as number)))) }];
  },
  reverse(x, h, choices) {
    const axes = h.shape.map((_, i) => i).filter((i) => pick(choices, i, 2) === 0);
    return [reverse(x, axes), { ...h, data: build(h.shape, (index) => at(h, index.map((v, i) => (axes.includes(i) ? (h.shape[i] as number) - 1 - v : v)))) }];
  },
  broadcast(x, h, choices) {
    const shape = [1 + pick(choices, 0, 2), ...h.shape.map((d, i) => (d === 1 ? 1 + pick(choices, i + 1, 3) : d))];
    return [broadcastTo(x, shape), { ...h, shape, data: build(shape, (index) => at(h, index.slice(1).map((v, i) => (h.shape[i] === 1 ? 0 : v)))) }];
  },
  reshape(x, h, choices) {
    const size = sizeOf(h.shape);
    const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((d) => size % d === 0);
    const first = size === 0 ? 0 : (divisors[pick(choices, 0, divisors.length)] as number);
    const shape = size === 0 ? [0, 1] : [first, size / first];
    return [reshape(x, shape), { ...h, shape }];
  },
};

const names = Object.keys(steps);
const pipeline = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 }),
  steps: fc.array(fc.tuple(fc.constantFrom(...names), fc.array(fc.nat(100), { minLength: 6, maxLength: 6 })), { minLength: 1, maxLength: 4 }),
});

function run({ shape, steps: list }: { shape: number[]; steps: [string, number[]][] }, dtype: DType): [Tensor, HostArray] {
  let host: HostArray = { shape, dtype, data: Array.from({ length: sizeOf(shape) }, (_, i) => i + 1) };
  let x = shape.length === 0 ? array(1, { dtype }) : array(Float64Array.from(host.data), { dtype, shape });
  for (const [name, choices] of list) [x, host] = (steps[name] as Step)(x, host, choices);
  return [x, host];
}

const property = (name: string, dtype: DType, check: (x: Tensor, h: HostArray, y: Tensor, k: HostArray) => void): Case => ({
  name: `random views ${name}`,
  run: () => fc.assert(fc.property(pipeline, pipeline, (p, q) => check(...run(p, dtype), ...run(q, dtype))), { numRuns: 150, seed: 20240607 }),
});
const exact = { rtol: 0, atol: 0 };

/** Views of views of whole numbers, read, operated on, joined with one another, and summed. */
export const viewCases = (dtype: DType): Case[] => [
  property("are read as they are", dtype, (x, h) => expectHost(toHost(x), h, exact, "the view")),
  property("are operands", dtype, (x, h) => expectHost(toHost(mul(x, 2)), { ...h, data: h.data.map((v) => 2 * v) }, exact, "twice the view")),
  property("meet other views", dtype, (x, h, y, k) => {
    // A column of one beside a row of the other: both keep their layout.
    const [m, n] = [sizeOf(h.shape), sizeOf(k.shape)];
    const got = add(reshape(x, [m, 1]), reshape(y, [n]));
    expectHost(toHost(got), { shape: [m, n], dtype, data: build([m, n], ([i, j]) => (h.data[i as number] as number) + (k.data[j as number] as number)) }, exact, "the sum of two views");
    if (h.shape.length > 0) expectHost(toHost(add(x, transpose(transpose(x)))), { ...h, data: h.data.map((v) => 2 * v) }, exact, "a view and itself");
  }),
  property("are summed over any axis", dtype, (x, h) => {
    h.shape.forEach((d, axis) => {
      const shape = h.shape.filter((_, i) => i !== axis);
      const data = build(shape, (index) => Array.from({ length: d }, (_, i) => at(h, [...index.slice(0, axis), i, ...index.slice(axis)])).reduce((a, b) => a + b, 0));
      expectHost(toHost(reduceSum(x, axis)), { shape, dtype, data }, exact, `the sum over axis ${axis}`);
    });
  }),
];
