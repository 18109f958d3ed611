// Values while loops are being formed.

import type { Aval, Shape } from "@gradus/core";
import type { Buffer, Node, Operand, Place, Store } from "./ir.js";

/** A nest that is still being filled. */
export interface Group {
  readonly kind: "group";
  /** Its place among the steps. */
  readonly at: number;
  readonly shape: Shape;
  readonly stores: Store[];
  readonly names: string[];
  /** The arrays that it reads. */
  readonly reads: Set<Buffer>;
  axes: readonly number[] | undefined;
}

/** An expression of arrays in buffers, which any later step may compute; or one in a nest, which others have to load. */
export interface Value {
  readonly node: Node;
  readonly shape: Shape;
  /** The nest that computes it. */
  readonly group?: Group | undefined;
  /** The first step that may read it. */
  readonly from: number;
  stored?: Value;
  /** Its elements in a buffer of their own, for what takes no expression. */
  copy?: Value;
}

/** What a lowering puts its result together with. */
export interface Builder {
  /** An array to be filled part by part. */
  array(aval: Aval): Operand;
  /** Stores a value at places in an array, not before the step `after`; the step that does it. */
  store(value: Value, into: Operand, place: Place, after?: number): number;
  /** The array, once the steps up to `last` have been done. */
  filled(array: Operand, last: number): Value;
  /** The value seen at other places of what it is computed from. */
  view(value: Value, aval: Aval, place: (from: Place) => Place): Value;
}
