// Programs as GLSL, as far as can be seen without a device: what becomes one pass, what shaders are told, and what is cut.
import { add, type AnyPrimitive, array, broadcastTo, mul, reduceSum, reshape, type Tensor, useBackend } from "@gradus/core";
import { dotGeneral, dotGeneralP, exp, greater, max, sin, slice, tanh, where } from "@gradus/ops";
import { readFileSync } from "node:fs";
import { cpu } from "@gradus/ops-cpu";
import { makeProgram } from "@gradus/tracing";
import { expect, test } from "vitest";
import { Collector } from "../src/compiler/collector.js";
import { type Compilation, compile, shadersOf } from "../src/compiler/compile.js";
import { explain } from "../src/compiler/explain.js";
import type { Limits, LoopPass } from "../src/compiler/loop-pass.js";

useBackend(cpu());

const limits: Limits = { targets: 4, textures: 16, numbers: 200, functions: 32 };
const zeros = (shape: readonly number[]): Tensor => array(new Float32Array(shape.reduce((n, d) => n * d, 1)), { shape });

function compiled(f: (...xs: any[]) => unknown, args: readonly Tensor[], given: readonly boolean[] = args.map(() => false), fewer: Partial<Limits> = {}): Compilation {
  const isKept = (p: AnyPrimitive): boolean => p.traits.elementwise !== undefined || p.traits.view !== undefined || p.traits.reduce !== undefined || p === dotGeneralP;
  return compile(makeProgram(f)(...args), given, { isKept, hasOwnKernel: () => false, limits: { ...limits, ...fewer } });
}
const passesOf = (c: Compilation): LoopPass[] => [...c.plans.values()].flatMap((p) => p.passes);

