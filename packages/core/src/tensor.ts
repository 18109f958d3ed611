// Array values. A concrete tensor holds a payload that its backend understands (an inline number for a 0-d one); a
// tracer holds a payload that one handler's frame understands. Both have an aval, and neither is ever mutated.

import { type Aval } from "./aval.js";
import { allocate, type DType, type TypedArray } from "./dtype.js";
import { ArgumentError, ConcretizationError, DuplicateCoreError, TracerCoercionError } from "./errors.js";

/** What a tensor needs of the backend that holds its data. */
export interface Storage {
  readonly name: string;
  /** A fresh typed array of the elements in row-major order. */
  read(x: Tensor): TypedArray;
  readAsync(x: Tensor): Promise<TypedArray>;
  /** Told of a tensor that was donated or disposed of, whose data nobody uses again unless one of `kept`, the results of a call, shares it. */
  release?(x: Tensor, kept: readonly Tensor[]): void;
}

/** What a tracer needs of the frame that owns it. */
export interface TracerOwner {
  readonly alive: boolean;
  readonly depth: number;
  readonly handler: {
    readonly name: string;
    concrete?(payload: unknown): Tensor | undefined;
    show?(payload: unknown): string;
    readonly mend?: string;
  };
}

/** A nested array of JS values, as `x.js()` gives it. */
export type NestedArray = number | boolean | NestedArray[];

/** Any array value, concrete or traced. */
export class Tensor {
  declare readonly aval: Aval;
  /** @internal */
  declare readonly payload: unknown;
  /** @internal The frame that owns a tracer; null for a concrete tensor. */
  declare readonly frame: TracerOwner | null;
  /** @internal The backend that holds a concrete tensor; null for a tracer, and for an inline number of no backend. */
  declare readonly backend: Storage | null;

  /** @internal Tensors come from {@link array}, operations and backends. */
  constructor(aval: Aval, payload: unknown, frame: TracerOwner | null, backend: Storage | null) {
    this.aval = aval;
    this.payload = payload;
    this.frame = frame;
    this.backend = backend;
  }

  /** @internal Marks tensors for other loaded copies of core. */
  get "@gradus/tensor"(): true {
    return true;
  }

  get shape(): readonly number[] {
    return this.aval.shape;
  }
  get dtype(): DType {
    return this.aval.dtype;
  }
  get ndim(): number {
    return this.aval.ndim;
  }
  get size(): number {
    return this.aval.size;
  }

  /** The only element, as a JS value. @throws ConcretizationError on a tracer whose value is not known */
  item<T extends number | boolean = number>(): T {
    if (this.size !== 1) {
      throw new ArgumentError(`item() needs one element, and this is ${this.aval}: use js() or data().`);
    }
    const x = concrete(this, "item()");
    return host(typeof x.payload === "number" ? x.payload : (readData(x)[0] as number), x.dtype) as T;
  }

  /** Nested JS arrays of numbers or booleans; a bare value for a 0-d tensor. */
  js(): NestedArray {
    const x = concrete(this, "js()");
    const data = readData(x);
    let next = 0;
    const nest = (axis: number): NestedArray =>
      axis === x.ndim ? host(data[next++] as number, x.dtype) : Array.from({ length: x.shape[axis] as number }, () => nest(axis + 1));
    return nest(0);
  }

  /** The elements in row-major order, copied. */
  dataSync(): TypedArray {
    return readData(concrete(this, "dataSync()"));
  }

  /** The elements in row-major order, copied, without blocking where the backend can. */
  async data(): Promise<TypedArray> {
    const x = concrete(this, "data()");
    return x.backend ? x.backend.readAsync(x) : readData(x);
  }

  toString(): string {
    const { aval, frame } = this;
    if (frame) {
      const { handler } = frame;
      return `Tracer<${aval}, ${handler.name}>${frame.alive && handler.show ? ` ${handler.show(this.payload)}` : ""}`;
    }
    return `Tensor<${aval}>${aval.dtype === "float0" ? "" : ` ${printValues(this)}`}`;
  }

  toJSON(): NestedArray {
    return this.js();
  }

  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TracerCoercionError(
      `JavaScript tried to convert ${this.aval} to a primitive value, which would lose its derivative: ` +
        "instead of operators and Math functions " +
        "write mul(x, 2), add(x, 1), greater(x, 0), equal(x, 1), sin(x); for a JS number, x.item().",
    );
  }

  [Symbol.iterator](): never {
    throw new TracerCoercionError(
      `${this.aval} cannot be spread or iterated: use take(x, i), vmap over an axis, or js().`,
    );
  }
}

// An element as a JS value.
const host = (value: number, dtype: DType): number | boolean => (dtype === "bool" ? value !== 0 : value);

/**
 * A tensor that stands for a value inside a transformation: one that a frame owns. Handlers make plain tensors with a frame, of one
 * hidden class with all others: engines are fast where they always meet the same.
 */
export class Tracer extends Tensor {
  declare readonly frame: TracerOwner;

  static override [Symbol.hasInstance](x: unknown): boolean {
    return x instanceof Tensor && x.frame !== null;
  }
}

/** Whether `x` is a tensor of this copy of core. @throws DuplicateCoreError for a tensor of another copy */
export function isTensor(x: unknown): x is Tensor {
  if (x instanceof Tensor) return true;
  if ((x as Record<string, unknown> | null | undefined)?.["@gradus/tensor"] === true) {
    throw new DuplicateCoreError(
      "A tensor of another loaded copy of @gradus/core arrived here: run `npm ls @gradus/core`, then align the versions or dedupe.",
    );
  }
  return false;
}

/** The concrete tensor behind `x`, where its handlers say that it is known. */
function concrete(x: Tensor, method: string): Tensor {
  let value = x;
  while (value.frame) {
    const { handler } = value.frame;
    const inner = value.frame.alive ? handler.concrete?.(value.payload) : undefined;
    if (!inner) {
      throw new ConcretizationError(
        `${method} of ${x}: its value is not available under ${handler.name}. ${
          handler.mend ?? "Return the value and read it outside."
        }`,
      );
    }
    value = inner;
  }
  if (value.dtype === "float0") throw new ConcretizationError(`${method}: float0 tensors hold no values.`);
  return value;
}

function readData(x: Tensor): TypedArray {
  if (x.backend) return x.backend.read(x);
  const out = allocate(x.dtype, 1);
  out[0] = x.payload as number;
  return out;
}

const shown = 6; // entries printed at either end of a long axis, as in NumPy's summaries (there 3)

function printValues(x: Tensor): string {
  const print = (v: NestedArray | string): string => {
    if (!Array.isArray(v)) return Object.is(v, -0) ? "-0" : String(typeof v === "number" && v % 1 ? +v.toPrecision(7) : v);
    return `[${(v.length > 2 * shown ? [...v.slice(0, shown), "…", ...v.slice(-shown)] : v).map(print).join(", ")}]`;
  };
  return print(x.js());
}
