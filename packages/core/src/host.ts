// The way into Gradus: from JS values to tensors.

import { type Aval, avalOf } from "./aval.js";
import { currentBackend } from "./bind.js";
import { describe } from "./describe.js";
import { allocate, type DType, roundTo, type TypedArray } from "./dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "./errors.js";
import { hostAval } from "./promote.js";
import { isTensor, type NestedArray, Tensor } from "./tensor.js";

/** Anything that an operation takes: a tensor, or a JS number or boolean. */
export type TensorLike = Tensor | number | boolean;

export interface ArrayOptions {
  /** The element type; float32 for JS numbers, bool for booleans, a typed array's own. */
  readonly dtype?: DType;
  /** The shape of flat data. */
  readonly shape?: readonly number[];
  /** Keep a typed array instead of copying it: the caller promises not to write to it again. */
  readonly alias?: boolean;
}

/** A 0-d tensor of an inline number that belongs to no backend. */
export const scalarTensor = (value: number, aval: Aval): Tensor =>
  new Tensor(aval, aval.weak ? value : roundTo(aval.dtype, value), null, null);

/** A tensor as it is; a JS number as a weak float; a boolean as a bool. @throws ArgumentError for anything else */
export function toTensor(x: unknown, what: string): Tensor {
  if (isTensor(x)) return x;
  if (typeof x === "number" || typeof x === "boolean") return scalarTensor(Number(x), hostAval(x));
  throw new ArgumentError(`${what}: expected a tensor or a JS number, got ${describe(x)}.`);
}

/**
 * A tensor of JS data: a number, a boolean, nested arrays of one length per axis, or a typed array. Data is copied.
 * JS numbers are float32 unless a dtype is given; values are converted as storing them in a typed array does.
 * @example array([[1, 2], [3, 4]]).shape // [2, 2]
 * @throws ShapeError for ragged data, or a shape that does not fit @throws NoBackendError
 */
export function array(data: NestedArray | TypedArray | Tensor, options: ArrayOptions = {}): Tensor {
  if (isTensor(data)) throw new ArgumentError("array: this is a tensor already; use reshape or cast to change it.");
  if (typeof data === "number" || typeof data === "boolean") {
    const dtype = options.dtype ?? (typeof data === "number" ? "float32" : "bool");
    const aval = avalOf(options.shape ?? [], dtype);
    if (aval.size !== 1) throw new ShapeError(`array: one value does not fill the shape [${aval.shape}]; use full(shape, value).`);
    if (aval.ndim === 0) return scalarTensor(Number(data), checkDType(aval));
    return put(Array.of(Number(data)), aval, options);
  }
  if (ArrayBuffer.isView(data)) {
    assertNumbers(data);
    const dtype = options.dtype ?? typedArrayDType(data);
    return put(data, avalOf(options.shape ?? [data.length], dtype), options);
  }
  if (!Array.isArray(data)) throw new ArgumentError(`array: expected numbers, nested arrays or a typed array, got ${describe(data)}.`);
  const flat: number[] = [];
  const kinds = { bool: true };
  const shape = flattenNested(data, flat, kinds, 0);
  const dtype = options.dtype ?? (kinds.bool && flat.length > 0 ? "bool" : "float32");
  return put(flat, avalOf(options.shape ?? shape, dtype), options);
}

function put(data: ArrayLike<number>, aval: Aval, { alias = false }: ArrayOptions): Tensor {
  if (data.length !== aval.size) {
    throw new ShapeError(`array: ${data.length} elements do not fill the shape [${aval.shape}] of ${aval.size}.`);
  }
  if (aval.ndim === 0) return scalarTensor(data[0] as number, checkDType(aval));
  checkDType(aval);
  const backend = currentBackend("array");
  if (ArrayBuffer.isView(data) && sameType(data as TypedArray, aval.dtype)) return backend.put(data as TypedArray, aval, alias);
  const copy = allocate(aval.dtype, aval.size);
  if (aval.dtype === "bool") for (let i = 0; i < copy.length; i++) copy[i] = (data[i] as number) !== 0 ? 1 : 0;
  else copy.set(data);
  return backend.put(copy, aval, true);
}

function checkDType(aval: Aval): Aval {
  if (aval.dtype === "float0") throw new DTypeError("array: float0 tensors hold no data; they arise as gradients of integers.");
  return aval;
}

function flattenNested(data: readonly unknown[], out: number[], kinds: { bool: boolean }, depth: number): number[] {
  let inner: number[] | undefined;
  for (const entry of data) {
    let shape: number[] = [];
    if (Array.isArray(entry)) shape = flattenNested(entry, out, kinds, depth + 1);
    else if (typeof entry === "number" || typeof entry === "boolean") {
      if (typeof entry === "number") kinds.bool = false;
      out.push(Number(entry));
    } else if (isTensor(entry)) throw new ArgumentError("array: an entry is a tensor; join tensors with stack or concatenate.");
    else throw new ArgumentError(`array: an entry is ${describe(entry)}, expected numbers or booleans.`);
    if (inner !== undefined && inner.join() !== shape.join()) {
      throw new ShapeError(`array: ragged data: at depth ${depth + 1} one entry has shape [${inner}], another [${shape}].`);
    }
    inner = shape;
  }
  return [data.length, ...(inner ?? [])];
}

// A DataView has no elements, and big integers are no JS numbers.
function assertNumbers(data: ArrayBufferView): void {
  if (!(data instanceof DataView || data instanceof BigInt64Array || data instanceof BigUint64Array)) return;
  throw new ArgumentError(`array: a ${data.constructor.name} holds no JS numbers. Make a typed array of its elements first, for example Float64Array.from(data, Number).`);
}

function typedArrayDType(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint32Array) return "uint32";
  throw new DTypeError(
    `array: a ${data.constructor.name} has no dtype of its own here; name one, for example array(data, { dtype: "int32" }) or { dtype: "bool" }.`,
  );
}

const sameType = (data: TypedArray, dtype: DType): boolean =>
  dtype === "bool" ? false : data.constructor === allocate(dtype, 0).constructor;
