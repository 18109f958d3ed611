// How console.log prints.

import { array, useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { beforeAll, expect, it } from "vitest";
import { inspect } from "../src/sandbox/inspect.js";
import { positionsIn, reportError } from "../src/sandbox/report.js";

beforeAll(() => useBackend(cpu()));

it("prints strings bare at the top and quoted inside", () => {
  expect(inspect("a")).toBe("a");
  expect(inspect(["a"])).toBe('["a"]');
});

it("prints tensors with shape and dtype, also inside data", () => {
  expect(inspect(array([1, 2.5]))).toBe("Tensor<f32[2]> [1, 2.5]");
  expect(inspect({ w: array(2) })).toBe("{ w: Tensor<f32[]> 2 }");
});

it("prints plain data as it would be written", () => {
  expect(inspect({ a: 1, "b-c": [true, null, undefined], d: -0, e: 3n })).toBe('{ a: 1, "b-c": [true, null, undefined], d: -0, e: 3n }');
  expect(inspect(new Map([["k", new Set([1])]]))).toBe('Map { "k" => Set { 1 } }');
  expect(inspect(Float32Array.of(1, 2))).toBe("Float32Array(2) [1, 2]");
});

it("names functions and classes, and stops at cycles", () => {
  class Thing {
    x = 1;
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(inspect(Math.sin)).toBe("[function sin]");
  expect(inspect(Thing)).toBe("[class Thing]");
  expect(inspect(new Thing())).toBe("Thing { x: 1 }");
  expect(inspect(cycle)).toBe("{ self: [circular] }");
});

it("breaks lines that are too long", () => {
  expect(inspect({ first: "x".repeat(40), second: "y".repeat(40) })).toBe(`{\n  first: "${"x".repeat(40)}",\n  second: "${"y".repeat(40)}"\n}`);
});

const url = "blob:http://localhost/1234";

it("finds the frames of the program in the stacks of all engines", () => {
  const v8 = `TypeError: no\n    at f (http://localhost/lib.js:1:2)\n    at g (${url}:3:14)\n    at ${url}:7:1`;
  const spiderMonkey = `f@http://localhost/lib.js:1:2\ng@${url}:3:14\n@${url}:7:1\n`;
  const expected = [
    { line: 3, column: 14 },
    { line: 7, column: 1 },
  ];
  expect(positionsIn(v8, url)).toEqual(expected);
  expect(positionsIn(spiderMonkey, url)).toEqual(expected);
  expect(positionsIn(v8, undefined)).toEqual([]);
});

it("takes the code of a Gradus error out of its message", () => {
  const error = Object.assign(new TypeError("no rule\n  [missing-rule, see docs/errors.md#missing-rule]"), { name: "MissingRuleError", code: "missing-rule" });
  expect(reportError(error, undefined)).toMatchObject({ name: "MissingRuleError", message: "no rule", code: "missing-rule" });
  expect(reportError({ a: 1 }, undefined)).toEqual({ name: "Uncaught value", message: "{ a: 1 }" });
});
