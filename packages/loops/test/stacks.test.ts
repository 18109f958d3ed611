// Stacks in loop programs: for backends that keep them in memory, and for those that leave them to the host.

import { add, type AnyPrimitive, type Aval, avalOf, bind, definePrimitive, mul, type OpaqueKind, opaqueAval, type Primitive, type Tensor } from "@gradus/core";
import { makeProgram, type Program } from "@gradus/tracing";
import { expect, test } from "vitest";
import { fuse, type LoopProgram, printLoops, simplify, validateLoops } from "../src/index.js";
import { type Layout, layoutOf } from "../src/buffer.js";
import { copyOf, sameLayout } from "../src/stacks.js";
import { printStep } from "../src/print.js";

const kind: OpaqueKind = { name: "stack", plus: (x: Tensor) => x, repeat: (x: Tensor) => x };
const stackOf = (element: Aval): Aval => opaqueAval(kind, element);

/** Adds up as many elements of a stack as the first operand says, and collects the sums; how many steps there are, and how long the stack is. */
interface Params { readonly body: Program }
const sumsP: Primitive<Params, "many"> = definePrimitive<Params, "many">("sums", {
  multipleResults: true,
  abstractEval: ([, start, xs]) => [start as Aval, stackOf((xs as Aval).element as Aval)],
  decompose: () => [],
  rules: { "tracing/structure": ({ body }) => ({ kind: "scan", body, consts: 0, carry: 1, length: null, reverse: true }) },
});
const lengthP: Primitive = definePrimitive("length", { abstractEval: () => avalOf([], "int32"), decompose: ([x]) => x as Tensor, rules: { "tracing/structure": () => ({ kind: "length" }) } });

function loopsOf(f: (n: Tensor, start: Tensor, xs: Tensor) => unknown, hasStacks: boolean): LoopProgram {
  const kept = (p: AnyPrimitive): boolean => p.traits.elementwise !== undefined;
  const inner = (program: Program): Program => simplify(program, kept);
  const row = avalOf([2], "float32");
  const program = makeProgram(f)(avalOf([], "int32"), row, stackOf(row));
  const { program: loops } = fuse(inner(program), { kernels: new Map(), hasOwnKernel: () => false, simplify: inner, hasStacks });
  validateLoops(loops);
  return loops;
}
const body = makeProgram((c: Tensor, x: Tensor) => [add(c, x), mul(c, x)])(avalOf([2], "float32"), avalOf([2], "float32"));
const sums = (n: Tensor, start: Tensor, xs: Tensor): unknown => {
  const [last, all] = bind(sumsP, [n, start, xs], { body }) as [Tensor, Tensor];
  return [last, bind(lengthP, [all])];
};

test("a loop whose length is a value reads a stack and writes one, and its length is a word of it", () => {
  expect(printLoops(loopsOf(sums, true)).split("\n").map((l) => l.trim()).filter((l) => !/^for|^once/.test(l))).toEqual([
    "in b0:i32[], b1:f32[2], b2:stack<f32[2]>",
    "b3[i] = b1[i]",
    "b0[0] times, backwards",
    "b4 = row of b2",
    "b6[i] = add(b3[i], b4[i])",
    "b7[i] = mul(b3[i], b4[i])",
    "row of b5 = b7",
    "b3 = b6",
    "b8[0] = b5[1]",
    "out b3:f32[2], b8:i32[]",
  ]);
});

test("a backend without stacks leaves all of it to the host", () => {
  const { steps } = loopsOf(sums, false);
  expect(steps.map((s) => s.kind === "host" && s.primitive.name)).toEqual(["sums", "length"]);
});

test("copies go element by element, and convert what is kept as another type", () => {
  let id = 2;
  const copy = (from: Layout, to: Layout): string[] => copyOf({ id: 0, ...from }, { id: 1, ...to }, (layout) => ({ id: id++, ...layout })).flatMap(printStep);
  const [weak, strong] = [avalOf([], "float32", true), avalOf([], "float32")].map((a) => layoutOf(stackOf(stackOf(a)))) as [Layout, Layout];
  expect(sameLayout(weak, strong)).toBe(false);
  expect(sameLayout(strong, layoutOf(stackOf(stackOf(avalOf([], "float32")))))).toBe(true);
  expect(copy(strong, strong)).toEqual(["b0[1] times", "  b2 = row of b0", "  row of b1 = b2"]);
  id = 2;
  expect(copy(weak, strong).map((l) => l.trim())).toEqual(["b0[1] times", "b2 = row of b0", "b2[1] times", "b4 = row of b2", "once", "b5[0] = f32(b4[0])", "row of b3 = b5", "row of b1 = b3"]);
});
