// Pytrees: flattening and rebuilding are inverse, structures compare, and mismatches are named.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArgumentError, avalOf, flattenAs, flattenPrefix, registerTreeNode, scalarTensor, tree, TreeMismatchError } from "../src/index.js";

const leaf = fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.string(), fc.constant(undefined));
const trees = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, fc.constant(null), fc.array(tie("tree"), { maxLength: 4 }), fc.dictionary(fc.string({ maxLength: 3 }), tie("tree"), { maxKeys: 4 })),
})).tree;

const plain = (x: unknown): unknown => (Array.isArray(x) ? x.map(plain) : typeof x === "object" && x !== null ? Object.fromEntries(Object.entries(x).map(([k, v]) => [k, plain(v)])) : x);

describe("the laws of trees", () => {
  test("unflatten ∘ flatten is the identity", () => {
    fc.assert(
      fc.property(trees, (t) => {
        const [leaves, def] = tree.flatten(t);
        expect(tree.unflatten(def, leaves)).toEqual(plain(t));
      }),
      { seed: 1 },
    );
  });
  test("flatten ∘ unflatten is the identity, for any leaves", () => {
    fc.assert(
      fc.property(trees, fc.infiniteStream(fc.integer()), (t, stream) => {
        const def = tree.structure(t);
        const leaves = [...stream.take(def.size)];
        const [again, same] = tree.flatten(tree.unflatten(def, leaves));
        expect(again).toEqual(leaves);
        expect(same.equals(def)).toBe(true);
      }),
      { seed: 1 },
    );
  });
  test("map keeps the structure, composes, and visits leaves in order", () => {
    fc.assert(
      fc.property(trees, (t) => {
        let n = 0;
        const numbered = tree.map(() => n++, t);
        expect(tree.leaves(numbered)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(tree.structure(numbered).equals(tree.structure(t))).toBe(true);
        expect(tree.map((x: number) => x + 1, tree.map((x: number) => x * 2, numbered))).toEqual(tree.map((x: number) => x * 2 + 1, numbered));
      }),
      { seed: 1 },
    );
  });
  test("structures are equal exactly where they print alike with quoted keys, and never else", () => {
    const shape = (t: unknown): string =>
      t === null ? "null" : Array.isArray(t) ? `[${t.map(shape).join()}]` : typeof t === "object" ? `{${Object.keys(t).sort().map((k) => JSON.stringify(k) + shape((t as never)[k])).join()}}` : "*";
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        expect(tree.structure(a).equals(tree.structure(b))).toBe(shape(a) === shape(b));
      }),
      { seed: 1 },
    );
  });
  test("all holds for every leaf, and for none", () => {
    expect([tree.all((x) => x > 0, [1, { a: 2 }]), tree.all((x) => x > 1, [1, 2]), tree.all(() => false, [null, []])]).toEqual([true, false, true]);
  });
});

describe("what is a leaf and what is a tree", () => {
  test("keys are visited in sorted order, whatever order they were written in", () => {
    expect(tree.leaves({ b: 1, a: 2, 10: 3, 9: 4 })).toEqual([3, 4, 2, 1]);
    expect(tree.structure({ a: 1, b: 2 }).equals(tree.structure({ b: 1, a: 2 }))).toBe(true);
  });
  test("null is an empty tree, undefined a leaf", () => {
    expect(tree.flatten([null, undefined, { a: null }])[0]).toEqual([undefined]);
    expect(String(tree.structure([null, undefined, { a: null }]))).toBe("[null, *, {a: null}]");
  });
  test("arrays differ from objects with the same keys, and by length", () => {
    expect(tree.structure([1]).equals(tree.structure({ 0: 1 }))).toBe(false);
    expect(tree.structure([1, 2]).equals(tree.structure([1, [2]]))).toBe(false);
    expect(tree.structure([]).equals(tree.structure(null))).toBe(false);
    expect(tree.structure([]).equals(tree.structure({}))).toBe(false);
  });
  test("tensors, functions, dates, maps, typed arrays and class instances are leaves", () => {
    class Plain {}
    const leaves = [scalarTensor(1, avalOf([], "float32")), () => 0, new Date(), new Map(), new Set(), new Float32Array(2), new Plain(), Symbol("s"), 1n];
    expect(tree.leaves(leaves).every((x, i) => x === leaves[i])).toBe(true);
    expect(tree.structure(leaves).size).toBe(leaves.length);
  });
  test("objects without prototype are trees", () => {
    const bare = Object.assign(Object.create(null) as Record<string, unknown>, { a: 1 });
    expect(tree.flatten(bare)[0]).toEqual([1]);
  });
  test("a key named __proto__ is a key", () => {
    const t = JSON.parse('{"__proto__": 1, "a": 2}') as unknown;
    const [leaves, def] = tree.flatten(t);
    const rebuilt = tree.unflatten(def, leaves) as object;
    expect([leaves, Object.keys(rebuilt).sort(), Object.getPrototypeOf(rebuilt)]).toEqual([[1, 2], ["__proto__", "a"], Object.prototype]);
  });
});

