// A backend that computes everything twice, here and on another, and reports the first operation whose results differ. The reference is
// given the operands that the backend has, so each operation is judged by itself and errors do not add up.

import {
  type AnyPrimitive,
  ArgumentError,
  at,
  type Aval,
  type Backend,
  type BackendStats,
  base,
  ConformanceError,
  inferAvals,
  Tensor,
  toBackend,
  type TypedArray,
  withBackend,
} from "@gradus/core";
import { effectIn, userPosition } from "@gradus/tracing";
import { recaptured } from "./captured.js";
import { agree, roundoff, type Tolerance } from "./compare.js";

/** An element on which two backends disagree. */
export interface Divergence {
  readonly operation: string;
  readonly params: unknown;
  readonly operands: readonly Aval[];
  /** Which of the results, and where in it. */
  readonly output: number;
  readonly index: readonly number[];
  readonly got: number;
  readonly expected: number;
  /** The line of the program, file:line:column. */
  readonly position: string | undefined;
  readonly message: string;
}

export interface CompareOptions extends Partial<Tolerance> {
  /**
   * Whether programs that `jit` made, loops and branches are followed operation by operation (true unless given), or compared by their results,
   * which tests code that the backend made from the whole.
   */
  readonly open?: boolean;
  /** Called instead of throwing; the backend goes on with its own values. */
  readonly onDivergence?: (d: Divergence) => void;
}

/**
 * A backend for debugging: every operation runs on `backend` and on `reference`, and the first element that differs by more than rounding
 * (rtol 2e-5 and atol 2e-6 in float32 unless given; integers must be equal) is reported with the line that asked for it. Every operation waits
 * for both. @throws ConformanceError at the first difference, unless `onDivergence` is given @throws ArgumentError for what is no backend
 * @example useBackend(compareBackends(webgl(), cpu()));
 */
export function compareBackends(backend: Backend, reference: Backend, options: CompareOptions = {}): Backend {
  for (const b of [backend, reference] as readonly (Partial<Backend> | null | undefined)[]) {
    if (typeof b?.perform !== "function" || typeof b.put !== "function") throw new ArgumentError("compareBackends: expected two backends, as in compareBackends(webgl(), cpu()).");
  }
  return new ComparingBackend(backend, reference, options);
}

class ComparingBackend implements Backend {
  readonly name: string;
  readonly #backend: Backend;
  readonly #reference: Backend;
  readonly #options: CompareOptions;
  /** Params whose programs capture arrays of the one backend, and of the other. */
  readonly #here: (params: unknown) => unknown = recaptured((x) => this.#inner(x));
  readonly #there: (params: unknown) => unknown = recaptured((x) => toBackend(this.#inner(x), this.#reference));

  constructor(backend: Backend, reference: Backend, options: CompareOptions) {
    this.name = `${backend.name} compared with ${reference.name}`;
    this.#backend = backend;
    this.#reference = reference;
    this.#options = options;
  }

  perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor[] {
    const { decompose } = p.rules;
    const outs = inferAvals(p, args.map((x) => x.aval), params);
    const isStack = [...args.map((x) => x.aval), ...outs].some((a) => a.element !== undefined);
    const isOpened = p.traits.higherOrder !== undefined && this.#options.open !== false;
    if (decompose && (isStack || isOpened)) return at(base, () => [decompose(args, params)].flat());
    const operands = args.map((x) => this.#inner(x));
    const got = this.#run(this.#backend, p, operands, this.#here(params));
    // What is to happen once does not happen twice.
    if (effectIn(p, params) === undefined) {
      const wanted = this.#run(this.#reference, p, toBackend(operands, this.#reference), this.#there(params));
      got.forEach((x, i) => this.#compare(p, params, operands, i, x, wanted[i] as Tensor));
    }
    return got.map((x) => new Tensor(x.aval, x, null, this));
  }

  #run(backend: Backend, p: AnyPrimitive, args: Tensor[], params: unknown): Tensor[] {
    return withBackend(backend, () => [backend.perform(p, args, params)].flat());
  }

  #inner(x: Tensor): Tensor {
    return x.backend === this ? (x.payload as Tensor) : x;
  }

  #compare(p: AnyPrimitive, params: unknown, operands: readonly Tensor[], output: number, x: Tensor, y: Tensor): void {
    if (x.aval.dtype === "float0") return;
    const [got, wanted] = [x.dataSync(), y.dataSync()];
    const { rtol, atol } = { ...roundoff(x.dtype), ...(x.aval.hasTangent && this.#options) };
    const k = got.findIndex((v, i) => !agree(v, wanted[i] as number, { rtol: rtol as number, atol: atol as number }));
    if (k < 0) return;
    this.#report(p, params, operands, output, indexOf(k, x.shape), got[k] as number, wanted[k] as number);
  }

  #report(p: AnyPrimitive, params: unknown, operands: readonly Tensor[], output: number, index: readonly number[], got: number, expected: number): void {
    const position = userPosition();
    const which = output > 0 || p.multipleResults ? `result ${output} of ` : "";
    const place = index.length > 0 ? ` at [${index.join(", ")}]` : "";
    const message = `${which}${p.name}${printed(params)} is ${got}${place} on ${this.#backend.name}, and ${expected} on ${this.#reference.name}; it was applied to ${operands.join(" and ")}, at ${position ?? "a line that the stack does not show"}.`;
    const found: Divergence = { operation: p.name, params, operands: operands.map((x) => x.aval), output, index, got, expected, position, message };
    if (this.#options.onDivergence === undefined) throw new ConformanceError(message);
    this.#options.onDivergence(found);
  }

  put(data: TypedArray, aval: Aval, alias?: boolean): Tensor {
    return new Tensor(aval, this.#backend.put(data, aval, alias), null, this);
  }

  read(x: Tensor): TypedArray {
    return this.#inner(x).dataSync();
  }

  readAsync(x: Tensor): Promise<TypedArray> {
    return this.#inner(x).data();
  }

  supports(aval: Aval): boolean {
    return this.#backend.supports?.(aval) ?? true;
  }

  kernel(p: AnyPrimitive): unknown {
    return this.#backend.kernel?.(p);
  }

  stats(): BackendStats {
    return this.#backend.stats?.() ?? {};
  }
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  let rest = flat;
  return shape.map((_, axis) => {
    const inner = shape.slice(axis + 1).reduce((n, d) => n * d, 1);
    const at = Math.floor(rest / inner);
    rest -= at * inner;
    return at;
  });
}

// Programs and functions are too long for a message.
function printed(params: unknown): string {
  const text = JSON.stringify(params, (_key, value) => (typeof value === "function" || (typeof value === "object" && value !== null && ![Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value))) ? "…" : value));
  return text === undefined || text === "{}" || text === "null" ? "" : text;
}
