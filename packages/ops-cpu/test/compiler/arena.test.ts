// The memory plan: what is shared, and what must not be.

import { add, reduceSum, type Tensor, transpose, useBackend } from "@gradus/core";
import { cumsum, exp, sin, sub } from "@gradus/ops";
import { beforeEach, expect, test } from "vitest";
import type { Arena } from "../../src/compiler/arena.js";
import { validateArena } from "../../src/compiler/validate-arena.js";
import { compiled, eager, values } from "./support.js";

beforeEach(() => useBackend(eager));

test("a result takes the place of an operand that is not needed any more", () => {
  const { arena } = compiled((x) => exp(x), [values([1024])]);
  expect(arena.inPlace).toBe(1);
  expect(arena.bytes).toBe(4096 + 64);
});

test("but not where elements are read after they are overwritten, or are needed again", () => {
  expect(compiled((x) => add(x, transpose(x)), [values([8, 8])]).arena.inPlace).toBe(0);
  expect(compiled((x) => { const y = cumsum(x); return add(cumsum(y), y); }, [values([64])]).arena.inPlace).toBe(1);
});

test("nor where vectors at the ends of rows go beyond them", () => {
  expect(compiled((x, y) => add(x, y), [values([5, 3]), values([3])]).arena.inPlace).toBe(0);
  expect(compiled((x, y) => add(x, y), [values([5, 4]), values([4])]).arena.inPlace).toBe(1);
});

test("what a result outside of the arena is computed from is computed in its place, and has no room inside", () => {
  const large = (f: (...xs: Tensor[]) => Tensor, ...args: Tensor[]): Arena => {
    const { loops, arena } = compiled(f, args, undefined, 4096);
    validateArena(loops, arena);
    return arena;
  };
  const [x, y] = [values([1024]), values([1024])];
  const step = large((x, g) => sub(x, cumsum(g)), x, y);
  expect(step.pointers.size).toBe(4);
  expect(new Set(step.pointers.values()).size).toBe(3);
  expect(step.inPlace).toBe(1);
  expect(step.bytes).toBeLessThan(1024);
  // Two in a row; one that is read again afterwards is not one of them.
  expect(large((x, g) => cumsum(sub(x, cumsum(cumsum(sin(g))))), x, y).inPlace).toBe(1);
  expect(large((x, g) => { const c = cumsum(g); return add(sub(x, c), cumsum(c)); }, x, y).inPlace).toBe(1);
});

test("the validator finds arrays outside that share a place while both are needed", () => {
  const { loops, arena } = compiled((x, y) => sub(x, cumsum(y)), [values([1024]), values([1024])], undefined, 4096);
  const pointers = new Map([...arena.pointers].map(([b]) => [b, 0]));
  expect(() => validateArena(loops, { ...arena, pointers })).toThrow("share bytes");
});

test("buffers of a long chain share the bytes of a few", () => {
  const f = (x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < 20; i++) y = cumsum(sin(y));
    return y;
  };
  const { arena, loops } = compiled(f, [values([1024])]);
  expect(loops.buffers.length).toBeGreaterThan(20);
  expect(arena.bytes).toBeLessThan(4 * (4096 + 64));
});

test("the validator finds buffers that share bytes while both are needed", () => {
  const { loops, arena } = compiled((x) => add(reduceSum(cumsum(x)), x), [values([64])]);
  const offsets = new Map([...arena.offsets].map(([b]) => [b, 0]));
  expect(() => validateArena(loops, { ...arena, offsets })).toThrow("share bytes");
});
