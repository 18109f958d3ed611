// The kit in Chromium against the WebGL backend: float32 and the integer types, in any layout, evaluated and under jit. What it refuses is
// listed here, and nothing else refuses.
import { scan } from "@gradus/control-flow";
import { add, array, type DType, mul, neg, reduceSum, type Tensor, withBackend } from "@gradus/core";
import { abs, dotGeneral, exp, log1p, max } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { webgl } from "@gradus/ops-webgl";
import { jit } from "@gradus/tracing";
import { valueAndGrad } from "@gradus/vjp";
import { expect, test } from "vitest";
import { type Case, expectAll, type HostArray, type Operation, operations, type Sample, testBackend, type Tolerance } from "../src/index.js";
import { label, tensorOperands } from "../src/operation.js";
import { checkValue } from "../src/test-operation.js";

const timeout = 300_000;

/** How far results may be from exact ones where float32 arithmetic on the way takes more than rounding. Elsewhere: 2e-5, relative. */
const tolerances: { readonly [operation: string]: Tolerance } = {
  // Near its zeros 1 and 2 it is a difference of numbers about 10.
  lgamma: { rtol: 2e-5, atol: 4e-6 },
};

/** Without a shader: what is sequential, or an iteration until it converges. */
const refused: readonly string[] = [
  "igamma",
  "igammac",
  "betainc",
  "zeta",
  "sort",
  "argsort",
  "topK",
  "fft",
  "triangularSolve",
  "cholesky",
  "lu",
  "qr",
  "eigh",
  "svd",
  "solve",
  "cofactor",
  "det",
  "slogdet",
  "pinv",
];

/** Samples whose results are float64. */
const makeFloat64 = ["cast to float64", "bitcast of halves"];

// Arithmetic on devices takes subnormal numbers for zeros of their sign.
const flush = (x: number): number => (!(Math.abs(x) < 2 ** -126) ? x : x < 0 || Object.is(x, -0) ? -0 : 0);
const flushed = (x: HostArray): HostArray => (x.dtype === "float32" ? { ...x, data: x.data.map(flush) } : x);

function onDevice(operation: Operation): Operation {
  const samples = operation.samples
    .filter(({ name }) => !makeFloat64.some((n) => name.startsWith(n)))
    .map((sample): Sample => {
      const { expected } = sample;
      const tolerance = tolerances[operation.name];
      return {
        ...sample,
        ...(tolerance && { tolerance }),
        operands: sample.operands.map((o) => (o.values ? { ...o, values: o.values.map(flush) } : o)),
        ...(expected && {
          expected(xs: readonly HostArray[]) {
            const wanted = expected(xs);
            return Array.isArray(wanted) ? wanted.map(flushed) : flushed(wanted as HostArray);
          },
        }),
      };
    });
  return { ...operation, samples };
}

const table = operations.map(onDevice);
const dtypesHere = (sample: Sample): DType[] => sample.dtypes.filter((d) => d !== "float64" && d !== "float0");

// Compiling takes devices time. What of a program depends on uint32 and bool is in one sample of each operation; the rest is as in int32.
const compiledOnce = new Set(
  table.flatMap(({ samples }) => (["uint32", "bool"] as const).flatMap((dtype) => samples.filter((s) => s.dtypes.includes(dtype)).slice(0, 1).map((s) => `webgl: ${label(s, dtype)} compiled`))),
);
const isChecked = ({ name }: Case): boolean => !/ (uint32|bool) compiled$/.test(name) || compiledOnce.has(name);

test("webgl() passes the kit for backends", { timeout }, async () => {
  const unsupported = ({ name }: Operation): string | undefined => (refused.includes(name) ? "it has no shader" : undefined);
  const { passed } = await expectAll(testBackend(() => webgl(), { operations: table, unsupported }).filter(isChecked));
  expect(passed).toBeGreaterThan(6500);
});

test("with transfers forbidden exactly these operations refuse", { timeout }, () => {
  const backend = webgl();
  const refuses = ({ samples }: Operation): boolean =>
    samples.some((sample) => {
      const dtype = dtypesHere(sample)[0];
      if (dtype === undefined) return false;
      try {
        withBackend(backend, () => sample.apply(...tensorOperands(sample, dtype)));
      } catch (error) {
        expect(error).toMatchObject({ name: "MissingRuleError", message: expect.stringContaining("webgl({ fallback: cpu() })") });
        return true;
      }
      return false;
    });
  expect(table.filter(refuses).map((o) => o.name)).toEqual(refused);
  expect(backend.stats()["transfers"]).toBe(0);
});

test("with a fallback they run, and every transfer is counted", { timeout }, () => {
  const backend = webgl({ fallback: cpu() });
  for (const { name, samples } of table.filter((o) => refused.includes(o.name))) {
    const before = backend.stats()["transfers"] as number;
    for (const sample of samples) for (const dtype of dtypesHere(sample)) if (sample.expected) withBackend(backend, () => checkValue(sample, dtype));
    expect(backend.stats()["transfers"], name).toBeGreaterThan(before);
  }
});

// Logistic regression by gradient descent, jitted, and a loop: what transformations make of programs runs here as on the CPU.
function trained(): { losses: number[]; weights: number[] } {
  const n = 60;
  const features = Float32Array.from({ length: 3 * n }, (_, i) => Math.sin(1.3 * i) + (i % 3));
  const [x, y] = [array(features, { shape: [n, 3] }), array(Array.from({ length: n }, (_, i) => (Math.sin(3.9 * i) > 0 ? 1 : 0)))];
  const loss = (w: Tensor): Tensor => {
    const z = dotGeneral(x, w, { contract: [[1], [0]] });
    return mul(reduceSum(add(log1p(exp(neg(abs(z)))), add(max(z, 0), neg(mul(y, z))))), 1 / n);
  };
  const step = jit(valueAndGrad(loss));
  const losses: number[] = [];
  let w = array([0, 0, 0]);
  for (let i = 0; i < 20; i++) {
    const [value, gradient] = step(w) as [Tensor, Tensor];
    losses.push(value.item());
    w = add(w, mul(gradient, -0.5));
  }
  const [last] = scan((carry: Tensor, v: Tensor) => [add(mul(carry, 0.5), v), carry], w, array([[1, 2, 3], [4, 5, 6]])) as [Tensor, Tensor];
  return { losses, weights: [...w.dataSync(), ...last.dataSync()] };
}

test("a model trains as on the CPU", { timeout }, () => {
  const backend = webgl();
  const here = withBackend(backend, trained);
  const there = withBackend(cpu(), trained);
  expect(here.losses[19]).toBeLessThan((here.losses[0] as number) * 0.99);
  [...here.losses, ...here.weights].forEach((v, i) => expect(v).toBeCloseTo([...there.losses, ...there.weights][i] as number, 4));
  expect(backend.stats()["transfers"]).toBe(0);
});

test("float64 is refused where an operation makes it", () => {
  const backend = webgl();
  const samples = operations.flatMap((o) => o.samples).filter(({ name }) => makeFloat64.some((n) => name.startsWith(n)));
  expect(samples.length).toBeGreaterThan(1);
  for (const sample of samples) {
    const dtype = dtypesHere(sample).find((d) => d !== "bool" && sample.operands.every((o) => o.shape.length > 0)) as DType;
    expect(() => withBackend(backend, () => sample.apply(...tensorOperands(sample, dtype))), sample.name).toThrow(expect.objectContaining({ name: "DTypeError" }));
  }
});
