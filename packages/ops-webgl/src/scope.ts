/// <reference lib="esnext.disposable" preserve="true" />
// Freeing by extent: what is made while a scope is open goes with it, but for what is kept.

import { Tensor, treeLeaves } from "@gradus/core";
import type { Memory, Storage } from "./storage.js";
import { View } from "./view.js";

/** An open scope, to be closed by `using` or by hand. */
export class Scope {
  readonly #memory: Memory;
  readonly #made: Set<Storage>;
  readonly #kept: Storage[] = [];

  /** @internal Made by `backend.scope()`. */
  constructor(memory: Memory) {
    this.#memory = memory;
    this.#made = memory.open();
  }

  /** Lets the tensors in a tree outlive this scope; gives the tree. */
  keep<T>(tree: T): T {
    this.#kept.push(...storagesIn(tree));
    return tree;
  }

  /** Frees what was made since the scope was opened and is not kept. A second time it does nothing. */
  close(): void {
    this.#memory.close(this.#made, this.#kept);
  }

  // For `using`. Engines that do not know the symbol do not know the statement either.
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The elements of the tensors in a tree that are on a device; also of those on the stacks of loops. */
export function storagesIn(tree: unknown): Storage[] {
  return treeLeaves(tree).flatMap((leaf) => {
    const payload = leaf instanceof Tensor ? leaf.payload : undefined;
    return payload instanceof View ? [payload.storage] : Array.isArray(payload) ? storagesIn(payload) : [];
  });
}
