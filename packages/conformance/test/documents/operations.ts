// docs/operations.md: what each operation does under each transformation, found by running the samples of its row.

import { vmap } from "@gradus/batching";
import { causeOf, type DType, dtypes, isFloat, type Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { evalProgram, makeProgram } from "@gradus/tracing";
import { linearTranspose, vjp } from "@gradus/vjp";
import type { Operation, Sample } from "../../src/index.js";
import { stackPoints, cotangents, directions } from "../../src/laws/subject.js";
import { toHost } from "../../src/host-array.js";
import { tensorOperands } from "../../src/operation.js";

const yes = "✔";
const columns = ["eval", "jvp", "transpose, vjp", "batch", "trace"] as const;
type Cells = Readonly<Record<(typeof columns)[number], string>>;

const many = (out: Tensor | Tensor[]): Tensor[] => [out].flat() as Tensor[];
const isFlat = (ts: readonly Tensor[]): boolean => ts.every((t) => t.dtype === "float0" || toHost(t).data.every((v) => v === 0));

/** What a run shows: the cell it gives, or the class of the error. */
function cell(run: () => string): string {
  try {
    return run();
  } catch (error) {
    const { name } = error as Error;
    if (name !== "MissingRuleError") return name;
    // The first clause says which rule is missing, and that is all there is to say.
    const [cause] = causeOf(error as Error).split(/, and a value|: the columns|\. /) as [string];
    return `${name}: ${cause.replace(/ of [fiu]\d+\[[\d,]*\]/, "")}`;
  }
}

/** One sample in one dtype, under each transformation. */
function cellsOf(operation: Operation, sample: Sample, dtype: DType): Cells {
  const xs = tensorOperands(sample, dtype);
  const f = (...ts: Tensor[]): Tensor[] => many(sample.apply(...ts));
  const evaluated = cell(() => (f(...xs), yes));
  if (evaluated !== yes) return Object.fromEntries(columns.map((c) => [c, `refuses ${dtype}: ${evaluated}`])) as unknown as Cells;
  const floats = xs.filter((x) => isFloat(x.dtype));
  const outFloats = f(...xs).some((y) => isFloat(y.dtype));
  const reason = operation.primitives.map((p) => p.traits.zeroGradient).find((r) => r !== undefined);
  const flat = outFloats ? `zero gradient: ${reason ?? "the values do not enter"}` : `zero gradient: the result is ${f(...xs)[0]?.dtype}`;
  const noTangent = xs.length === 0 ? "no operand" : floats.length === 0 ? "no tangent: no operand is a float" : undefined;
  const differentiated = (run: () => Tensor[]): string => noTangent ?? cell(() => (isFlat(run()) ? flat : yes));
  const reverse = differentiated(() => vjp(f, xs)[1](cotangents(f(...xs)) as never) as Tensor[]);
  return {
    eval: evaluated,
    jvp: differentiated(() => jvp(f, xs, directions(xs))[1]),
    "transpose, vjp": reverse === yes && !isLinear(f, xs) ? "not linear: via jvp" : reverse,
    batch: xs.length === 0 ? "no operand" : cell(() => (vmap(f)(...xs.map((_, i) => stackPoints([xs, tensorOperands(sample, dtype, 1)], i, 0))), yes)),
    trace: cell(() => (evalProgram(makeProgram(f)(...xs), xs), yes)),
  };
}

/** Whether the operation transposes: in all its floats together, or in one with the others fixed. */
function isLinear(f: (...ts: Tensor[]) => Tensor[], xs: readonly Tensor[]): boolean {
  const floats = xs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  return [floats, ...floats.map((i) => [i])].some((moving) => {
    const g = (...ts: Tensor[]): Tensor[] => f(...xs.map((x, i) => (moving.includes(i) ? ts[moving.indexOf(i)]! : x)));
    const at = moving.map((i) => xs[i]!);
    return cell(() => (linearTranspose(g as never, at)(cotangents(g(...at)) as never), yes)) === yes;
  });
}

/** The samples that speak for an operation: ordinary ones, those at special values only if there are no others. */
function samplesIn(operation: Operation, dtype: DType): Sample[] {
  const ordinary = operation.samples.filter((s) => s.isEdge !== true && s.operands.every((o) => !o.shape.includes(0)));
  const tells = (s: Sample): boolean => many(s.apply(...tensorOperands(s, dtype))).some((y) => y.size > 0);
  const inDType = ordinary.filter((s) => s.dtypes.includes(dtype) && tells(s));
  // One that is not meant for this dtype shows how the operation refuses it.
  return inDType.length > 0 ? inDType : ordinary.filter((s) => s.operands.some((o) => o.dtype === undefined)).slice(0, 1);
}

const rank = (text: string): number => [yes, "not", "zero", ""].findIndex((start) => text.startsWith(start));

/** All that samples of one dtype show, in one row: what differs between them is listed. */
function rowOf(operation: Operation, dtype: DType): Cells | undefined {
  const all = samplesIn(operation, dtype).map((s) => cellsOf(operation, s, dtype));
  if (all.length === 0) return undefined;
  return Object.fromEntries(columns.map((c) => [c, [...new Set(all.map((cells) => cells[c]))].sort((a, b) => rank(a) - rank(b)).join("; ")])) as unknown as Cells;
}

const shown = dtypes.filter((d) => d !== "float0");

/** The rows of one operation: dtypes with the same cells together. */
function linesOf(operation: Operation): string[] {
  const groups = new Map<string, DType[]>();
  for (const dtype of shown) {
    const cells = rowOf(operation, dtype);
    if (cells === undefined) continue;
    // The name of the dtype is in its column.
    const text = columns.map((c) => cells[c].replaceAll(` ${dtype}: `, ": ")).join(" | ");
    groups.set(text, [...(groups.get(text) ?? []), dtype]);
  }
  return [...groups].map(([text, of]) => `| ${operation.name} | ${of.join(", ")} | ${text} |`);
}

/** The document. */
export function operationsDocument(operations: readonly Operation[]): string {
  const rows = operations.flatMap(linesOf);
  return `# Operations

Every operation, under every transformation, in every dtype. This text is made by running them: \`CONTRIBUTING.md\` says how, and a
test compares it with what they do. ✔ is that the transformation has a rule that works; otherwise the cell says why there is
nothing to do, or which error is thrown. \`transpose, vjp\` is ✔ where the operation is linear in an operand and is transposed
itself, and "not linear: via jvp" where its derivative is transposed. Where a cell lists several answers, they depend on the
other arguments.

| operation | dtypes | ${columns.join(" | ")} |
|---|---|${columns.map(() => "---").join("|")}|
${rows.join("\n")}
`;
}
