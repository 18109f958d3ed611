// The room of stacks while a program runs.

import { array, avalOf, DeviceLimitError, Tensor, type TypedArray, withBackend } from "@gradus/core";
import { expect, test } from "vitest";
import { ArenaMemory } from "../../src/compiler/memory.js";
import { Stacks } from "../../src/compiler/stacks.js";
import { eager } from "./support.js";

const begin = (): { memory: ArenaMemory; stacks: Stacks; at: number } => {
  const memory = new ArenaMemory();
  const stacks = new Stacks({
    memory,
    tensor: (aval, payload) => new Tensor(aval, payload, null, eager),
    write: (x, address, { size }) => memory.views.float32.set((x.ndim === 0 ? [x.payload as number] : (x.payload as TypedArray)).slice(0, size), address / 4),
  });
  return { memory, stacks, at: memory.reserve(64) };
};
const words = ({ views }: ArenaMemory, at: number): number[] => [...views.uint32.subarray(at / 4, at / 4 + 3)];

test("a stack that grows keeps its elements, and what is new is zero", () => {
  const { memory, stacks, at } = begin();
  stacks.grow(at, 1, 4);
  const [first, length, room] = words(memory, at) as [number, number, number];
  expect([length, room]).toEqual([0, 8]);
  memory.views.float32.set([1, 2, 3, 4, 5, 6, 7, 8], first / 4);
  stacks.grow(at, 9, 4);
  const [second, , twice] = words(memory, at) as [number, number, number];
  expect(twice).toBe(16);
  expect([...memory.views.float32.subarray(second / 4, second / 4 + 16)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("room is given back, so that the next call has it", () => {
  const { memory, stacks, at } = begin();
  stacks.grow(at, 1000, 4);
  const [first] = words(memory, at);
  stacks.clear();
  memory.views.uint32.fill(0, at / 4, at / 4 + 4);
  stacks.grow(at, 1000, 4);
  expect(words(memory, at)[0]).toBe(first);
});

test("a stack of which there is no room for is refused, whatever its bytes, and is as it was", () => {
  const { memory, stacks, at } = begin();
  stacks.grow(at, 3, 4);
  const before = words(memory, at);
  for (const [count, size] of [[2 ** 30, 2 ** 20], [-1, 4], [2 ** 31, 16]] as const) {
    expect(() => stacks.grow(at, count, size)).toThrow(DeviceLimitError);
    expect(() => stacks.grow(at, count, size)).toThrow(/checkpointEvery/);
  }
  expect(words(memory, at)).toEqual(before);
});

test("elements without bytes take no room", () => {
  const { memory, stacks, at } = begin();
  stacks.grow(at, 100, 0);
  expect(words(memory, at)).toEqual([0, 0, 100]);
});

test("values go on a stack and come back", () => {
  const { stacks, at } = begin();
  const stack = { payload: withBackend(eager, () => [array([1, 2]), array([3, 4])]) };
  stacks.write(at, stack as never, { type: "float32", size: 2 });
  const back = stacks.read(at, { element: avalOf([2], "float32") } as never).payload as { payload: TypedArray }[];
  expect(back.map((x) => [...x.payload])).toEqual([[1, 2], [3, 4]]);
});
