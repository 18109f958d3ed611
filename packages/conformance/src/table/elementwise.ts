// How a row of the table is made for an elementwise operation: the shapes, dtypes and special values are the same for all.

import { type AnyPrimitive, type DType, dtypes, isFloat, isInteger, roundTo, type Shape, type Tensor } from "@gradus/core";
import type { Tolerance } from "../compare.js";
import { at, build, type HostArray } from "../host-array.js";
import type { DerivativeKind, Domain, NumberPath, Operand, Operation, Sample } from "../operation.js";

/** What an elementwise operation is, stated independently of its definition. */
export interface ElementwiseRow {
  readonly domain: Domain;
  /** The dtype of the result: that in which it computes unless bool. */
  readonly result?: "bool";
  readonly derivative?: DerivativeKind;
  /** For each operand the intervals of its samples, and the range of its integers. */
  readonly operands: readonly Omit<Operand, "shape" | "values">[];
  /** On floats, in doubles. */
  readonly reference: (...x: number[]) => number;
  /** On integers, before wrapping around, where that differs; and on booleans. */
  readonly integer?: (...x: number[]) => number;
  readonly boolean?: (...x: number[]) => number;
  readonly tolerance?: Tolerance;
  /** More exports that mean the same. */
  readonly also?: readonly string[];
}

const accepted: Record<Domain, readonly DType[]> = {
  float: ["float32", "float64", "int32", "uint32", "bool"],
  real: ["float32", "float64"],
  number: ["float32", "float64", "int32", "uint32"],
  any: ["float32", "float64", "int32", "uint32", "bool"],
  integer: ["int32", "uint32", "bool"],
  shift: ["int32", "uint32"],
};

// From the largest to the smallest, both zeros and everything that is no number. 1e-40 is subnormal in float32.
const specialFloats = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -2.5, 1e-40, 3e38, -1e300];
const specialIntegers = [0, 1, -1, 2, 31, 32, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];

type Fn = (...xs: Tensor[]) => Tensor;

/** The row of an elementwise operation. */
export function elementwise(name: string, apply: Fn, primitive: AnyPrimitive, row: ElementwiseRow): Operation {
  const { domain, operands, also = [], derivative = "real" } = row;
  const arity = operands.length;
  const ofShapes = (label: string, shapes: readonly Shape[], types: readonly DType[]): Sample => ({
    name: `${name} ${label}`,
    apply,
    operands: operands.map((o, i) => ({ ...o, shape: shapes[i] as Shape })),
    dtypes: types,
    derivative,
    expected: (xs) => referenceResult(row, xs),
    ...(row.tolerance && { tolerance: row.tolerance }),
  });
  const types = accepted[domain];
  const samples = [ofShapes("0-d", operands.map(() => []), types), ofShapes("array", operands.map(() => [2, 3]), types), ofShapes("empty", operands.map(() => [0, 2]), types)];
  const mixed: Shape[] = [[2, 1], [3], []];
  if (arity > 1) samples.push(ofShapes("broadcast", operands.map((_, i) => mixed[(i + 1) % 3] as Shape), types));
  samples.push(...edges(name, apply, row, types));
  const numbers: NumberPath = { apply, domain, derivative, operands: operands.map((o) => ({ ...o, shape: [3] })), ...(row.result && { result: row.result }) };
  return { name, exports: [name, `${name}P`, ...also], primitives: [primitive], samples, refuses: dtypes.filter((d) => !types.includes(d)), numbers };
}

/** Every combination of special values, as one array per operand. */
function edges(name: string, apply: Fn, row: ElementwiseRow, types: readonly DType[]): Sample[] {
  const arity = row.operands.length;
  const make = (label: string, values: readonly number[], of: readonly DType[]): Sample[] => {
    const some = arity < 3 ? values : values.filter((_, i) => i % 2 === 0);
    const n = some.length ** arity;
    const column = (k: number): number[] => Array.from({ length: n }, (_, i) => some[Math.floor(i / some.length ** k) % some.length] as number);
    return of.length === 0
      ? []
      : [
          {
            name: `${name} ${label}`,
            apply,
            operands: row.operands.map((o, k) => ({ ...o, shape: [n], values: column(k) })),
            dtypes: of,
            derivative: row.derivative ?? "real",
            expected: (xs) => referenceResult(row, xs),
            isEdge: true,
            ...(row.tolerance && { tolerance: row.tolerance }),
          },
        ];
  };
  return [
    ...make("special values", specialFloats, types.filter(isFloat)),
    ...make("extreme integers", specialIntegers, types.filter((d) => isInteger(d) && row.domain !== "float")),
    ...make("truth table", [0, 1], types.filter((d) => d === "bool")),
  ];
}

/** The result that the reference gives: broadcast by NumPy's rule, computed in doubles, stored in the dtype of the result. */
export function referenceResult(row: ElementwiseRow, xs: readonly HostArray[]): HostArray {
  const given = (xs[xs.length - 1] as HostArray).dtype; // predicates come first
  const computed: DType = row.domain === "float" && !isFloat(given) ? "float32" : given;
  const f = isInteger(computed) ? (row.integer ?? row.reference) : computed === "bool" ? (row.boolean ?? row.integer ?? row.reference) : row.reference;
  const rank = Math.max(...xs.map((x) => x.shape.length));
  const shape = Array.from({ length: rank }, (_, i) => xs.map((x) => x.shape[i - rank + x.shape.length] ?? 1).reduce((a, b) => (a === 1 ? b : a)));
  const element = (index: number[]): number => f(...xs.map((x) => roundTo(computed, at(x, index.slice(rank - x.shape.length).map((i, k) => (x.shape[k] === 1 ? 0 : i))))));
  const dtype = row.result ?? computed;
  return { shape, dtype, data: build(shape, (index) => roundTo(dtype, element(index))) };
}
