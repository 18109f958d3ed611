// Programs to loops, without a backend: what is written here holds for all of them.

import { add, type AnyPrimitive, avalOf, mul, neg, reduceSum, type Tensor } from "@gradus/core";
import { exp, sort } from "@gradus/ops";
import { makeProgram } from "@gradus/tracing";
import { expect, test } from "vitest";
import { forEachNest, fuse, type Fused, type KernelMaker, type Nest, simplify, validateLoops } from "../src/index.js";

const none: ReadonlyMap<AnyPrimitive, KernelMaker> = new Map();
const loopsOf = (f: (x: Tensor) => unknown, shape: readonly number[], kernels = none): Fused => {
  const kept = (p: AnyPrimitive): boolean => p.traits.elementwise !== undefined || kernels.has(p);
  const inner = (program: Parameters<typeof simplify>[0]): ReturnType<typeof simplify> => simplify(program, kept);
  const fused = fuse(inner(makeProgram(f)(avalOf(shape, "float32"))), { kernels, hasOwnKernel: () => false, simplify: inner });
  validateLoops(fused.program);
  return fused;
};
const nestsOf = ({ program }: Fused): Nest[] => {
  const nests: Nest[] = [];
  forEachNest(program.steps, (n) => nests.push(n));
  return nests;
};

test("a chain and the sum at its end are one nest", () => {
  const nests = nestsOf(loopsOf((x) => reduceSum(mul(exp(x), neg(x)), [1]), [4, 5]));
  expect(nests.map((n) => n.names)).toEqual([["exp", "neg", "mul", "reduce_sum"]]);
  expect(nests[0]).toMatchObject({ dims: [4, 5], reduced: [false, true] });
});

test("what nothing is known of is a step of the host, and says so", () => {
  const { program, remarks } = loopsOf((x) => add(sort(x), 1), [4]);
  expect(program.steps.map((s) => s.kind)).toEqual(["host", "nest"]);
  expect(remarks).toMatchObject([{ name: "sort" }]);
});
