// The laws of the house over the samples of operations: which laws apply to a sample, and the cases that follow.

import { type AnyPrimitive, bind, type DType, isFloat, type Tensor } from "@gradus/core";
import { type Case, skipped } from "./case.js";
import { expectHost, fail, roundoff } from "./compare.js";
import { fromHost, toHost } from "./host-array.js";
import { type LawName, laws, type Subject } from "./laws/index.js";
import { hostOperands, label, type Operand, type Operation, type Sample, tensorOperands } from "./operation.js";

/** How many examples vmap maps over: three, so that no transposition of a batch is the identity. */
const batchSize = 3;

export interface OperationOptions {
  /** Check these dtypes only. */
  readonly dtypes?: readonly DType[];
}

/** All laws over all samples and dtypes of one operation. */
export function testOperation(operation: Operation, options: OperationOptions = {}): Case[] {
  const wanted = (d: DType): boolean => options.dtypes?.includes(d) ?? true;
  return [
    ...operation.samples.flatMap((sample) => sample.dtypes.filter(wanted).flatMap((dtype) => sampleCases(sample, dtype))),
    ...declarations(operation),
    ...refusals(operation),
  ];
}

const subject = (sample: Sample, dtype: DType): Subject => ({
  f: sample.apply,
  points: Array.from({ length: batchSize }, (_, variant) => tensorOperands(sample, dtype, variant)),
});

/** The laws of a sample in a dtype; those that do not apply with the reason. */
function lawsOf(sample: Sample, dtype: DType): Map<LawName, string | undefined> {
  const list = new Map<LawName, string | undefined>();
  const floats = sample.operands.some((o) => isFloat(o.dtype ?? dtype));
  for (const law of ["pure", "compiled", "inferred", "wellFormed", "printed", "optimized"] as const) list.set(law, undefined);
  const mapped: LawName[] = ["batched", "compiledBatch"];
  for (const law of mapped) list.set(law, sample.operands.length === 0 ? "there is no operand to map over" : undefined);
  const perturbed = floats && sample.derivative === "none";
  for (const law of ["primal", "linearized", "adjoint", "compiledDerivative", "batchedDerivative"] as const) {
    const edge = law === "adjoint" && sample.isEdge === true;
    list.set(
      law,
      perturbed
        ? "it has no derivative on purpose (the law undifferentiable is checked instead)"
        : edge
          ? "derivatives at special values are infinite or NaN, which make inner products NaN"
          : sample.operands.length === 0
            ? "there is no operand to differentiate by"
            : undefined,
    );
  }
  if (perturbed) list.set("undifferentiable", undefined);
  if (sample.derivative === "zero" && sample.operands.length > 0) list.set("flat", undefined);
  if (sample.derivative !== "none" && floats && sample.isEdge !== true) {
    // What differences do not reach, second derivatives of flat operations among it, is checked by these in both widths.
    list.set("secondOrder", undefined);
    list.set("gradient", dtype === "float64" || !sample.dtypes.includes("float64") ? undefined : "differences are taken in float64, where this sample is checked");
  }
  return list;
}

function sampleCases(sample: Sample, dtype: DType): Case[] {
  const cases: Case[] = sample.expected === undefined ? [] : [{ name: `${label(sample, dtype)} · value`, run: () => checkValue(sample, dtype) }];
  for (const [law, inapplicable] of lawsOf(sample, dtype)) {
    const name = `${label(sample, dtype)} · ${law}`;
    const reason = sample.except?.[law] ?? inapplicable;
    cases.push(reason === undefined ? { name, run: () => laws[law](subject(sample, dtype)) } : skipped(name, reason));
  }
  return cases;
}

/** The value against the one computed in plain JS. */
export function checkValue(sample: Sample, dtype: DType): void {
  const hosts = hostOperands(sample, dtype);
  const got = [sample.apply(...hosts.map((x) => fromHost(x)))].flat() as Tensor[];
  const wanted = [sample.expected?.(hosts) ?? []].flat();
  if (got.length !== wanted.length) fail(`It gave ${got.length} results, expected ${wanted.length}.`);
  wanted.forEach((w, i) => expectHost(toHost(got[i] as Tensor), w, isFloat(w.dtype) ? (sample.tolerance ?? roundoff(w.dtype)) : roundoff(w.dtype), `result ${i}`));
}

// An operation that is flat says why: explanations of zero gradients are made of these reasons.
function declarations(operation: Operation): Case[] {
  if (operation.samples.length === 0 || !operation.samples.every((s) => s.derivative === "zero" && s.operands.length > 0)) return [];
  return operation.primitives.map((p) => ({
    name: `${operation.name} · declares why its gradient is zero`,
    run: () => {
      if ((p.traits.zeroGradient ?? "") === "") fail(`${p.name} is flat, and has no zeroGradient: "reason".`);
    },
  }));
}

function refusals(operation: Operation): Case[] {
  const sample = operation.samples.find((s) => s.operands.some((o) => o.dtype === undefined) && s.isEdge !== true);
  if (sample === undefined) return [];
  return (operation.refuses ?? []).map((dtype) => ({ name: `${operation.name} refuses ${dtype}`, run: () => laws.refused(subject(sample, dtype)) }));
}

export interface PrimitiveSample<P> {
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly dtypes: readonly DType[];
  readonly params?: P;
  readonly expected?: NonNullable<Sample["expected"]>;
  readonly isEdge?: boolean;
  readonly except?: NonNullable<Sample["except"]>;
}

/**
 * All laws over a primitive of one's own: its rules against one another, its derivatives against differences, its avals
 * against tracing, under jvp, vjp, vmap and jit.
 * @example
 * for (const c of testPrimitive(softsignP, [{ name: "array", operands: [{ shape: [3] }], dtypes: ["float32", "float64"] }]))
 *   test(c.name, c.run);
 */
export function testPrimitive<P, M extends "one" | "many">(primitive: AnyPrimitive & { readonly "@gradus/results": M }, samples: readonly PrimitiveSample<P>[]): Case[] {
  const derivative = primitive.traits.zeroGradient === undefined ? "real" : "zero";
  return testOperation({
    name: primitive.name,
    exports: [],
    primitives: [primitive],
    numbers: "primitives take tensors: numbers are for the functions around them",
    samples: samples.map(({ params, name, ...rest }) => ({ ...rest, name: `${primitive.name} ${name}`, derivative, apply: (...xs: Tensor[]) => bind(primitive, xs, params) as Tensor | Tensor[] })),
  });
}