class Pair {
  readonly a: unknown;
  readonly b: unknown;
  readonly tag: unknown;
  constructor(a: unknown, b: unknown, tag: unknown) {
    this.a = a;
    this.b = b;
    this.tag = tag;
  }
}
registerTreeNode(
  Pair,
  (p) => [[p.a, p.b], p.tag],
  (tag, [a, b]) => new Pair(a, b, tag),
);
class Other extends Pair {}

describe("registered classes", () => {
  test("fall apart into children and are rebuilt as instances, with their static data", () => {
    const p = new Pair([1, null], { x: 2 }, "tag");
    const doubled = tree.map((x: number) => x * 2, { p });
    expect(doubled.p).toBeInstanceOf(Pair);
    expect(doubled.p).toEqual(new Pair([2, null], { x: 4 }, "tag"));
    expect(String(tree.structure(p))).toBe("custom([*, null], {x: *})");
  });
  test("are equal in structure when class, static data and children are", () => {
    const def = (tag: unknown, b: unknown = 2): ReturnType<typeof tree.structure> => tree.structure(new Pair(1, b, tag));
    const object = {};
    expect([def("a").equals(def("a")), def("a").equals(def("b")), def("a").equals(def("a", [2])), def(object).equals(def(object)), def({}).equals(def({})), def(1).equals(def("1"))]).toEqual([
      true, false, false, true, false, false,
    ]);
    class Twin {}
    registerTreeNode(Twin, () => [[1, 2], "a"], () => new Twin());
    expect(tree.structure(new Twin()).equals(def("a"))).toBe(false);
  });
  test("pass on to subclasses that do not register themselves", () => {
    expect(tree.leaves(new Other(1, 2, 0))).toEqual([1, 2]);
  });
  test("are rebuilt from placeholders of any kind", () => {
    const def = tree.structure(new Pair(1, 2, 0));
    expect(tree.unflatten(def, [undefined, "x"])).toEqual(new Pair(undefined, "x", 0));
  });
});

describe("mismatches", () => {
  test("unflatten wants as many leaves as the structure has", () => {
    const def = tree.structure([1, { a: 2 }]);
    for (const leaves of [[], [1], [1, 2, 3]]) {
      expect(() => tree.unflatten(def, leaves)).toThrow(TreeMismatchError);
      expect(() => tree.unflatten(def, leaves)).toThrow(`[*, {a: *}] holds 2 leaves, and ${leaves.length} were given`);
    }
  });
  test.each([
    [[1, 2], [1]],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [[1], { 0: 1 }],
    [[1, null], [1, 2]],
    [1, [1]],
  ])("map refuses %j with %j, printing both", (a, b) => {
    expect(() => tree.map((x) => x as unknown, a, b)).toThrow(TreeMismatchError);
    expect(() => tree.map((x) => x as unknown, a, b)).toThrow(`argument 3 has the structure ${tree.structure(b)}, expected ${tree.structure(a)} (* is a leaf)`);
  });
  test("flattenAs gives the leaves where structures agree", () => {
    expect(flattenAs(tree.structure({ a: 0, b: [0] }), { b: [2], a: 1 }, "it")).toEqual([1, 2]);
  });
});

describe("prefix trees", () => {
  const def = tree.structure({ a: [0, 0], b: { c: 0, d: null } });
  const isFlag = (x: unknown): boolean => x === null || typeof x === "number";
  test.each<[unknown, unknown[]]>([
    [7, [7, 7, 7]],
    [null, [null, null, null]],
    [{ a: 1, b: 2 }, [1, 1, 2]],
    [{ b: null, a: [1, 2] }, [1, 2, null]],
    [{ a: [1, 2], b: { c: 3, d: 9 } }, [1, 2, 3]],
  ])("%j spreads over the leaves", (prefix, expected) => {
    expect(flattenPrefix(prefix, def, isFlag, "flags")).toEqual(expected);
  });
  test.each<[unknown]>([[{ a: 1 }], [{ a: [1], b: 2 }], [[1, 2]], [{ a: 1, b: 2, c: 3 }], ["x"], [{ a: { 0: 1, 1: 2 }, b: 2 }], [{ a: [[1], 2], b: 3 }], [undefined], [{ a: 1, b: undefined }]])("%j is no prefix", (prefix) => {
    expect(() => flattenPrefix(prefix, def, isFlag, "flags")).toThrow(ArgumentError);
    expect(() => flattenPrefix(prefix, def, isFlag, "flags")).toThrow(/flags: .*not a prefix of the structure/);
  });
  test("keys with commas are not taken for two", () => {
    expect(() => flattenPrefix({ a: 1, b: 2 }, tree.structure({ "a,b": 0 }), isFlag, "flags")).toThrow(ArgumentError);
  });
  test("a registered class takes a whole prefix only", () => {
    const pair = tree.structure([new Pair(0, 0, "t")]);
    expect(flattenPrefix([5], pair, isFlag, "flags")).toEqual([5, 5]);
    expect(() => flattenPrefix([[1, 2]], pair, isFlag, "flags")).toThrow(ArgumentError);
  });
});
