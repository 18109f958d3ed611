// docs/accuracy.md: how far float32 results are from the real value, in units of the last place, evaluated and compiled. The
// real value is that of the table's own reference in float64, which goes another way than the operation.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { array, type Tensor } from "@gradus/core";
import { jit } from "@gradus/tracing";
import { operations, type Operation, type Sample } from "../../src/index.js";

type Interval = readonly [low: number, high: number];

/** A row of the document. Intervals are sampled evenly in the logarithm of the size where they span many orders. */
export interface AccuracyRow {
  readonly name: string;
  readonly domain: readonly Interval[];
  /** Where the value is smaller than this, errors are absolute: near zeros that are not at whole numbers. */
  readonly absoluteBelow?: number;
}

const largest = 3.4e38;
const tiny = 1.2e-38;
const all: Interval = [-largest, largest];
const positive: Interval = [tiny, largest];

/** The domains on which 2 ulp are promised. */
export const rows: readonly AccuracyRow[] = [
  ...["neg", "abs", "floor", "ceil", "trunc", "round", "cbrt", "atan", "asinh", "erf", "sigmoid", "tanh"].map((name) => ({ name, domain: [all] })),
  ...["sin", "cos", "tan"].map((name) => ({ name, domain: [[-1e5, 1e5]] as const })),
  { name: "exp", domain: [[-87, 88.7]] },
  { name: "exp2", domain: [[-126, 127.9]] },
  { name: "expm1", domain: [[-largest, 88.7]] },
  ...["log", "log2", "sqrt", "rsqrt"].map((name) => ({ name, domain: [positive] })),
  { name: "log1p", domain: [[-0.99999, largest]] },
  ...["asin", "acos", "atanh"].map((name) => ({ name, domain: [[-0.99999, 0.99999]] as const })),
  { name: "acosh", domain: [[1, largest]] },
  ...["sinh", "cosh"].map((name) => ({ name, domain: [[-88.7, 88.7]] as const })),
  { name: "erfc", domain: [[-largest, 9]] },
  { name: "erfInv", domain: [[-0.99999, 0.99999]] },
  { name: "lgamma", domain: [[-9.9, -0.01], [tiny, 1e30]], absoluteBelow: 0.25 },
  { name: "digamma", domain: [[-9.9, -0.01], [tiny, 1e30]], absoluteBelow: 0.25 },
  { name: "trigamma", domain: [[-9.9, -0.01], [1e-18, 1e18]] },
  ...["add", "sub", "mul", "div", "max", "min"].map((name) => ({ name, domain: [[-1e18, 1e18], [-1e18, 1e18]] as const })),
  { name: "atan2", domain: [[-1e18, 1e18], [-1e18, 1e18]] },
  { name: "rem", domain: [[-1e4, 1e4], [0.01, 1e4]] },
  { name: "logaddexp", domain: [[-80, 80], [-80, 80]], absoluteBelow: 0.25 },
  { name: "besselI0e", domain: [[-30, 30]] },
  { name: "besselI1e", domain: [[-30, -0.2], [0.2, 30]] }, // the reference is an integral, and absolutely accurate
  { name: "pow", domain: [[0.01, 100], [-15, 15]] },
];

/** One unit in the last place of float32 at x. */
const ulp = (x: number): number => 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - 23, -149);

/** n float32 numbers of an interval: evenly, and evenly in size from 1e-30 up on either side of 0. */
function samples([low, high]: Interval, n: number): number[] {
  const half = Math.floor(n / 2);
  const even = Array.from({ length: half }, (_, i) => low + ((high - low) * (i + 0.5)) / half);
  const sizes = (from: number, to: number, count: number): number[] => Array.from({ length: count }, (_, i) => from * (to / from) ** ((i + 0.5) / count));
  const spread = low > 0 ? sizes(low, high, half) : high < 0 ? sizes(-high, -low, half).map((v) => -v) : [...sizes(1e-30, high, half / 2), ...sizes(1e-30, -low, half / 2).map((v) => -v)];
  return [...even, ...spread].map(Math.fround).filter((v) => v >= low && v <= high);
}

interface Measured {
  readonly ulps: number;
  readonly absolute: number;
}

const rowNamed = (name: string): Operation => operations.find((o) => o.name === name) as Operation;

/** The operands at which a row is measured: all of an interval, or pairs. */
function operandsOf({ domain, name }: AccuracyRow): number[][] {
  const arity = (rowNamed(name).samples[0] as Sample).operands.length;
  if (arity === 1) return [domain.flatMap((interval) => samples(interval, 4000))];
  const [xs, ys] = [samples(domain[0]!, 100), samples(domain[1]!, 100)];
  return [xs.flatMap((x) => ys.map(() => x)), xs.flatMap(() => ys)];
}

