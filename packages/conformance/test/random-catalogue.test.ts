// The kit of random programs, on the CPU backend; and that it finds what is broken, says it with a program that runs, and shrinks it.
import { type Backend, mul, useBackend } from "@gradus/core";
import * as core from "@gradus/core";
import { vmap } from "@gradus/batching";
import { cond, foriLoop, scan, switchCase, whileLoop } from "@gradus/control-flow";
import { withRules } from "@gradus/custom-rules";
import { jvp } from "@gradus/jvp";
import * as ops from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { type RandomProgramOptions, testRandomPrograms } from "../src/index.js";
import { asFunction, build, print, type Program, recipes } from "../src/random-programs/program.js";
import { fromHost } from "../src/host-array.js";

beforeEach(() => useBackend(cpu()));

const drawn = Math.floor(Math.random() * 2 ** 31);
console.log(`random programs of a random seed: ${drawn}`);

const timeout = 60_000;
const fixed = [
  ...testRandomPrograms(() => cpu(), { seed: 1, checks: ["traced", "compiled"] }),
  ...testRandomPrograms(() => cpu(), { seed: 1, runs: 1000, checks: ["differences", "adjoint", "mapped", "compiledGradient"] }),
  ...testRandomPrograms(() => cpu(), { seed: 2, runs: 1000, dtype: "float32", sizes: "odd", length: 20, checks: ["compiled"] }),
  ...testRandomPrograms(() => cpu(), { seed: 3, runs: 500, dtype: "float32", sizes: "odd", special: true, checks: ["compiled"] }),
  ...testRandomPrograms(() => cpu(), { seed: 4, runs: 300, sizes: "odd", special: true, checks: ["compiled"] }),
  ...testRandomPrograms(() => cpu(), { seed: 5, runs: 200, dtype: "float32", sizes: "odd", checks: ["compiledGradient", "mapped"] }),
  ...testRandomPrograms(() => cpu(), { seed: 2, runs: 600, dtype: "float32", checks: ["traced", "adjoint", "mapped", "compiledGradient"] }),
  ...testRandomPrograms(() => cpu(), { seed: 6, runs: 200, checks: ["looped"] }),
  ...testRandomPrograms(() => cpu(), { seed: 7, runs: 100, dtype: "float32", sizes: "odd", special: true, checks: ["looped"] }),
];
const random = [...testRandomPrograms(() => cpu(), { seed: drawn, runs: 300 }), ...testRandomPrograms(() => cpu(), { seed: drawn, runs: 200, dtype: "float32", sizes: "odd", special: true, length: 20, checks: ["compiled"] })];

test.each([...fixed, ...random].map((c) => [c.name, c] as const))("%s", { timeout }, (_name, c) => c.run());

/** The text as a function, with what it imports. */
function pasted(text: string): string[] {
  const scope: Record<string, unknown> = { ...core, ...ops, vmap, cond, foriLoop, scan, switchCase, whileLoop, jvp, jit, grad };
  const body = text.replace(/^import \{ (.*), type Tensor \} from "gradus";/, "const { $1 } = scope;").replaceAll(": Tensor", "").replace(" as const;", ";").replace("console.log(", "return (");
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function("scope", body)(scope) as string[];
}

test("a printed program, pasted, is the program", () => {
  fc.assert(
    fc.property(recipes(9), (recipe) => {
      const program = build(recipe, "float64");
      const wanted = asFunction(program)(...program.points[0]!.map((x) => fromHost(x)));
      expect(pasted(print(program))).toEqual(wanted.map(String));
    }),
    { numRuns: 300, seed: 3 },
  );
});

test("programs use the whole grammar, and are not trivial", () => {
  const programs: Program[] = fc.sample(recipes(9), { numRuns: 3000, seed: 1 }).map((r) => build(r, "float64"));
  const text = programs.map(print).join("\n");
  for (const name of ["add", "sub", "mul", "div", "pow", "atan2", "max", "clamp", "floor", "round", "sign", "less", "equal", "xor", "select", "reshape", "transpose", "broadcastTo", "squeeze", "expandDims", "reverse", "slice", "pad", "concatenate", "stack", "reduceSum", "reduceProd", "reduceMax", "argmax", "reduceAnd", "cumsum", "cumprod", "cummax", "sort", "argsort", "topK", "dotGeneral", "take", "dynamicSlice", "scatterAdd", "reduceWindow", "iota", "dynamicUpdateSlice", "cast", "rem", "scatterMax", "cond", "switchCase", "scan", "foriLoop", "whileLoop", "jit", "grad", "jvp", "vmap"]) {
    expect(text.split(`${name}(`).length, name).toBeGreaterThan(10);
  }
  const lines = programs.map((p) => p.lines.length);
  expect(lines.reduce((a, b) => a + b, 0) / lines.length).toBeGreaterThan(3);
});

