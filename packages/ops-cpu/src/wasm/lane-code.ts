// How loops compute with elements, whatever the number of lanes: `VectorCode` handles four at a time, `ScalarCode` one. Both
// know every intrinsic of the scalar IR at every dtype, with the meaning that it has there, and read and write memory.
// Vectors hold a float32, int32 or uint32 per 32-bit lane, a bool as a mask of ones, and float64 as two vectors.

import type { DType } from "@gradus/core";
import type { Intrinsic } from "@gradus/core/scalar";
import { call, type Callee, type Code, type F64, type I32, type ValueType } from "./code.js";
import type { Constants } from "./constants.js";
import type { Features } from "./features.js";
import type { FunctionBuilder } from "./function.js";
import type { ModuleBuilder } from "./module.js";

/** Elements of one dtype in as many lanes as the code has. */
export interface Value {
  /** Locals or constants, cheap to repeat. */
  readonly parts: readonly Code<ValueType>[];
  /** The number that every lane holds, where it is known. */
  readonly constant?: number;
}

/** Where code is written to, and what it may use. */
export interface LaneContext {
  readonly f: FunctionBuilder;
  /** Loads at a place before the loop. */
  readonly constants: Constants;
  readonly features: Features;
  readonly host: HostFunctions;
}

export interface LaneCode {
  readonly lanes: 1 | 4;
  constant(dtype: DType, value: number): Value;
  /** Consecutive elements from an address on. */
  load(dtype: DType, address: I32, offset?: number): Value;
  /** The one element at an address, in all lanes. */
  splat(dtype: DType, address: I32, offset?: number): Value;
  /** Elements so many bytes apart. */
  gather(dtype: DType, address: I32, stride: I32): Value;
  store(dtype: DType, address: I32, value: Value, offset?: number): void;
  /** To places so many bytes apart. */
  scatter(dtype: DType, address: I32, stride: I32, value: Value): void;
  /** An intrinsic on operands of `dtype`; of a select, that of the two choices. The result has that dtype, or is bool. */
  apply(op: Intrinsic, dtype: DType, args: readonly Value[]): Value;
  cast(from: DType, to: DType, x: Value): Value;
}

/** The size of an element in memory. */
export const bytesPer = (dtype: DType): 1 | 4 | 8 => (dtype === "bool" ? 1 : dtype === "float64" ? 8 : 4);

/** What the host has to know of an intrinsic. */
export type HostFunction = Pick<Intrinsic, "name" | "float" | "arity">;

/** Intrinsics that a module calls in its host, which computes in doubles. Where they are functions of `Math`, engines know them. */
export class HostFunctions {
  readonly #module: ModuleBuilder;
  readonly #functions: Record<string, (...args: number[]) => number> = {};
  /** Calls that were written of others than the functions of Math. */
  foreign = 0;

  constructor(module: ModuleBuilder) {
    this.#module = module;
  }

  /** What an instance has to be given under the name "math". */
  get imports(): Readonly<Record<string, (...args: number[]) => number>> {
    return this.#functions;
  }

  call({ name, float, arity }: HostFunction, args: readonly F64[]): F64 {
    this.#functions[name] = float as (...args: number[]) => number;
    if (Reflect.get(Math, name) !== float) this.foreign++;
    const callee: Callee<readonly "f64"[], "f64"> = this.#module.importFunction("math", name, Array.from({ length: arity }, () => "f64" as const), "f64");
    return call(callee, ...args);
  }
}