test("a chain is one pass, and what is shared is computed once", () => {
  const [pass, ...others] = passesOf(compiled((x: Tensor) => { const e = exp(x); return add(mul(e, e), tanh(e)); }, [zeros([10, 10])]));
  expect(others).toEqual([]);
  expect(pass?.source.match(/= g_exp\(/g)).toHaveLength(1);
  expect(pass?.source).toContain("vec4 v0 = texel0((p[0] + d0) >> 2);");
  expect(pass?.source).toContain("float v1 = g_exp(v0[k]);");
  expect(pass?.source).toContain("(v1 * v1)");
});

test("arithmetic is of vectors", () => {
  const [pass] = passesOf(compiled((x: Tensor) => add(mul(x, 2), max(x, 0)), [zeros([10, 10])]));
  expect(pass?.source).toContain("vec4 v1 = (v0 * vec4(2.0));");
  expect(pass?.source).toContain("g_max(v0, vec4(0.0))");
  expect(pass?.source).not.toContain("for (");
});

test("rows of texels are vectors, other rows are computed element by element", () => {
  const f = (x: Tensor, b: Tensor): Tensor => add(x, b);
  const [wide] = passesOf(compiled(f, [zeros([5, 8]), zeros([8])]));
  expect(wide?.source).toContain("texel1((p[3] + d1) >> 2)");
  const [narrow] = passesOf(compiled(f, [zeros([5, 7]), zeros([7])]));
  expect(narrow?.source).toContain("read1(p[3] + d1)");
  expect(narrow?.source).toContain("for (int k = 0; k < 4; k++)");
});

test("sizes, strides and offsets are no part of a shader", () => {
  const f = (from: number) => (x: Tensor): Tensor => sin(slice(x, [from], [from + 6]));
  const sources = [0, 1, 3].map((k) => passesOf(compiled(f(k), [zeros([20])]))[0]?.source);
  expect(sources[2]).toBe(sources[1]);
  expect(sources[1]).not.toBe(sources[0]); // one that begins at a texel reads texels
  const [small, large] = [[4, 12], [40, 120]].map((shape) => shadersOf(compiled((x: Tensor) => reduceSum(x, 1), [zeros(shape)])).map((s) => s.source));
  expect(small).toEqual(large);
});

test("what differs along lanes is a vector, and nothing else is", () => {
  const [pass] = passesOf(compiled((x: Tensor, r: Tensor) => mul(x, exp(broadcastTo(reshape(r, [6, 1]), [6, 8]))), [zeros([6, 8]), zeros([6])]));
  expect(pass?.source).toContain("float v1 = read1(");
  expect(pass?.source).toContain("g_exp(v1)");
  expect(pass?.source.indexOf("g_exp(v1)")).toBeLessThan(pass?.source.indexOf("for (int k") ?? -1);
});

test("sums walk along texels or beside them, and long ones in two passes", () => {
  const along = passesOf(compiled((x: Tensor) => reduceSum(x, 1), [zeros([6, 64])]));
  expect(along).toHaveLength(1);
  expect(along[0]?.source).toContain("r0 = ((a0.x + a0.y) + (a0.z + a0.w));");
  const beside = passesOf(compiled((x: Tensor) => reduceSum(x, 0), [zeros([64, 8])]));
  expect(beside[0]?.source).toContain("r0 = a0;");
  const long = passesOf(compiled((x: Tensor) => reduceSum(mul(x, x)), [zeros([100_000])]));
  expect(long.map((p) => p.size)).toEqual([Math.ceil(100_000 / 320), 1]);
  expect(long[1]?.inputs).toEqual(long[0]?.outs);
});

test("what joins elements is computed outside of the loop where it does not change there", () => {
  const [pass] = passesOf(compiled((x: Tensor, m: Tensor) => reduceSum(mul(x, exp(broadcastTo(reshape(m, [6, 1]), [6, 64]))), 1), [zeros([6, 64]), zeros([6])]));
  const [before, loop] = (pass as LoopPass).source.split("for (int j");
  expect(before).toContain("g_exp(");
  expect(loop).not.toContain("g_exp(");
});

test("numbers are uniforms, and what is computed from them alone is no pass", () => {
  const c = compiled((x: Tensor, k: Tensor) => mul(x, add(mul(k, 2), 1)), [zeros([4]), array(0.1)], [false, true]);
  expect(passesOf(c)).toHaveLength(1);
  expect(passesOf(c)[0]?.floats).toHaveLength(1);
  expect(passesOf(c)[0]?.source).toContain("q[0]");
  const [first] = [...c.plans.values()].flatMap((p) => p.numbers);
  expect(first?.value(() => 0.1)).toBe(Math.fround(1.2));
});

test("booleans are vectors of booleans, and numbers in textures", () => {
  const [pass] = passesOf(compiled((x: Tensor) => [greater(x, 0), where(greater(x, 0), x, 0)], [zeros([9])]));
  expect(pass?.outs.map((b) => b.type)).toEqual(["bool", "float32"]);
  expect(pass?.source).toContain("bvec4 v1 = greaterThan(v0, vec4(0.0));");
  expect(pass?.source).toContain("r0 = uvec4(v1);");
  expect(pass?.source).toContain("mix(");
});

test("a pass keeps to what a device reads, writes and compiles", () => {
  const xs = Array.from({ length: 40 }, () => zeros([8]));
  const sum = passesOf(compiled((...ys: Tensor[]) => ys.reduce((a, b) => max(a, b)), xs));
  expect(sum.length).toBeGreaterThan(2);
  for (const p of sum) expect(p.inputs.length).toBeLessThanOrEqual(16);
  const results = passesOf(compiled((x: Tensor) => Array.from({ length: 10 }, (_, i) => mul(x, i + 2)), [zeros([8])]));
  expect(results.map((p) => p.outs.length)).toEqual([4, 4, 2]);
  const given = passesOf(compiled((x: Tensor, ...ks: Tensor[]) => ks.reduce((a, k) => mul(add(a, k), x), x), [zeros([8]), ...xs.map(() => array(0.5))], [false, ...xs.map(() => true)], { numbers: 30 }));
  expect(given.length).toBeGreaterThan(1);
  for (const p of given) expect(p.ints.length + p.floats.length).toBeLessThanOrEqual(30);
  const chain = passesOf(compiled((x: Tensor) => Array.from({ length: 12 }).reduce((y: Tensor) => sin(y), x), [zeros([8])], undefined, { functions: 5 }));
  expect(chain.length).toBeGreaterThan(2);
  for (const p of chain) expect(p.source.match(/ g_sin\(v/g)?.length ?? 0).toBeLessThanOrEqual(5);
});

test("rows are joined in order, eight at a time", () => {
  for (const isReversed of [false, true]) {
    const joins: number[] = [];
    const c = new Collector<number[]>((rows) => { joins.push(rows.length); return rows.flat(); }, isReversed);
    const numbers = Array.from({ length: 75 }, (_, i) => i);
    for (const i of numbers) c.add([i]);
    expect(c.finish()).toEqual(isReversed ? numbers.reverse() : numbers);
    expect(Math.max(...joins)).toBeLessThanOrEqual(12);
    expect(joins).toHaveLength(11);
  }
  expect(new Collector<number>(() => 0, false).finish()).toBeUndefined();
});

test("the plan in the documentation is that of the program", () => {
  const c = compiled((x: Tensor, w: Tensor) => reduceSum(dotGeneral(exp(x), w, { contract: [[1], [0]] }), 1), [zeros([3, 4]), zeros([4, 5])]);
  const page = readFileSync(new URL("../../../docs/webgl.md", import.meta.url), "utf8");
  expect(page.split("```text\n")[1]?.split("\n```")[0]).toBe(explain(c));
});
