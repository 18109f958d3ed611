// Computing with one element at a time: ends of loops, strided ones, single numbers, engines without vectors. The host
// computes elementary functions. A bool is an i32, 0 or 1.

import { type DType, isFloat, isInteger } from "@gradus/core";
import type { Intrinsic } from "@gradus/core/scalar";
import { type Code, type F32, type F64, type I32, select, type ValueType } from "./code.js";
import { bytesPer, type LaneCode, type LaneContext, type Value } from "./lane-code.js";
import { scalarFloatOps, scalarIntOps, wrapFloat } from "./scalar-intrinsics.js";
import { f32, f64, i32 } from "./scalar-ops.js";

export class ScalarCode implements LaneCode {
  readonly lanes = 1;
  readonly #context: LaneContext;

  constructor(context: LaneContext) {
    this.#context = context;
  }

  constant(dtype: DType, value: number): Value {
    const { constants } = this.#context;
    const part = dtype === "float32" ? constants.f32(value) : dtype === "float64" ? constants.f64(value) : i32.const(dtype === "bool" ? Number(value !== 0) : value | 0);
    return { parts: [part], constant: value };
  }

  load(dtype: DType, address: I32, offset = 0): Value {
    return this.#value(dtype === "bool" ? i32.load8U(address, offset) : (dtype === "float32" ? f32 : dtype === "float64" ? f64 : i32).load(address, offset));
  }

  splat(dtype: DType, address: I32, offset = 0): Value {
    return this.load(dtype, address, offset);
  }

  gather(dtype: DType, address: I32, _stride: I32): Value {
    return this.load(dtype, address);
  }

  store(dtype: DType, address: I32, { parts: [x] }: Value, offset = 0): void {
    const { f } = this.#context;
    if (dtype === "float32") f.do(f32.store(address, x as F32, offset));
    else if (dtype === "float64") f.do(f64.store(address, x as F64, offset));
    else f.do((bytesPer(dtype) === 1 ? i32.store8 : i32.store)(address, x as I32, offset));
  }

  scatter(dtype: DType, address: I32, _stride: I32, value: Value): void {
    this.store(dtype, address, value);
  }

  apply(op: Intrinsic, dtype: DType, args: readonly Value[]): Value {
    const { f, host } = this.#context;
    const operands = args.map(({ parts }) => parts[0] as Code<ValueType>);
    if (op.name === "select") {
      const [p, x, y] = operands as [I32, F32, F32]; // of any one type
      return this.#value(select(p, x, y));
    }
    if (isFloat(dtype)) {
      const compute = scalarFloatOps[op.name];
      if (compute !== undefined) return this.#value(compute(dtype === "float32" ? f32 : f64, f, ...(operands as [F64, F64])));
      const value = host.call(op, operands.map((x) => (dtype === "float32" ? f64.promoteF32(x as F32) : (x as F64))));
      return this.#value(dtype === "float32" ? f32.demoteF64(value) : value);
    }
    const compute = scalarIntOps[op.name];
    if (compute !== undefined && (isInteger(dtype) || !changesBools.has(op.name))) {
      const value = this.#value(compute(dtype !== "int32", f, ...(operands as [I32, I32])));
      return dtype === "bool" && op.result !== "bool" ? this.cast("int32", "bool", op.name === "not" ? this.#value(i32.and(value.parts[0] as I32, i32.const(1))) : value) : value;
    }
    const value = this.apply(op, "float64", args.map((x) => this.cast(dtype, "float64", x)));
    return op.result === "bool" ? value : this.cast("float64", dtype, value);
  }

  cast(from: DType, to: DType, x: Value): Value {
    const a = x.parts[0] as Code<ValueType>;
    if (from === to || (!isFloat(from) && isInteger(to))) return { parts: [a] };
    if (to === "bool") return this.#value(from === "float32" ? f32.ne(a as F32, f32.const(0)) : from === "float64" ? f64.ne(a as F64, f64.const(0)) : i32.ne(a as I32, i32.const(0)));
    if (isInteger(to)) return this.#value(wrapFloat(this.#context.f, from === "float32" ? f64.promoteF32(a as F32) : (a as F64)));
    if (from === "float32") return this.#value(f64.promoteF32(a as F32));
    if (from === "float64") return this.#value(f32.demoteF64(a as F64));
    const kind = to === "float32" ? f32 : f64;
    return this.#value((from === "int32" ? kind.convertI32S : kind.convertI32U)(a as I32));
  }

  #value(x: Code<ValueType>): Value {
    return { parts: [this.#context.f.local(x.type, x)] };
  }
}

// Operations that mean something else for integers than for the numbers 0 and 1.
const changesBools = new Set(["div", "rem", "pow"]);
