// The loop IR: what a program is between tracing and WebAssembly. Values live in buffers; loop nests compute typed scalar
// expressions of one element and store them; what is no loop nest is a step of its own. `print.ts` shows it as text.

import type { AnyPrimitive, Aval, Shape, Tensor } from "@gradus/core";
import type { Intrinsic } from "@gradus/core/scalar";
import type { Buffer, Type } from "./buffer.js";

export type { Buffer, Type } from "./buffer.js";
export { bytesOf, storedType } from "./buffer.js";

/** Where an element is: offset + Σ index·stride, in elements; one stride for each axis of the nest. */
export interface Place {
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A scalar expression of the indices of a nest. A DAG: nodes are shared, and each is computed once. */
export type Node = Load | Index | Constant | Conversion | Call;

export interface Load extends Place {
  readonly kind: "load";
  readonly type: Type;
  readonly buffer: Buffer;
}
/** The indices themselves: an int32 affine in them. */
export interface Index extends Place {
  readonly kind: "index";
  readonly type: Type;
}
export interface Constant {
  readonly kind: "const";
  readonly type: Type;
  readonly value: number;
}
export interface Conversion {
  readonly kind: "cast";
  readonly type: Type;
  readonly args: readonly [Node];
}
export interface Call {
  readonly kind: "call";
  readonly type: Type;
  /** The type of its operands, the predicate of a choice aside. */
  readonly on: Type;
  readonly op: Intrinsic;
  readonly args: readonly Node[];
}

/** How the elements along reduced axes are joined, and what they are joined to first. */
export interface Fold {
  /** Associative, with `init` as its neutral element. */
  readonly op: Intrinsic;
  readonly init: number;
}

/** A value stored at every point of a nest, or joined to what is there along the reduced axes. */
export interface Store extends Place {
  readonly buffer: Buffer;
  readonly value: Node;
  readonly fold?: Fold | undefined;
}

/** Loops over all points of `dims`, outermost first. */
export interface Nest {
  readonly kind: "nest";
  readonly dims: readonly number[];
  /** Which loops run over elements that are joined; only stores with a fold are then summed over them. */
  readonly reduced: readonly boolean[];
  readonly stores: readonly Store[];
  /** The primitives that it computes. */
  readonly names: readonly string[];
}

/** An array in a buffer, as a kernel takes it; or a stack, where the buffer has an `element`. */
export interface Operand extends Place {
  readonly buffer: Buffer;
  readonly shape: Shape;
  readonly aval: Aval;
}

/** A value that is not in the arena: float0, or a stack where backends have none. It is kept by its number. */
export interface Opaque {
  readonly opaque: number;
  readonly aval: Aval;
}

/** A step that the eager kernel of the backend runs. */
export interface Host {
  readonly kind: "host";
  readonly primitive: AnyPrimitive;
  readonly params: unknown;
  /** What it does beside computing. */
  readonly effect: "unordered" | "ordered" | undefined;
  readonly args: readonly (Operand | Opaque | Tensor)[];
  readonly outs: readonly (Operand | Opaque)[];
}

/** A step with code of its own, which knows where its operands are. */
export interface Kernel {
  readonly kind: "kernel";
  readonly name: string;
  readonly args: readonly Operand[];
  readonly outs: readonly Operand[];
  /** Room that it works in. */
  readonly scratch: readonly Buffer[];
  /** The nests that it is made of, if it is: they run over some of the points at a time. */
  readonly nests?: readonly Nest[] | undefined;
  /** What the emitter of the backend that made it takes. */
  readonly code: unknown;
}

/**
 * A row of an array, and the buffer that holds it during a step of a loop. Of a stack it is the element at the place of the step,
 * zeros beyond the end; where that is a stack itself the buffer does not own what it stands for.
 */
export interface Row {
  readonly array: Operand;
  readonly row: Buffer;
}

/** A buffer that is copied to another one, a stack with all that is on it. */
export interface Move {
  readonly from: Buffer;
  readonly to: Buffer;
}

/**
 * Steps that are done so many times: slices are copied in, results out, and what is carried to where the next turn reads it. Stacks that
 * take results have as many elements as there are turns.
 */
export interface Repeat {
  readonly kind: "repeat";
  /** A number, or an int32 scalar; none if it is negative. */
  readonly count: number | Operand;
  readonly reverse: boolean;
  readonly slices: readonly Row[];
  readonly steps: readonly Step[];
  readonly rows: readonly Row[];
  readonly carried: readonly Move[];
}

/** Steps that are done as long as the condition's steps leave true in `holds`; each turn adds an element to the stacks of `rows`. */
export interface While {
  readonly kind: "while";
  readonly condition: readonly Step[];
  readonly holds: Buffer;
  readonly steps: readonly Step[];
  readonly rows: readonly Row[];
  readonly carried: readonly Move[];
}

/** One of several lists of steps, by an index that is clamped to those there are. */
export interface Branch {
  readonly kind: "branch";
  readonly index: Operand;
  readonly branches: readonly { readonly steps: readonly Step[]; readonly results: readonly Move[] }[];
}

export type Step = Nest | Host | Kernel | Repeat | While | Branch;

/** What a program gives: an array of the arena, one of its own arguments, something known, or a value kept aside. */
export type Result = Operand | { readonly argument: number } | Tensor | Opaque;

/** A whole program. */
export interface LoopProgram {
  /** Where arguments go; undefined for those that are not used. */
  readonly inputs: readonly (Operand | Opaque | undefined)[];
  /** Captured arrays and where they go. */
  readonly constants: readonly (readonly [Tensor, Operand | Opaque])[];
  readonly steps: readonly Step[];
  readonly outputs: readonly Result[];
  readonly buffers: readonly Buffer[];
}

/** The nodes that a node is computed from. */
export const argsOf = (node: Node): readonly Node[] => (node.kind === "call" || node.kind === "cast" ? node.args : []);

/** Calls `visit` once for every node under some, operands first. */
export function forEachNode(roots: readonly Node[], visit: (node: Node) => void): void {
  const seen = new Set<Node>();
  const walk = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const a of argsOf(node)) walk(a);
    visit(node);
  };
  for (const root of roots) walk(root);
}
