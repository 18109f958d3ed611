// What the kit has to know of an operation to check it: where it may be evaluated, what it must give there by another
// computation, and what kind of derivative it has.

import { type AnyPrimitive, type DType, isFloat, roundTo, type Shape, type Tensor } from "@gradus/core";
import type { Tolerance } from "./compare.js";
import { fromHost, type HostArray, sizeOf } from "./host-array.js";
import { randomSource } from "./random.js";

/** Where the elements of one operand come from. */
export interface Operand {
  readonly shape: Shape;
  /** Its dtype, if it does not follow the sample's: indices and predicates. */
  readonly dtype?: DType;
  /** Floats are drawn from these intervals: away from kinks and poles. [-2, 2] unless given. */
  readonly intervals?: readonly (readonly [low: number, high: number])[];
  /** Integers are drawn from this range, both ends included. */
  readonly integers?: readonly [low: number, high: number];
  /** Exactly these elements, in every dtype that holds them. */
  readonly values?: readonly number[];
}

/**
 * `real`: differentiable here. `zero`: flat by declaration, and its primitive says why. `none`: no rule on purpose,
 * so that a perturbed operand is a MissingRuleError.
 */
export type DerivativeKind = "real" | "zero" | "none";

/** One way to apply an operation, with operands to apply it to. */
export interface Sample {
  readonly name: string;
  /** Applies the operation; attributes are closed over. */
  readonly apply: (...operands: Tensor[]) => Tensor | Tensor[];
  readonly operands: readonly Operand[];
  /** The dtypes in which it is checked. */
  readonly dtypes: readonly DType[];
  readonly derivative: DerivativeKind;
  /** What it must give, computed in plain JS from the operands as stored. */
  readonly expected?: (operands: readonly HostArray[]) => HostArray | readonly HostArray[];
  /** How far values may be from what is expected, where rounding alone does not say it. */
  readonly tolerance?: Tolerance;
  /** Operands such as NaN and ±∞: laws of evaluation hold, differences are meaningless. */
  readonly isEdge?: boolean;
  /** Laws that are not checked here, by name, with the reason. */
  readonly except?: { readonly [law: string]: string };
}

/** Which dtypes a value may have: `float` also takes integers and booleans, as float32; `real` does not; `shift` takes integers alone. */
export type Domain = "float" | "real" | "number" | "any" | "integer" | "shift";

/** What is needed to feed JS numbers to an operation: in the place of which operands, and to what dtype they lead. */
export interface NumberPath {
  readonly apply: (...operands: any[]) => Tensor;
  /** The operands, of which at most one at a time becomes a number. A dtype marks those that never do: predicates, indices. */
  readonly operands: readonly Omit<Operand, "values">[];
  /** Which operands may be numbers: all that have no dtype of their own unless given. */
  readonly at?: readonly number[];
  readonly domain: Domain;
  /** The dtype of the result, if it is not that in which the operands meet. */
  readonly result?: DType;
  readonly derivative: DerivativeKind;
}

/** A row of the operation table. */
export interface Operation {
  readonly name: string;
  /** What of the catalogue it covers: names of exported functions and primitives. */
  readonly exports: readonly string[];
  /** Primitives whose declarations are checked with it. */
  readonly primitives: readonly AnyPrimitive[];
  readonly samples: readonly Sample[];
  /** Dtypes that it refuses with a DTypeError, in all modes alike. */
  readonly refuses?: readonly DType[];
  /** How it takes JS numbers; or the reason why there is nothing to check. */
  readonly numbers: NumberPath | string;
}

/** The operands of a sample on the host, as storing them in their dtype leaves them. Variants differ in their values. */
export function hostOperands(sample: Sample, dtype: DType, variant = 0): HostArray[] {
  const random = randomSource(`${sample.name} ${variant}`);
  return sample.operands.map((operand) => {
    const type = operand.dtype ?? dtype;
    const n = sizeOf(operand.shape);
    const { values } = operand;
    const raw = values === undefined ? Array.from({ length: n }, () => draw(operand, type, random)) : Array.from({ length: n }, (_, i) => values[(i + variant) % values.length] as number);
    return { shape: operand.shape, dtype: type, data: type === "float0" ? [] : raw.map((v) => roundTo(type, v)) };
  });
}

/** The operands of a sample as tensors on the backend in place. */
export const tensorOperands = (sample: Sample, dtype: DType, variant = 0): Tensor[] => hostOperands(sample, dtype, variant).map((x) => fromHost(x));

function draw({ intervals = [[-2, 2]], integers }: Operand, dtype: DType, random: () => number): number {
  if (dtype === "bool") return random() < 0.5 ? 0 : 1;
  if (isFloat(dtype)) {
    const [low, high] = intervals[Math.floor(random() * intervals.length)] as readonly [number, number];
    return low + (high - low) * random();
  }
  const [low, high] = integers ?? (dtype === "uint32" ? [0, 9] : [-5, 5]);
  const from = dtype === "uint32" ? Math.max(low, 0) : low;
  return from + Math.floor((high - from + 1) * random());
}

/** One case for a sample in a dtype, as it is named in reports. */
export const label = (sample: Sample, dtype: DType): string => `${sample.name} ${dtype}`;
