// The kit sees what it is there to see: each defect is planted in a primitive, and the law that is about it has to fail.
import { add, bind, currentHandlers, definePrimitive, mul, type AnyPrimitive, type Tensor, useBackend } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import * as ops from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { beforeAll, describe, expect, test } from "vitest";
import { type Case, checkGrads, expectAll, operations, runCases, type Sample, skipTable, testOperation, testPrimitive, uncovered } from "../src/index.js";
import { skipped } from "../src/case.js";

beforeAll(() => useBackend(cpu()));

const array = { name: "array", operands: [{ shape: [2, 3] }], dtypes: ["float64"] } as const;

/** The laws that fail, by name. */
async function broken(cases: Case[]): Promise<Set<string>> {
  const { failures } = await runCases(cases);
  return new Set(failures.map((f) => f.name.split(" · ")[1] as string));
}

const square = (spec: Partial<Parameters<typeof definePrimitive>[1]>): AnyPrimitive =>
  definePrimitive("@test/square", { elementwise: { accepts: "float", body: (x: s.Expr) => s.mul(x, x) }, partials: [(x: Tensor) => mul(2, x)], ...spec } as never);

let calls = 0;
const defects: [law: string, defect: string, primitive: AnyPrimitive][] = [
  ["gradient", "a partial derivative off by a factor", square({ partials: [(x: Tensor) => mul(3, x)] })],
  ["gradient", "a flat declaration of what is not flat", square({ partials: undefined as never, zeroGradient: "wrong" })],
  ["primal", "a jvp rule with another value", square({ rules: { jvp: ([x], [dx]) => [mul(1.5, mul(x!, x!)), mul(dx as Tensor, x!)] } })],
  ["adjoint", "a transpose rule that is not the transpose", definePrimitive("@test/double", { elementwise: { accepts: "float", body: (x: s.Expr) => s.mul(2, x) }, linearIn: [0], rules: { transpose: (ct: Tensor) => [mul(3, ct)] } })],
  ["batched", "a batch rule that leaves the axis where it is not", square({ rules: { batch: ([x], [axis]) => [mul(x!, x!), axis === 0 ? 0 : 0] } })],
  ["batched", "a batch rule that is wrong for a middle axis", square({ rules: { batch: ([x], [axis]) => [mul(x!, x!), axis === 1 ? 0 : (axis as number)] } })],
  ["secondOrder", "a field of derivatives that is no gradient", square({ partials: [(x: Tensor) => add(mul(2, x), ops.slice(x, [0, 0], [2, 1]))] })],
  ["inferred", "an aval that is not that of the value", definePrimitive("@test/widen", { abstractEval: ([x]) => ops.zeros(x!.shape, "float32").aval, decompose: ([x]) => x! })],
  ["pure", "another result at every call", definePrimitive("@test/count", { abstractEval: ([x]) => x!, decompose: ([x]) => add(x!, ++calls) })],
  ["optimized", "a result that depends on how often it is computed", definePrimitive("@test/tick", { abstractEval: ([x]) => x!, decompose: ([x]) => add(x!, ++calls) })],
];

describe("a planted defect", () => {
  test.each(defects)("breaks the law %s: %s", async (law, _defect, primitive) => {
    expect(await broken(testPrimitive(primitive, [array]))).toContain(law);
  });

  test("an honest primitive breaks none", async () => {
    const samples = [array, { ...array, name: "0-d", operands: [{ shape: [] }] }];
    const { passed } = await expectAll(testPrimitive(square({}), samples));
    expect(passed).toBe(2 * 15);
  });
});

const sampleOf = (apply: Sample["apply"], more: Partial<Sample> = {}): Sample => ({ name: "f", apply, operands: [{ shape: [3] }], dtypes: ["float64"], derivative: "real", ...more });
const lawsBrokenBy = (sample: Sample, refuses: readonly "int32"[] = []): Promise<Set<string>> => broken(testOperation({ name: "f", exports: [], primitives: [], numbers: "none", samples: [sample], refuses }));

describe("a planted difference of modes", () => {
  const under = (name: string): boolean => currentHandlers().includes(name);
  test.each<[string, Sample["apply"]]>([
    ["compiled", (x) => (under("trace") ? mul(x!, 2) : mul(x!, 3))],
    ["printed", (x) => (calls++ % 2 === 0 ? mul(x!, 2) : add(x!, x!))],
    ["batched", (x) => (under("vmap") ? mul(x!, 2) : mul(x!, 3))],
    ["linearized", (x) => (under("linearize") ? mul(x!, 2) : mul(x!, 3))],
    ["compiledDerivative", (x) => (under("trace") ? mul(x!, 2) : mul(x!, 3))],
    ["compiledBatch", (x) => (under("trace") ? mul(x!, 2) : mul(x!, 3))],
    ["batchedDerivative", (x) => (under("vmap") ? mul(x!, 2) : mul(x!, 3))],
    ["value", (x) => mul(x!, 2)],
  ])("breaks the law %s", async (law, apply) => {
    const expected: Sample["expected"] = ([x]) => ({ ...x!, data: x!.data.map((v) => 3 * v) });
    expect(await lawsBrokenBy(sampleOf(apply, { expected }))).toContain(law);
  });

  test("a derivative where none is wanted, a gradient where zero is, and a dtype let through are seen", async () => {
    expect(await lawsBrokenBy(sampleOf((x) => ops.sin(x!), { derivative: "none" }))).toContain("undifferentiable");
    expect(await lawsBrokenBy(sampleOf((x) => ops.sin(x!), { derivative: "zero" }))).toContain("flat");
    const { failures } = await runCases(testOperation({ name: "f", exports: [], primitives: [], numbers: "none", samples: [sampleOf((x) => mul(x!, x!))], refuses: ["int32"] }));
    expect(failures.map((f) => f.name)).toContain("f refuses int32");
  });

  test("a program that is not well formed is seen", async () => {
    const lies = definePrimitive("@test/lies", { abstractEval: ([x]) => (calls++ % 2 === 0 ? x! : ops.zeros([1]).aval), decompose: ([x]) => x! });
    expect(await lawsBrokenBy(sampleOf((x) => bind(lies, [x!])))).toContain("wellFormed");
  });
});

