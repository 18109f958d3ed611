// Leaves by a known structure are those that taking the tree apart gives, or none.

import { array, registerTreeNode, type Tensor, treeFlatten, useBackend } from "@gradus/core";
import { beforeEach, expect, test } from "vitest";
import { takeLeaves } from "../src/expected-leaves.js";
import { makeProgram } from "../src/index.js";
import { storage } from "./support.js";

beforeEach(() => useBackend(storage));

class Pair {
  readonly parts: readonly unknown[];
  constructor(...parts: unknown[]) {
    this.parts = parts;
  }
}
registerTreeNode(Pair, ({ parts }) => [parts, null], (_aux, parts) => new Pair(...parts));

const taken = (like: unknown, x: unknown): Tensor[] | undefined => {
  const leaves: Tensor[] = [];
  return takeLeaves(treeFlatten(like)[1], x, leaves) ? leaves : undefined;
};

test("every pair of trees: the leaves where structures are equal, nothing where they are not", () => {
  const [a, b, c] = [array(1), array([2]), array(3)];
  class Inherits {
    a = a;
  }
  const bare = Object.assign(Object.create(null) as object, { a, b });
  const trees: unknown[] = [
    [], [a], [a, b], [b, a], [[a], b], [a, [b]], [a, [b, c]], {}, { a }, { a, b }, { b, a }, bare, { a, c }, { a: b }, { a: [b] }, { a: { b } }, { a: null, b }, { a: null }, [null], null,
    { a, b: undefined }, { toString: a }, { 0: a }, { length: a }, [a, 1], { a: 1 }, "text", 5, a, new Pair(a, b), [new Pair(a, b)], new Inherits(), { 0: a, 1: b }, Object.assign([a], { b }),
    Object.create({ a }),
  ];
  for (const [i, like] of trees.entries()) {
    for (const [k, x] of trees.entries()) {
      const [leaves, def] = treeFlatten(x);
      const found = taken(like, x);
      if (found !== undefined) expect([i, k, def.equals(treeFlatten(like)[1]), found.length === leaves.length && found.every((t, n) => t === leaves[n])]).toEqual([i, k, true, true]);
    }
  }
  const indices = (found?: Tensor[]): number[] | undefined => found?.map((t) => [a, b, c].indexOf(t));
  expect(indices(taken({ b: [c, null], a }, { a: b, b: [a, null] }))).toEqual([1, 0]);
  expect(indices(taken({ a, b }, bare))).toEqual([0, 1]);
});

test("tracers are left to the longer way", () => {
  let seen: unknown = "nothing";
  makeProgram((x: Tensor) => ((seen = taken([x], [x])), x))(array(1));
  expect(seen).toBeUndefined();
});
