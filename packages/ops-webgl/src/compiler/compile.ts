// The stages of the compiler, one after the other: the program is simplified and fused as for every backend, then it is decided
// which values are numbers on the host, and every nest becomes passes.

import type { AnyPrimitive } from "@gradus/core";
import { type Buffer, forEachNest, fuse, type HasOwnKernel, innerSteps, type IsKept, type LoopProgram, type Nest, type Remark, simplify, type Step } from "@gradus/loops";
import { concatenateP, padP } from "@gradus/ops";
import { allPrograms, type Program } from "@gradus/tracing";
import type { ShaderText } from "../shaders.js";
import { type Lifetimes, lifetimesOf } from "./lifetimes.js";
import { held, type Limits, type LoopPass, type NestPlan } from "./loop-pass.js";
import { placementOf } from "./placement.js";
import { planNest } from "./plan-nest.js";

/** What the backend around the compiler has. */
export interface Target {
  readonly isKept: IsKept;
  readonly hasOwnKernel: HasOwnKernel;
  readonly limits: Limits;
}

/** A program in all its forms. */
export interface Compilation {
  readonly simplified: Program;
  readonly loops: LoopProgram;
  readonly remarks: readonly Remark[];
  /** What is a number on the host, stacks for their lengths; and stacks of what is on the device. */
  readonly numbers: ReadonlySet<Buffer>;
  readonly onDevice: ReadonlySet<Buffer>;
  readonly plans: ReadonlyMap<Nest, NestPlan>;
  readonly lifetimes: Lifetimes;
}

/** What is filled part by part in loops is one pass of a kernel here. */
const ownPasses: ReadonlySet<AnyPrimitive> = /* @__PURE__ */ new Set<AnyPrimitive>([padP, concatenateP]);

/** What plans say of an operation that the fallback computes. */
export const withoutShader = "it has no shader: operands and results are moved to the fallback and back, and without a fallback it is an error";

/** Compiles a program for arguments of which those in `numbers` are numbers on the host. */
export function compile(program: Program, numbers: readonly boolean[], { isKept, hasOwnKernel, limits }: Target): Compilation {
  const simplified = simplify(program, isKept);
  const { program: loops, remarks } = fuse(simplified, {
    kernels: new Map(),
    hasOwnKernel: (p) => ownPasses.has(p) || hasOwnKernel(p),
    hasStacks: true,
    nestsAreDear: true,
    whyHost: (p) => (isKept(p) ? "it has a shader of its own" : p.traits.higherOrder === undefined ? withoutShader : "it is evaluated operation by operation"),
    simplify: (inner) => simplify(inner, isKept),
  });
  const placement = placementOf(loops, numbers);
  const plans = new Map<Nest, NestPlan>();
  forEachNest(loops.steps, (nest) => plans.set(nest, planNest(nest, placement, limits)));
  return { simplified, loops, remarks, numbers: placement.numbers, onDevice: placement.onDevice, plans, lifetimes: lifetimesOf(loops) };
}

/** Whether a program has values of float64, which are only ever numbers on the host. */
export const hasDoubles = (program: Program): boolean =>
  [...allPrograms(program)].some(({ inputs, outputs, constants, equations }) =>
    [...inputs, ...outputs, ...constants.keys(), ...equations.flatMap((eq) => [...eq.inputs, ...eq.outputs])].some((a) => a.aval.dtype === "float64"),
  );

/** The shaders of a compilation. */
export function shadersOf({ loops, plans }: Compilation): ShaderText[] {
  const sizes = arraySizes(loops.steps, new Map());
  return [...plans.values()].flatMap(({ passes }) => passes.filter((p) => p.size > 0).map((p) => shaderOf(p, sizes)));
}

const shaderOf = ({ outs, size, inputs, ints, floats, source }: LoopPass, sizes: ReadonlyMap<Buffer, number>): ShaderText => ({
  mode: "several",
  outs: outs.map((b) => held(b.type)),
  inputs: inputs.map((b) => held(b.type)),
  sizes: inputs.map((b) => sizes.get(b) ?? b.size),
  size,
  ints: ints.length,
  floats: floats.length,
  source,
});

// Rows are read where they lie: of how large an array.
function arraySizes(steps: readonly Step[], sizes: Map<Buffer, number>): Map<Buffer, number> {
  for (const step of steps) {
    if (step.kind === "repeat") {
      for (const { array, row } of step.slices) if (array.buffer.element === undefined) sizes.set(row, sizes.get(array.buffer) ?? array.buffer.size);
    }
    for (const inner of innerSteps(step)) arraySizes(inner, sizes);
  }
  return sizes;
}
