// Comparing results: structure first, then avals (weakness included), then values. A message names the first element that
// differs, what was got and what was expected.

import { type Aval, ConformanceError, type DType, stack, type Tensor, tree } from "@gradus/core";
import { type HostArray, toHost } from "./host-array.js";

/** |got − wanted| ≤ atol + rtol·|wanted|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Bit for bit, the sign of zero included; NaN equals NaN. */
export const exactly: Tolerance = { rtol: 0, atol: 0 };

/** What rounding in another order may change, by dtype. */
export function roundoff(dtype: DType): Tolerance {
  if (dtype === "float64") return { rtol: 1e-11, atol: 1e-12 };
  return dtype === "float32" ? { rtol: 2e-5, atol: 2e-6 } : exactly;
}

export const fail = (message: string): never => {
  throw new ConformanceError(message);
};

/** @throws ConformanceError */
export function expectAval(got: Aval, wanted: Aval, what: string): void {
  if (got !== wanted) fail(`${what} is ${got.toString()}, expected ${wanted.toString()} (~ is weak).`);
}

/** Whether two numbers agree. With {@link exactly}, −0 is not 0. */
export function agree(got: number, wanted: number, { rtol, atol }: Tolerance): boolean {
  if (Object.is(got, wanted)) return true;
  if (rtol === 0 && atol === 0) return false;
  return got === wanted || Math.abs(got - wanted) <= atol + rtol * Math.abs(wanted);
}

/** @throws ConformanceError naming `what` and the first element that differs */
export function expectHost(got: HostArray, wanted: HostArray, tolerance: Tolerance, what: string): void {
  if (got.dtype !== wanted.dtype || got.shape.join() !== wanted.shape.join()) {
    fail(`${what} is ${got.dtype}[${got.shape}], expected ${wanted.dtype}[${wanted.shape}].`);
  }
  for (let i = 0; i < wanted.data.length; i++) {
    const [g, w] = [got.data[i] as number, wanted.data[i] as number];
    if (!agree(g, w, tolerance)) fail(`${what}: element ${i} is ${print(g)}, expected ${print(w)}; all of it: [${got.data.map(print)}], expected [${wanted.data.map(print)}].`);
  }
  if (got.data.length !== wanted.data.length) fail(`${what} has ${got.data.length} elements, expected ${wanted.data.length}.`);
}

const print = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

/**
 * Two trees of tensors have one structure, the same avals, and values that agree: within `tolerance`, or within what
 * rounding explains for their dtype. @throws ConformanceError
 */
export function expectTree(got: unknown, wanted: unknown, what: string, tolerance?: Tolerance): void {
  const [gs, gotTree] = tree.flatten(got) as [Tensor[], ReturnType<typeof tree.structure>];
  const [ws, wantedTree] = tree.flatten(wanted) as [Tensor[], ReturnType<typeof tree.structure>];
  if (!gotTree.equals(wantedTree)) fail(`${what} has the structure ${gotTree.toString()}, expected ${wantedTree.toString()}.`);
  gs.forEach((g, i) => {
    const w = ws[i] as Tensor;
    const label = gs.length === 1 ? what : `${what}, leaf ${i}`;
    expectAval(g.aval, w.aval, label);
    expectHost(toHost(g), toHost(w), tolerance ?? roundoff(w.dtype), label);
  });
}

/** The name of an error's class; "nothing" if the function does not throw. */
export function thrownBy(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return error instanceof Error ? error.name : typeof error;
  }
  return "nothing";
}

/**
 * What `run` gives, where it calls a jitted function for the first time: a backend that counts the programs that it compiles has
 * one more afterwards. @throws ConformanceError where it went another way
 */
export function expectCompiled<T>(run: () => T): T {
  const before = stack.backend?.stats?.()["programs"];
  const result = run();
  const after = stack.backend?.stats?.()["programs"];
  if (after !== undefined && after > 0 && after === before) fail("jit(f) was evaluated without a compiled program, by the count of the backend.");
  return result;
}
