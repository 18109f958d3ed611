// A value of a handler that has ended is an error wherever it leaves a transformed function, never a constant with
// gradient zero.

import { describe, expect, it } from "vitest";
import { array, EscapedTracerError, grad, type Handler, inferAvals, jacfwd, jit, jvp, lift, linearize, makeProgram, type Tensor, vjp, vmap, withHandler } from "../src/index.js";

// Answers with tracers of its own, which nobody strips.
const shapeOnly = (): Handler => {
  const handler: Handler = {
    name: "shapeOnly",
    perform: (p, args, params) => inferAvals(p, args.map((a) => a.aval), params).map((aval) => lift(handler, null, aval)),
  };
  return handler;
};
const leaky = (x: Tensor): Tensor => withHandler(shapeOnly(), () => x.sin());
const x = array(0.5);

describe("a tracer of an ended handler, returned from a transformed function", () => {
  it.each<[string, () => unknown]>([
    ["grad", () => grad(leaky)(x)],
    ["jvp", () => jvp(leaky, [x], [1])],
    ["vjp", () => vjp(leaky, [x])],
    ["linearize", () => linearize(leaky, [x])],
    ["jacfwd", () => jacfwd(leaky)(x)],
    ["vmap", () => vmap(leaky)(array([1, 2]))],
    ["vmap with outAxes null", () => vmap(leaky, 0, { outAxes: null })(array([1, 2]))],
    ["jit", () => jit(leaky)(x)],
    ["makeProgram", () => makeProgram(leaky)(x)],
  ])("%s refuses it", (_name, run) => {
    expect(run).toThrow(EscapedTracerError);
    expect(run).toThrow(/belongs to shapeOnly, which has ended/);
  });

  it("is refused as an argument, too", () => {
    const escaped = leaky(x);
    expect(() => grad((y) => y)(escaped)).toThrow(/belongs to shapeOnly, which has ended/);
    expect(() => vmap((y: Tensor) => y, null, { axisSize: 2, outAxes: null })(escaped)).toThrow(EscapedTracerError);
  });
});