/** The worst errors of an operation on its domain. */
export function measure(row: AccuracyRow): { evaluated: Measured; compiled: Measured } {
  const sample = rowNamed(row.name).samples.find((s) => s.name.endsWith("array")) as Sample;
  const operands = operandsOf(row);
  const n = operands[0]!.length;
  const wanted = ([sample.expected!(operands.map((data) => ({ shape: [n], dtype: "float64", data })))].flat()[0] as { data: readonly number[] }).data;
  const xs = operands.map((data) => array(Float32Array.from(data)));
  const apply = (...ts: Tensor[]): Tensor => sample.apply(...ts) as Tensor;
  const worst = (got: ArrayLike<number>): Measured => {
    let [ulps, absolute] = [0, 0];
    wanted.forEach((w, i) => {
      // What float32 cannot hold is the infinity, or the zero, that it is.
      if (!Number.isFinite(w) || Math.abs(w) >= 2 ** 128 - 2 ** 103 || (w !== 0 && Math.abs(w) < 2 ** -126)) return;
      const error = Math.abs(got[i]! - w);
      if (Math.abs(w) < (row.absoluteBelow ?? 0)) absolute = Math.max(absolute, error);
      else if (!(error === 0)) ulps = Math.max(ulps, Number.isNaN(error) ? Infinity : error / ulp(w));
    });
    return { ulps, absolute };
  };
  return { evaluated: worst(apply(...xs).dataSync()), compiled: worst(jit(apply)(...xs).dataSync()) };
}

interface WholeRange {
  readonly unfused: { readonly ulps: number };
  readonly fused: { readonly ulps: number };
}

/** Recorded by packages/ops-cpu/test/wasm/sweep.ts. */
const wholeRange = JSON.parse(readFileSync(fileURLToPath(new URL("../../../ops-cpu/test/wasm/whole-range.json", import.meta.url)), "utf8")) as Partial<Record<string, WholeRange>>;

function ofAll(name: string): string {
  const found = wholeRange[name];
  if (found === undefined) return "";
  // All of them nearest numbers are half a unit off.
  const [apart, fused] = [found.unfused.ulps, found.fused.ulps].map((ulps) => shown(Math.max(ulps, 0.5)));
  return apart === fused ? (apart as string) : `${apart}; fused ${fused}`;
}

const shown = (x: number): string => (x === 0 ? "0" : (Math.ceil(x * 100 - 1e-6) / 100).toFixed(2));
const power = (x: number): string => (x === 0 ? "0" : `2^${Math.ceil(Math.log2(x))}`);
const bound = (x: number): string => (x === largest ? "max" : x === -largest ? "−max" : x === tiny ? "min" : (Math.abs(x) >= 1e5 ? x.toExponential() : String(x)).replace("e+", "e").replaceAll("-", "−"));

/** The document, of rows that are measured. */
export function accuracyDocument(measured: readonly (readonly [AccuracyRow, ReturnType<typeof measure>])[]): string {
  const lines = measured.map(([{ name, domain, absoluteBelow }, { evaluated, compiled }]) => {
    const near = absoluteBelow === undefined ? "" : `${power(Math.max(evaluated.absolute, compiled.absolute))} where the value is below ${absoluteBelow}`;
    const operands = (rowNamed(name).samples[0] as Sample).operands.length;
    const intervals = domain.map(([low, high]) => `[${bound(low)}, ${bound(high)}]`).join(operands === 1 ? " ∪ " : " × ");
    return `| ${name} | ${intervals} | ${shown(evaluated.ulps)} | ${shown(compiled.ulps)} | ${ofAll(name)} | ${near} |`;
  });
  return `# Accuracy

How far results in float32 are from the real value, in units of the last place (ulp), at most, over 4,000 points of each interval
and 10,000 pairs: half of them spread evenly, half evenly in size. The real value is computed in float64, and in another way than
the operation does. None of these may be off by more than 2 ulp; near zeros that are no whole numbers, where no relative bound can
hold, the bound is absolute. max and min are the largest and the smallest normal number. This text is made by measuring:
\`CONTRIBUTING.md\` says how, and a test compares it.

The column "all float32" is of functions that compiled programs compute in vectors, beside the host's doubles (for erf, a series in them) at all of the 2³² float32:
infinities, NaN, zeros of both signs and subnormal numbers included, with products and sums apart, and fused where that differs. (Every
257th where all values are one, ∞ or NaN, and from 2²⁰ on of sin, cos and tan, where the host computes.)

| operation | domain | evaluated | compiled | all float32 | absolute error |
|---|---|---|---|---|---|
${lines.join("\n")}
`;
}
