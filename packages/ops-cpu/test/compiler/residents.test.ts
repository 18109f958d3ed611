// Large arguments: they stay in memory from their second use on, within a budget, and never longer than they are read.

import { add, array, mul, reduceSum, type Tensor, transpose, withBackend } from "@gradus/core";
import { slice } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { copyInto } from "../../src/copy.js";
import { ArenaMemory } from "../../src/compiler/memory.js";
import { Residents } from "../../src/compiler/residents.js";
import { compiling } from "./support.js";

const n = 20000; // floats: 80 kB
const counting = (): Tensor => array(Float32Array.from({ length: n }, (_, i) => i % 100));

test("an argument given again is not copied again", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const f = jit((x: Tensor) => reduceSum(slice(x, [1], [4])));
    const x = counting();
    const resident = [0, 1, 2].map(() => ((f(x) as Tensor).item(), backend.stats()["resident"]));
    expect(resident).toEqual([0, 80064, 80064]);
    expect((f(x) as Tensor).item()).toBe(6);
  });
});

test("views and captured arrays stay too, each as what it is", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const x = transpose(array(Float32Array.from({ length: n }, (_, i) => i), { shape: [100, 200] }));
    const c = counting();
    const f = jit((y: Tensor) => add(slice(y, [1, 0], [2, 3]), slice(c, [5], [6])));
    for (let i = 0; i < 3; i++) expect((f(x) as Tensor).js()).toEqual([[6, 206, 406]]);
    expect(backend.stats()["resident"]).toBe(2 * 80064);
  });
});

test("arguments that are new in every step leave nothing behind", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const step = jit((x: Tensor) => mul(x, 1.0001));
    let x = counting();
    for (let i = 0; i < 5; i++) x = step(x) as Tensor;
    const before = backend.stats();
    for (let i = 0; i < 500; i++) x = step(x) as Tensor;
    expect(backend.stats()).toMatchObject({ memory: before["memory"], resident: 0 });
  });
});

test("the least recently used makes room, and what is being read stays until it is released", () => {
  const memory = new ArenaMemory();
  const residents = new Residents(memory, copyInto, 3 * 4160);
  const arrays = Array.from({ length: 5 }, (_, k) => new Float32Array(1024).fill(k));
  const hold = (k: number) => residents.hold(arrays[k] as Float32Array, "float32", [1024], 1024);
  const use = (k: number): number => { const r = hold(k); residents.release(r); return r.at; };
  arrays.forEach((_, k) => use(k)); // seen once
  expect(residents.bytes).toBe(0);
  const read = hold(0);
  const places = [1, 2].map(use);
  expect(residents.bytes).toBe(3 * 4160);
  expect([use(1), use(2)]).toEqual(places);
  use(3); // 0 is the oldest; it goes, and is still there
  expect(memory.at("float32", read.at, 3)).toEqual(new Float32Array([0, 0, 0]));
  expect(residents.bytes).toBe(3 * 4160);
  residents.release(read);
  expect(use(4)).toBe(read.at);
  expect([1, 2, 3, 4].map((k) => memory.at("float32", hold(k).at, 1)[0])).toEqual([1, 2, 3, 4]);
});

test("an array beyond the budget does not stay, and pushes nothing out", () => {
  const memory = new ArenaMemory();
  const residents = new Residents(memory, copyInto, 4160);
  const [small, huge] = [new Float32Array(1024), new Float32Array(4096)];
  const use = (x: Float32Array): void => residents.release(residents.hold(x, "float32", [x.length], x.length));
  for (let i = 0; i < 3; i++) use(small);
  for (let i = 0; i < 3; i++) use(huge);
  expect(residents.bytes).toBe(4160);
});

test("an argument that was given away takes no memory with it", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const x = counting();
    const f = jit((y: Tensor) => mul(y, 2), { donateArgnums: 0 });
    f(x);
    f(counting());
    const before = backend.stats()["memory"];
    for (let i = 0; i < 100; i++) expect(() => f(x)).toThrow(/donated/);
    expect(backend.stats()["memory"]).toBe(before);
  });
});
