// The scalar IR as GLSL, and as a function of numbers: what can be seen without a device.
import { MissingRuleError } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { expect, test } from "vitest";
import { literal } from "../src/glsl-types.js";
import { calledFunctions } from "../src/glsl-library.js";
import { evaluateBody } from "../src/host-scalar.js";
import { lowerBody } from "../src/lower.js";
import { merged } from "../src/view.js";
import { webgl } from "../src/index.js";

const x = s.arg(0);

test("a node that is shared is one local variable", () => {
  const e = s.exp(x);
  const source = lowerBody("body", s.add(s.mul(e, e), e), ["float32"], "float32");
  expect(source.match(/g_exp\(/g)).toHaveLength(1);
  expect(source).toContain("float body(float a0)");
});

test("constants take the dtype of what they meet, in any order of use", () => {
  const half = s.constant(2);
  const source = lowerBody("body", s.select(s.less(half, x), s.mul(half, x), x), ["int32"], "int32");
  expect(source).toContain("(2 < a0)");
  expect(lowerBody("body", s.add(x, 1), ["uint32"], "uint32")).toContain("(a0 + 1u)");
  expect(lowerBody("body", s.castTo(s.add(x, 1), "int32"), ["float32"], "int32")).toContain("g_wrap(");
});

test("literals keep every bit", () => {
  expect(literal(0.1, "float32")).toBe("0.10000000149011612");
  expect(literal(3, "float32")).toBe("3.0");
  expect(literal(1e300, "float32")).toBe("uintBitsToFloat(0x7f800000u)");
  expect(literal(NaN, "float32")).toBe("uintBitsToFloat(0x7fc00000u)");
  expect(literal(-0, "float32")).toBe("uintBitsToFloat(0x80000000u)");
  expect(literal(-1, "uint32")).toBe("4294967295u");
  expect(literal(-1, "int32")).toBe("int(4294967295u)");
  expect(literal(7, "bool")).toBe("true");
});

test("a shader has the functions that it calls, callees before callers", () => {
  const source = calledFunctions("g_tanh(x)");
  expect(source.indexOf("float g_scale(")).toBeLessThan(source.indexOf("float g_exp("));
  expect(source.indexOf("float g_exp(")).toBeLessThan(source.indexOf("float g_tanh("));
  expect(source).not.toContain("g_sin(");
  expect(calledFunctions("a + b")).toBe("");
});

test("numbers are computed on the host, with the variants of their dtype", () => {
  expect(evaluateBody(s.div(x, s.arg(1)), [7, -2], ["int32", "int32"])).toBe(-3);
  expect(evaluateBody(s.div(x, s.arg(1)), [7, -2], ["float32", "float32"])).toBe(-3.5);
  expect(evaluateBody(s.not(x), [1], ["bool"])).toBe(0);
  expect(evaluateBody(s.mul(x, x), [65_537], ["uint32"])).toBe(131_073);
  expect(evaluateBody(s.castTo(x, "int32"), [-2.7], ["float32"])).toBe(-2);
});

test("an intrinsic without GLSL is named, with what to do", () => {
  const odd: s.Expr = { kind: "call", op: { name: "odd", arity: 1, float: (a) => a, result: "same" }, args: [x] };
  expect(() => lowerBody("body", odd, ["float32"], "float32")).toThrow(MissingRuleError);
});

test("axes that run together are merged", () => {
  expect(merged([2, 3, 4], [[12, 4, 1]])).toEqual({ shape: [24], strides: [[1]] });
  expect(merged([2, 3, 4], [[12, 4, 1], [0, 0, 1]])).toEqual({ shape: [6, 4], strides: [[4, 1], [0, 1]] });
  expect(merged([1, 1], [[5, 5]])).toEqual({ shape: [], strides: [[]] });
});

test("without a browser it is refused with the reason", async () => {
  expect(await webgl.isSupported()).toEqual({ supported: false, reason: expect.stringContaining("WebGL2 runs in browsers") });
  expect(() => webgl()).toThrow(expect.objectContaining({ name: "DeviceLimitError", message: expect.stringContaining("Use the CPU backend") }));
});
