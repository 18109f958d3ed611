// Large arrays in memory: arguments stay from their second use on, results from the first, within a budget, while a call reads them.

import { add, array, mul, reduceSum, type Tensor, transpose, withBackend } from "@gradus/core";
import { slice } from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { copyInto } from "../../src/copy.js";
import { ArenaMemory } from "../../src/compiler/memory.js";
import { type Place, Residents } from "../../src/compiler/residents.js";
import type { Resident } from "../../src/resident.js";
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

test("arguments that are new in every step leave no more behind than the last results", () => {
  const backend = compiling();
  withBackend(backend, () => {
    const step = jit((x: Tensor) => mul(x, 1.0001));
    let x = counting();
    for (let i = 0; i < 5; i++) x = step(x) as Tensor;
    const before = backend.stats();
    for (let i = 0; i < 500; i++) x = step(x) as Tensor;
    expect(backend.stats()).toMatchObject({ memory: before["memory"], resident: 2 * 80064 });
  });
});

test("the least recently used makes room, and what is being read stays until it is released", () => {
  const memory = new ArenaMemory();
  const residents = new Residents(memory, copyInto, 3 * 4160);
  const arrays = Array.from({ length: 5 }, (_, k) => new Float32Array(1024).fill(k));
  const hold = (k: number) => residents.hold(arrays[k] as Float32Array, "float32", [1024], 1024);
  const use = (k: number): number => { const r = hold(k); residents.release(r); return r.at; };
  arrays.forEach((_, k) => use(k)); // seen once
  expect(residents.counts.resident).toBe(0);
  const read = hold(0);
  const places = [1, 2].map(use);
  expect(residents.counts.resident).toBe(3 * 4160);
  expect([use(1), use(2)]).toEqual(places);
  use(3); // 0 is the oldest; it goes, and is still there
  expect(memory.at("float32", read.at, 3)).toEqual(new Float32Array([0, 0, 0]));
  expect(residents.counts.resident).toBe(3 * 4160);
  residents.release(read);
  expect(use(4)).toBe(read.at);
  expect([1, 2, 3, 4].map((k) => memory.at("float32", hold(k).at, 1)[0])).toEqual([1, 2, 3, 4]);
});

test("what a call needs at once may stay, though it is more than the budget", () => {
  const memory = new ArenaMemory();
  const residents = new Residents(memory, copyInto, 4160);
  const arrays = Array.from({ length: 3 }, () => new Float32Array(4096));
  const call = (): Resident => {
    const read = arrays.map((x) => residents.hold(x, "float32", [4096], 4096));
    const place = residents.make({ type: "float32", size: 4096 });
    const result = residents.settle(place, [4096]);
    for (const p of [...read, place]) residents.release(p);
    return result;
  };
  for (let i = 0; i < 3; i++) residents.forget(call());
  const { copiesIn } = residents.counts;
  for (let i = 0; i < 3; i++) residents.forget(call());
  expect(residents.counts).toMatchObject({ resident: 3 * 16448, copiesIn, copiesOut: 0, evictions: 0 });
  const small = new Float32Array(1024);
  for (let i = 0; i < 3; i++) residents.release(residents.hold(small, "float32", [1024], 1024));
  expect(residents.counts).toMatchObject({ resident: 3 * 16448 + 4160, evictions: 0 }); // four arrays were in use
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

test("results make room too, by moving to arrays, and outlast what reads them", () => {
  const memory = new ArenaMemory();
  const residents = new Residents(memory, copyInto, 2 * 4160);
  const make = (value: number): [Place, Resident] => {
    const place = residents.make({ type: "float32", size: 1024 });
    memory.at("float32", place.at, 1024).fill(value);
    const result = residents.settle(place, [1024]);
    residents.release(place);
    return [place, result];
  };
  const [[a, one], [, two]] = [make(1), make(2)];
  const read = residents.hold(one, "float32", [1024], 1024);
  expect(read).toBe(a);
  expect(residents.counts).toMatchObject({ resident: 2 * 4160, evictions: 0, copiesIn: 0, copiesOut: 0 });
  const [, three] = make(3); // two goes
  expect(residents.counts).toMatchObject({ resident: 2 * 4160, evictions: 1, copiesOut: 1 });
  make(4); // one goes, and is still there for its reader
  expect([one, two, three].map((x) => x.data[1023])).toEqual([1, 2, 3]);
  expect(memory.at("float32", read.at, 1)[0]).toBe(1);
  residents.release(read);
  expect(make(5)[0].at).toBe(a.at);
  expect([one, two, three].map((x) => x.copy()[0])).toEqual([1, 2, 3]);
  expect(residents.hold(two, "float32", [1024], 1024).at).not.toBe(a.at); // copied in again
  expect(residents.counts["copiesIn"]).toBe(1);
});

test("where memory ends, everything that need not be there moves out, and what is too large is refused", () => {
  const memory = new ArenaMemory();
  const residents = new Residents(memory, copyInto);
  const place = residents.make({ type: "float64", size: 1024 });
  memory.at("float64", place.at, 1024).fill(1.5);
  const result = residents.settle(place, [1024]);
  residents.release(place);
  expect(() => memory.reserve(5 * 2 ** 30)).toThrow(expect.objectContaining({ name: "DeviceLimitError", message: expect.stringContaining("5120.0 MiB") as string }));
  expect(residents.counts).toMatchObject({ resident: 0, evictions: 1 });
  expect(result.data).toEqual(new Float64Array(1024).fill(1.5));
});
