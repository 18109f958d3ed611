// Pytrees: nested arrays, plain objects and registered classes with leaves at the ends. `null` is an empty subtree.
// Anything else, tensors included, is a leaf. Keys are visited in sorted order, so that {a, b} and {b, a} are one structure.

import { assertFunction } from "./arguments.js";
import { ArgumentError, TreeMismatchError } from "./errors.js";
import { Tensor } from "./tensor.js";

/** Nested arrays and objects of leaves `T`. */
export type Tree<T> = T | null | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

/** The same structure with every leaf replaced by `R`. A function, which a pullback is, stays what it is. */
export type MapTree<T, L, R> = T extends L
  ? R
  : T extends (...args: never[]) => unknown
    ? T
    : T extends readonly unknown[] | object
      ? { [K in keyof T]: MapTree<T[K], L, R> }
      : T;

/** How a class instance, or a function that carries data, falls apart into children and static data. */
export interface TreeNode<T = unknown, S = unknown> {
  flatten(x: T): readonly [children: readonly unknown[], aux: S];
  unflatten(aux: S, children: readonly unknown[]): T;
}

/** @internal Where a node type is found on an instance, its prototype or a function. */
export const treeNode: unique symbol = /* @__PURE__ */ Symbol.for("@gradus/tree-node") as never;

/**
 * Makes instances of a class pytree nodes: `flatten` gives the children and static data, `unflatten` takes static data and any
 * children, placeholders included.
 * @example registerTreeNode(Pair, (p) => [[p.a, p.b], null], (_aux, [a, b]) => new Pair(a, b))
 */
export function registerTreeNode<T, S>(
  cls: abstract new (...args: never[]) => T,
  flatten: (x: T) => readonly [children: readonly unknown[], aux: S],
  unflatten: (aux: S, children: readonly unknown[]) => T,
): void {
  (cls.prototype as { [treeNode]?: TreeNode<T, S> })[treeNode] = { flatten, unflatten };
}

type Kind = "leaf" | "null" | "array" | "object" | "custom";

const noKeys: readonly string[] = [];

/** The structure of a pytree without its leaves. */
export class TreeDef {
  declare readonly size: number;

  declare readonly kind: Kind;
  declare readonly children: readonly TreeDef[];
  declare readonly keys: readonly string[];
  declare readonly node: TreeNode | undefined;
  declare readonly aux: unknown;

  /** @internal */
  constructor(kind: Kind, children: readonly TreeDef[], keys: readonly string[] = noKeys, node?: TreeNode, aux?: unknown) {
    this.kind = kind;
    this.children = children;
    this.keys = keys;
    this.node = node;
    this.aux = aux;
    let size = kind === "leaf" ? 1 : 0;
    for (const c of children) size += c.size;
    this.size = size;
  }

  equals(other: TreeDef): boolean {
    const { kind, children, keys, node, aux } = this;
    return (
      this === other ||
      (kind === other.kind &&
        node === other.node &&
        aux === other.aux &&
        children.length === other.children.length &&
        children.every((c, i) => keys[i] === other.keys[i] && c.equals(other.children[i] as TreeDef)))
    );
  }

  toString(): string {
    const { kind, children, keys } = this;
    const parts = children.map((c, i) => (kind === "object" ? `${keys[i]}: ${c}` : String(c))).join(", ");
    return { leaf: "*", null: "null", array: `[${parts}]`, object: `{${parts}}`, custom: `custom(${parts})` }[kind];
  }
}

const leafDef: TreeDef = /* @__PURE__ */ new TreeDef("leaf", []);
/** That of the arguments of a function of one array: the usual case, for which nothing is built. */
const loneDef: TreeDef = /* @__PURE__ */ new TreeDef("array", [leafDef]);
const nullDef: TreeDef = /* @__PURE__ */ new TreeDef("null", []);

function build(x: unknown, leaves: unknown[]): TreeDef {
  if (x === null) return nullDef;
  if ((typeof x === "object" && !(x instanceof Tensor)) || typeof x === "function") {
    const below = (c: unknown): TreeDef => build(c, leaves);
    const node = (x as { [treeNode]?: TreeNode })[treeNode];
    if (node) {
      const [children, aux] = node.flatten(x);
      return new TreeDef("custom", children.map(below), noKeys, node, aux);
    }
    if (Array.isArray(x)) {
      // A loop: Array.from takes longer than a whole operation, and map skips holes.
      const children: TreeDef[] = new Array(x.length);
      for (let i = 0; i < x.length; i++) children[i] = build(x[i], leaves);
      return new TreeDef("array", children);
    }
    const proto: unknown = Object.getPrototypeOf(x);
    if (proto === Object.prototype || proto === null) {
      const keys = Object.keys(x).sort();
      return new TreeDef("object", keys.map((k) => below((x as Record<string, unknown>)[k])), keys);
    }
  }
  leaves.push(x);
  return leafDef;
}

