// What the umbrella gives: a backend in place, and the public API of every package without its insides.

import * as core from "@gradus/core";
import { describe, expect, it } from "vitest";
import * as gradus from "../src/index.js";
import { array, backend, cos, customVjp, grad, mul, nn, np, ops, round, scalar, sin, stack, stopGradient, surrogates, type Tensor, tree } from "../src/index.js";

describe("the umbrella", () => {
  it("has the CPU backend in place on import", () => {
    expect(array([1, 2]).mul(3).js()).toEqual([3, 6]);
    expect(core.currentBackend("test")).toBe(backend);
    expect(backend.name).toBe("cpu");
  });

  it("runs the seed programs", () => {
    expect(grad((x) => mul(sin(x), cos(x)))(Math.PI / 4).item()).toBeCloseTo(0, 6);
    expect(grad((x) => mul(sin(x), stopGradient(cos(x))))(Math.PI / 4).item()).toBeCloseTo(0.5, 6);
    const roundSt = customVjp((x) => round(x)).defvjp((x) => [roundSt(x), null], (_res, g) => [g]);
    const ste = (x: Tensor) => mul(roundSt(x), x);
    expect(ste(array(2.7)).item()).toBeCloseTo(8.1, 5);
    expect(grad(ste)(2.7).item()).toBeCloseTo(5.7, 5);
  });

  it.each([
    "grad valueAndGrad vjp linearize linearTranspose jacrev jacobian hessian hvp jvp jacfwd vmap jit makeProgram evalProgram evalShape",
    "checkpoint remat checkpointName checkpointPolicies fwdAndBwd optimizationBarrier linearCall",
    "stopGradient withoutGrad customJvp customVjp customGradient closureConvert defineRule straightThrough zeroGradient withRules",
    "array useBackend withBackend withHandler currentHandlers definePrimitive bind lift payloadOf defineTransform registerTreeNode",
    "Tensor Tracer Zero isZero instantiate isLinear cpu sin sinP add mulP where astype stack take dotGeneral",
    "erf erfc erfInv lgamma digamma polygamma cumsum cumprod cummax cummin sort argsort topK dynamicSlice dynamicUpdateSlice",
    "triangularSolve cholesky lu qr eigh svd solve det slogdet cofactor pinv",
    "scatter scatterMul scatterMax scatterMin bitcast populationCount clz randomBits reduceWindow convGeneral",
  ])("exports %s", (names) => {
    for (const name of names.split(" ")) expect(gradus, name).toHaveProperty(name);
  });

  it("exports every error class", () => {
    const errors = Object.keys(core).filter((name) => name.endsWith("Error"));
    expect(errors.length).toBeGreaterThan(10);
    for (const name of errors) expect(gradus, name).toHaveProperty(name);
  });

  it("has name spaces for operations, trees and the scalar language", () => {
    expect(ops.sin).toBe(sin);
    expect(grad((x) => np.clip(x, 0, 1))(0).item()).toBe(0.5);
    expect(grad((x) => nn.relu(x))(0).item()).toBe(0);
    expect(grad((x) => surrogates.step(x, { sharpness: 4 }))(0).item()).toBe(1);
    expect(tree.leaves({ a: 1, b: [2, null] })).toEqual([1, 2]);
    expect(scalar.add(1, 2).kind).toBe("call");
  });

  it("keeps the insides of transformations and backends inside", () => {
    for (const name of ["LinearRecorder", "JvpHandler", "BatchHandler", "TraceHandler", "Frame", "recordLinear"]) {
      expect(gradus).not.toHaveProperty(name);
    }
    // The operation of that name, not the handler stack.
    expect(stack).toBe(ops.stack);
  });
});
