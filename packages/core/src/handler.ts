// What a handler and a backend are. A handler gives meaning to applications of primitives; a backend is the handler at
// the bottom, which computes.

import type { Aval } from "./aval.js";
import type { TypedArray } from "./dtype.js";
import type { AnyPrimitive, Rules } from "./primitive.js";
import type { Promoted } from "./promote.js";
import type { Storage, Tensor } from "./tensor.js";

/** Rules that a handler brings for primitives it does not own; a rule found here comes before the primitive's own. */
export type Overlay = ReadonlyMap<AnyPrimitive, Rules<any>>;

/** Gives meaning to applications of primitives for the extent of a call. */
export interface Handler {
  readonly name: string;
  /**
   * Handles one application. Whatever it performs goes to the enclosing handler: `performBelow(primitive, args, params)`
   * forwards. One output per result; a single one may be returned bare.
   */
  perform(primitive: AnyPrimitive, args: Tensor[], params: any): Tensor[] | Tensor;
  /** `"all"` (default): every application. `"own"`: only those with a tracer of this handler among the arguments. */
  readonly sees?: "all" | "own";
  /** `"open"` (default): sees what is inside higher-order primitives. `"forward"`: is handed them whole. */
  readonly higherOrder?: "open" | "forward";
  readonly overlay?: Overlay;
  /** It keeps its frame itself and uses neither `lift` nor `payloadOf`: saves bookkeeping at every application. */
  readonly knowsFrame?: boolean;
  /** The concrete value behind a payload, where reading it can lose no gradient. */
  concrete?(payload: any): Tensor | undefined;
  /** The payload as text, for printing a tracer. */
  show?(payload: any): string;
  /** What to do instead of reading a value that this handler does not know, for the error message. */
  readonly mend?: string;
}

export interface BackendStats {
  readonly [counter: string]: number;
}

/** The handler at the bottom, which computes. Only `perform`, `put` and the reads are indispensable. */
export interface Backend extends Handler, Storage {
  /** A tensor of host data in row-major order. With `alias` the tensor may keep `data` instead of a copy. */
  put(data: TypedArray, aval: Aval, alias?: boolean): Tensor;
  read(x: Tensor): TypedArray;
  readAsync(x: Tensor): Promise<TypedArray>;
  /** Whether every element is zero, where that is cheaper than reading them. */
  isZero?(x: Tensor): boolean;
  supports?(aval: Aval): boolean;
  /** The kernel that would run a primitive, if there is one. */
  kernel?(primitive: AnyPrimitive): unknown;
  /** A function that runs a whole program. */
  compile?(program: unknown): (args: Tensor[]) => Tensor[];
  /** Compiles a program ahead of its first application, without blocking for long. */
  prepare?(program: unknown): Promise<void>;
  /** How a whole program is run, as text. */
  explainPlan?(program: unknown): string;
  /** Counts of what was run and moved: how a test sees that the fast path was taken. */
  stats?(): BackendStats;
  /** Elementwise operations on concrete tensors, broadcasting and promoting: the fast path of the wrappers. */
  elementwise1?(primitive: AnyPrimitive, x: Tensor, params: any, resolve?: Resolve): Tensor;
  elementwise2?(primitive: AnyPrimitive, x: Tensor, y: Tensor, params: any, resolve?: Resolve): Tensor;
}

/**
 * What operands of an elementwise primitive are converted to, and the aval of the result. Wrappers hand it to the fast path,
 * so that only programs that promote and broadcast carry the code for it; without it operands must have equal avals.
 */
export type Resolve = (primitive: AnyPrimitive, avals: readonly Aval[], params: unknown) => { type: Promoted; out: Aval };