/** A CPU backend with some members changed. */
function changed(change: (backend: Backend) => Record<string, unknown>): () => Backend {
  return () => {
    const backend = cpu();
    const own = change(backend);
    return new Proxy(backend, {
      get(target, key) {
        const value = own[key as string] ?? (target[key as keyof typeof target] as unknown);
        return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
  };
}

const cosinesForSines = changed((backend) => {
  const other = (p: core.AnyPrimitive): core.AnyPrimitive => (p === ops.sinP ? ops.cosP : p);
  return {
    perform: (p: core.AnyPrimitive, args: core.Tensor[], params: unknown) => backend.perform(other(p), args, params),
    elementwise1: (p: core.AnyPrimitive, x: core.Tensor, params: unknown, resolve: core.Resolve) => backend.elementwise1!(other(p), x, params, resolve),
  };
});
const compiledNegated = changed((backend) => ({
  perform(p: core.AnyPrimitive, args: core.Tensor[], params: unknown) {
    const outs = backend.perform(p, args, params);
    return p.name === "jit_call" ? [outs].flat().map((y) => (y.dtype === "float64" ? core.neg(y) : y)) : outs;
  },
}));
/** Whole numbers but for very little: beside every tie and every jump. */
const besideKinks = changed((backend) => ({ put: (data: core.TypedArray, aval: core.Aval) => backend.put(data.map((v: number, i: number) => Math.round(v) + i * 1e-10) as core.TypedArray, aval) }));

/** The message of what a case throws. */
function failure(make: () => Backend, options: RandomProgramOptions): string {
  try {
    void testRandomPrograms(make, { runs: 600, ...options })[0]!.run();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing";
}

describe("what is broken is found", { timeout }, () => {
  test.each([
    ["a kernel", "reference", cosinesForSines, /sin\(/],
    ["a compiler", "compiled", compiledNegated, /./],
  ] as const)("%s, by the check %s", (_what, check, make, cause) => {
    const message = failure(make, { runs: 2000, checks: [check], reference: cpu() });
    expect(message).toMatch(new RegExp(`^The law "${check}" fails for this program \\(seed 1, \\d+ programs, \\d+ times shrunk\\)`));
    // Shrunk to little more than the cause, and what is printed runs.
    const code = message.slice(message.indexOf("import {"), message.lastIndexOf("\n  ["));
    expect(code).toMatch(cause);
    expect((code.match(/const v\d+ =/g) ?? []).length).toBeLessThanOrEqual(2);
    expect(pasted(code).length).toBeGreaterThan(0);
  });

  test.each(["differences", "adjoint"] as const)("a derivative, by the check %s", (check) => {
    // Forward and reverse mode come from the same rule, so differences alone see a wrong one: ⟨ct, J v⟩ is the same both ways.
    const run = (): string => withRules([[ops.sinP, { jvp: ([x]: any, [dx]: any) => [ops.sin(x), mul(dx, 0.9)] }]], () => failure(() => cpu(), { checks: [check] }));
    if (check === "differences") expect(run()).toMatch(/Element 0 of the tangent of result 0 is .*, and .* by differences[^]*sin\(/);
    else expect(run()).toBe("nothing");
  });

  test("a check that has nothing to compare with", () => {
    expect(failure(() => cpu(), { checks: ["reference"] })).toMatch(/needs the option reference/);
  });

  test("samples at kinks: rejected, and too many of them", () => {
    // Every comparison is nearly a tie, every rounding is next to its jump.
    expect(failure(besideKinks, { checks: ["compiled"], runs: 300 })).toMatch(/^\d+ of 300 samples were rejected as too near a kink, and at most 5 % may be\./);
  });
});
