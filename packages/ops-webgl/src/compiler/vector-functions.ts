// Intrinsics and conversions of four elements at once: operators where GLSL has them for vectors, otherwise functions that are
// written with the scalar ones, four times.

import type { DType } from "@gradus/core";
import type { Intrinsic } from "@gradus/core/scalar";
import { converted, formatOf, literal } from "../glsl-types.js";
import { intrinsic } from "../lower.js";

/** A vector of four elements of a dtype, in expressions. */
export const vectorOf = (dtype: DType): string => (dtype === "bool" ? "bvec4" : formatOf(dtype).vector);

const operators: Readonly<Record<string, string>> = { add: "+", sub: "-", mul: "*", div: "/" };
const bitwise: Readonly<Record<string, string>> = { and: "&", or: "|", xor: "^" };
const comparisons: Readonly<Record<string, string>> = {
  equal: "equal",
  notEqual: "notEqual",
  less: "lessThan",
  lessEqual: "lessThanEqual",
  greater: "greaterThan",
  greaterEqual: "greaterThanEqual",
};

/** What GLSL says to vectors without a function of its own; undefined where it says nothing, or not the same. */
export function vectorOperator(name: string, on: DType, args: readonly string[]): string | undefined {
  const [a, b, c] = args as [string, string, string];
  if (name in comparisons && (on !== "bool" || name === "equal" || name === "notEqual")) return `${comparisons[name]}(${a}, ${b})`;
  if (on === "bool") return name === "not" ? `not(${a})` : undefined;
  const isFloat = on === "float32";
  if (name === "select") return isFloat ? `mix(${c}, ${b}, ${a})` : undefined;
  if (name in operators && (isFloat || name !== "div")) return `(${a} ${operators[name]} ${b})`;
  if (name === "neg") return `(-${a})`;
  if (name === "abs" && on !== "uint32") return `abs(${a})`;
  if (isFloat && (name === "max" || name === "min")) return `g_${name}(${a}, ${b})`;
  if (isFloat) return name === "floor" ? `floor(${a})` : undefined;
  if (name in bitwise) return `(${a} ${bitwise[name]} ${b})`;
  if (name === "max" || name === "min") return `${name}(${a}, ${b})`;
  return name === "not" ? `(~${a})` : undefined;
}

/** A vector of one dtype as another, where that is an expression. */
export function vectorConversion(text: string, from: DType, to: DType): string | undefined {
  if (from === to) return text;
  if (to === "bool") return `notEqual(${text}, ${vectorOf(from)}(${literal(0, from)}))`;
  return from === "float32" ? undefined : `${vectorOf(to)}(${text})`;
}

/** Intrinsics that are a few instructions. */
export const short: ReadonlySet<string> = new Set(["max", "min", "select", "sign", "ceil", "trunc", "round", "sqrt", "add", "sub", "mul", "div", "floor", "and", "or", "xor", "not", "neg", "abs", "shiftLeft", "shiftRightArithmetic", "shiftRightLogical", ...Object.keys(comparisons)]);

/** A function of vectors that does to each element what `scalar` says of elements. */
export function lifted(name: string, operands: readonly DType[], result: DType, scalar: (elements: readonly string[]) => string): string {
  const elements = ["x", "y", "z", "w"].map((c) => scalar(operands.map((_, i) => `a${i}.${c}`)));
  return `${vectorOf(result)} ${name}(${operands.map((d, i) => `${vectorOf(d)} a${i}`).join(", ")}) { return ${vectorOf(result)}(${elements.join(", ")}); }`;
}

/** An intrinsic of vectors as a function. */
export const liftedIntrinsic = (name: string, op: Intrinsic, on: DType, operands: readonly DType[], result: DType): string =>
  lifted(name, operands, result, (elements) => intrinsic(op, on, elements));

export const liftedConversion = (name: string, from: DType, to: DType): string => lifted(name, [from], to, ([x]) => converted(x as string, from, to));