/** The leaves of a tree in order, and its structure. */
export function flatten(x: unknown): [leaves: unknown[], treeDef: TreeDef] {
  if (x instanceof Tensor) return [[x], leafDef];
  if (Array.isArray(x) && x.length === 1 && x[0] instanceof Tensor && x.constructor === Array) return [[x[0]], loneDef];
  const leaves: unknown[] = [];
  return [leaves, build(x, leaves)];
}

/** The tree of a structure with the given leaves. @throws TreeMismatchError when their number differs */
export function unflatten(treeDef: TreeDef, leaves: readonly unknown[]): unknown {
  if (leaves?.length !== treeDef?.size || !(treeDef instanceof TreeDef)) {
    throw new TreeMismatchError(`The structure ${treeDef} holds ${treeDef?.size} leaves, and ${leaves?.length} were given.`);
  }
  if (treeDef === leafDef) return leaves[0];
  if (treeDef === loneDef) return [leaves[0]];
  let next = 0;
  const make = ({ kind, children, keys, node, aux }: TreeDef): unknown => {
    if (kind === "leaf") return leaves[next++];
    if (kind === "null") return null;
    const parts = children.map(make);
    if (kind === "array") return parts;
    return node ? node.unflatten(aux, parts) : Object.fromEntries(keys.map((k, i) => [k, parts[i]]));
  };
  return make(treeDef);
}

/** The leaves of a tree, in order. */
export const leaves = (x: unknown): unknown[] => flatten(x)[0];

/** The structure of a tree. */
export const structure = (x: unknown): TreeDef => flatten(x)[1];

/** Applies `f` to the leaves of one or more trees of one structure. @throws TreeMismatchError @throws ArgumentError */
export function map<T>(f: (...leaves: any[]) => unknown, tree: T, ...rest: unknown[]): any {
  assertFunction(f, "tree.map");
  const [first, def] = flatten(tree);
  const others = rest.map((t, i) => flattenAs(def, t, `tree.map: argument ${i + 3}`));
  return unflatten(def, first.map((leaf, i) => f(leaf, ...others.map((o) => o[i]))));
}

/** Whether `predicate` holds at every leaf. @throws ArgumentError */
export function all(predicate: (leaf: any) => boolean, tree: unknown): boolean {
  assertFunction(predicate, "tree.all");
  return leaves(tree).every((x) => predicate(x));
}

/** The leaves of `x`, which must have the structure `def`. @throws TreeMismatchError naming `what` */
export function flattenAs(def: TreeDef, x: unknown, what: string): unknown[] {
  const [found, got] = flatten(x);
  if (got !== def && !got.equals(def)) {
    throw new TreeMismatchError(`${what} has the structure ${got}, expected ${def} (* is a leaf).`);
  }
  return found;
}

/**
 * Spreads a prefix tree over the leaves of `def`: a leaf of the prefix stands for all leaves below it.
 * `isLeaf` says which values of the prefix are leaves, `null` included where it is a value.
 */
export function flattenPrefix(prefix: unknown, def: TreeDef, isLeaf: (x: unknown) => boolean, what: string): unknown[] {
  const out: unknown[] = [];
  const walk = (p: unknown, d: TreeDef): void => {
    if (isLeaf(p)) {
      for (let i = 0; i < d.size; i++) out.push(p);
      return;
    }
    const parts =
      d.kind === "array" && Array.isArray(p) && p.length === d.children.length
        ? p
        : d.kind === "object" && typeof p === "object" && p !== null && Object.keys(p).sort().join() === d.keys.join()
          ? d.keys.map((k) => (p as Record<string, unknown>)[k])
          : undefined;
    if (parts === undefined) {
      throw new ArgumentError(`${what}: ${JSON.stringify(p)} is not a prefix of the structure ${d.toString()}.`);
    }
    d.children.forEach((c, i) => walk(parts[i], c));
  };
  walk(prefix, def);
  return out;
}
