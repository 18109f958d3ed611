// Moving values from one backend to another, which never happens unasked.

import { describe } from "./describe.js";
import type { TypedArray } from "./dtype.js";
import { ArgumentError, ConcretizationError } from "./errors.js";
import type { Backend } from "./handler.js";
import { Tensor } from "./tensor.js";
import { flatten, unflatten } from "./tree.js";

/**
 * The same tree with its tensors on a backend: those of others are read at once and put there; numbers and tensors that are there already
 * stay as they are. @throws DTypeError for a dtype that the backend does not have @throws ConcretizationError for a tracer
 * @throws ArgumentError for what is no backend
 * @example const weights = toBackend(trained, cpu());
 */
export function toBackend<T>(tree: T, backend: Backend): T {
  assertBackend(backend, "toBackend");
  const [leaves, def] = flatten(tree);
  return unflatten(def, leaves.map((x) => moved(x, backend, (t) => t.backend?.read(t) as TypedArray))) as T;
}

/** {@link toBackend} by reads that do not block. */
export function toBackendAsync<T>(tree: T, backend: Backend): Promise<T> {
  assertBackend(backend, "toBackendAsync");
  const [leaves, def] = flatten(tree);
  const data = new Map<Tensor, TypedArray>();
  const reads = leaves.flatMap((x) => tensorsElsewhere(x, backend)).map(async (t) => data.set(t, (await t.backend?.readAsync(t)) as TypedArray));
  return Promise.all(reads).then(() => unflatten(def, leaves.map((x) => moved(x, backend, (t) => data.get(t) as TypedArray))) as T);
}

function assertBackend(backend: Backend, what: string): void {
  if (typeof (backend as Partial<Backend> | null)?.put === "function") return;
  throw new ArgumentError(`${what}: expected a tree and a backend, such as cpu(), got ${describe(backend)} for the backend.`);
}

// What of a leaf is to be read: the tensor, or those on the stack that a loop left.
function tensorsElsewhere(x: unknown, backend: Backend): Tensor[] {
  if (!(x instanceof Tensor)) return [];
  if (x.frame !== null) throw new ConcretizationError(`toBackend of ${x}: values are moved, and this one is not known here. Move them before the transformation, or its results after it.`);
  if (Array.isArray(x.payload)) return x.payload.flatMap((t) => tensorsElsewhere(t, backend));
  return x.backend === null || x.backend === backend ? [] : [x];
}

function moved(x: unknown, backend: Backend, read: (x: Tensor) => TypedArray): unknown {
  if (!(x instanceof Tensor) || tensorsElsewhere(x, backend).length === 0) return x;
  const { aval, payload } = x;
  if (Array.isArray(payload)) return new Tensor(aval, payload.map((t) => moved(t, backend, read)), null, null);
  const data = read(x);
  // The only element of a 0-d tensor is a number, which belongs to no backend.
  return aval.ndim === 0 ? new Tensor(aval, data[0], null, null) : backend.put(data, aval, true);
}