describe("checkGrads", () => {
  const wrong = definePrimitive("@test/wrong", { elementwise: { accepts: "float", body: s.sin }, partials: [(x: Tensor) => ops.sin(x)] });
  const message = (f: () => void): string => {
    try {
      f();
    } catch (error) {
      expect(error).toMatchObject({ name: "ConformanceError", code: "conformance" });
      return (error as Error).message;
    }
    return "nothing was thrown";
  };

  test("names mode, order, direction, what it got and what it expected", () => {
    const text = message(() => checkGrads((x: Tensor) => bind(wrong, [x]), [0.5], { modes: ["fwd"] }));
    expect(text).toMatch(/jvp of order 1 \(fwd\): element 0 of output 0: got -?[\d.]+, expected -?[\d.]+ by differences\. Direction: \[\[-?[\d.]+\]\]/);
    expect(message(() => checkGrads((x: Tensor) => bind(wrong, [x]), [0.5], { modes: ["rev"] }))).toMatch(/vjp of order 1 \(rev\): ⟨Jᵀct, v⟩ is .*, expected ⟨ct, Jv⟩ = .* for the cotangent/);
  });

  test("sees a wrong second derivative behind a right first one", () => {
    // The partial of sin is a primitive that has the value of cos and the derivative of nothing.
    const stuck = definePrimitive("@test/stuck", { elementwise: { accepts: "float", body: s.cos }, zeroGradient: "wrong" });
    const f = definePrimitive("@test/sin", { elementwise: { accepts: "float", body: s.sin }, partials: [(x: Tensor) => bind(stuck, [x])] });
    checkGrads((x: Tensor) => bind(f, [x]), [0.5]);
    expect(message(() => checkGrads((x: Tensor) => bind(f, [x]), [0.5], { order: 2 }))).toMatch(/of order 2 \((fwd|rev) of (fwd|rev)\)/);
  });

  test("takes trees, several outputs, integers and float32, to the third order", () => {
    const f = ({ a, n }: { a: Tensor; n: Tensor }, b: Tensor) => [mul(ops.exp(a), ops.cast(n, "float64")), { c: mul(ops.sin(b), ops.reduceSum(a)), n }];
    checkGrads(f, [{ a: ops.full([2], 0.3, "float64"), n: ops.full([2], 3, "int32") }, ops.full([], 0.7, "float64")], { order: 3 });
    checkGrads((x: Tensor) => ops.tanh(x), [ops.full([3], 0.4)], { order: 2 });
    checkGrads((x: Tensor) => mul(x, ops.cast(x, "float32")), [ops.full([3], 0.4, "float64")], { atol: 2e-3, rtol: 2e-3 });
  });

  test("has nothing to check without floats", () => {
    expect(() => checkGrads((x: Tensor) => x, [ops.full([2], 1, "int32")])).toThrow(/no argument is a float/);
    expect(() => checkGrads((x: Tensor) => x, [1], { order: 0 })).toThrow(/order is 0/);
  });
});

describe("cases", () => {
  test("failures are named, all of them, and the first are explained", async () => {
    const failing = Array.from({ length: 15 }, (_, i): Case => ({ name: `case ${i}`, run: () => expect(i).toBe(-1) }));
    const error = await expectAll([...failing, { name: "good", run: () => {} }]).catch((e: unknown) => e as Error);
    expect((error as Error).message).toMatch(/15 of 16 cases failed/);
    for (let i = 0; i < 15; i++) expect((error as Error).message).toContain(`case ${i}`);
  });

  test("a promise that is rejected fails, and nothing to run fails too", async () => {
    await expect(expectAll([{ name: "late", run: () => Promise.reject(new RangeError("late")) }])).rejects.toThrow(/late/);
    await expect(expectAll([])).rejects.toThrow(/No case was run/);
    await expect(expectAll([skipped("a", "because")])).rejects.toThrow(/No case was run/);
  });

  test("skips are counted by reason", () => {
    expect(skipTable([skipped("a", "x"), skipped("b", "x"), skipped("c", "y")])).toBe("    2 skipped: x (a; b)\n    1 skipped: y (c)");
  });

  test("an operation without a row, and a row without an operation, are found", () => {
    const rows = operations.filter((row) => row.name !== "sin");
    expect(uncovered(ops, rows).missing.sort()).toEqual(["sin", "sinP"]);
    expect(uncovered({ sin: ops.sin, sinP: ops.sinP, cos: ops.cos }, operations.filter((row) => row.name === "sin"))).toEqual({ missing: ["cos"], unknown: [] });
    expect(uncovered({}, operations.filter((row) => row.name === "sin")).unknown).toEqual(["sin", "sinP"]);
  });
});
