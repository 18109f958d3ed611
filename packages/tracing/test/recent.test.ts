// The map behind caches, and the keys of what is compared by identity.

import { expect, test } from "vitest";
import { Recent } from "../src/recent.js";
import { identityKey } from "../src/tree-key.js";

test("what was used last stays", () => {
  const map = new Recent<number, string>(3);
  for (const k of [1, 2, 3]) map.set(k, String(k));
  expect(map.get(1)).toBe("1");
  map.set(4, "4");
  expect([map.size, map.get(2), map.get(3), map.get(4), map.get(1)]).toEqual([3, undefined, "3", "4", "1"]);
  map.set(3, "three");
  expect([map.size, map.get(3)]).toEqual([3, "three"]);
});

test("it never grows beyond its size", () => {
  const map = new Recent<number, number>(10);
  for (let i = 0; i < 1000; i++) {
    map.set(i, i);
    map.get(i % 7);
  }
  expect(map.size).toBe(10);
});

test("keys are equal exactly where values are the same", () => {
  const [a, b] = [Symbol("a"), Symbol("a")];
  const f = (): void => {};
  const values = [0, -0, 1, NaN, "1", "-0", "null", "a,b", "", 1n, true, "true", null, undefined, a, b, f, (): void => {}, {}, {}, [], "#0", "#1", "1n"];
  const keys = values.map(identityKey);
  expect(new Set(keys).size).toBe(values.length);
  expect(values.map(identityKey)).toEqual(keys);
});
