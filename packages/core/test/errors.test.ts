// The errors: a class for each cause, with a stable code, and a section of the guide for each code.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as core from "../src/index.js";

type ErrorClass = new (message: string) => Error & { code: string };

const guide = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const sections = new Set(guide.split("\n").flatMap((line) => /^#{2,3} ([a-z0-9-]+)$/.exec(line)?.[1] ?? []));

// Code, and whether it is a TypeError, as the API page has them.
const documented: [string, string, boolean][] = [
  ["MissingRuleError", "missing-rule", true],
  ["ShapeError", "shape", false],
  ["DTypeError", "dtype", true],
  ["TreeMismatchError", "tree-mismatch", false],
  ["EscapedTracerError", "escaped-tracer", true],
  ["TracerCoercionError", "tracer-coercion", true],
  ["ConcretizationError", "concretization", true],
  ["NonlinearError", "nonlinear", true],
  ["NoBackendError", "no-backend", false],
  ["BackendMismatchError", "backend-mismatch", false],
  ["DuplicateCoreError", "duplicate-core", false],
  ["ArgumentError", "argument", true],
  ["DeviceLimitError", "device-limit", false],
  ["ContextLostError", "context-lost", false],
  ["ConformanceError", "conformance", false],
];
const classes = new Map(Object.entries(core).filter(([name, value]) => name.endsWith("Error") && typeof value === "function") as [string, ErrorClass][]);

describe.each(documented)("%s", (name, code, isTypeError) => {
  const error = new (classes.get(name)!)("what happened");

  test("has its code and name, and quotes the guide", () => {
    expect([error.code, error.name]).toEqual([code, name]);
    expect(error.message).toBe(`what happened\n  [${code}, see docs/errors.md#${code}]`);
    expect(String(error)).toBe(`${name}: ${error.message}`);
  });
  test(isTypeError ? "is a TypeError" : "is an Error, and no TypeError", () => {
    expect([error instanceof Error, error instanceof TypeError]).toEqual([true, isTypeError]);
  });
  test("has a section in the guide", () => {
    expect([...sections]).toContain(code);
  });
});

test("every error class that core exports is documented here, and no two share a code", () => {
  expect([...classes.keys()].sort()).toEqual(documented.map(([name]) => name).sort());
  expect(new Set([...classes.values()].map((ErrorClass) => new ErrorClass("").code)).size).toBe(classes.size);
});

test("the guide has no section for a code that does not exist", () => {
  const codes = new Set(documented.map(([, code]) => code));
  expect([...sections].filter((s) => !codes.has(s))).toEqual([]);
});

test("a message is quoted without its reference", () => {
  expect(core.causeOf(new core.ShapeError("two\nlines"))).toBe("two\nlines");
  expect(core.causeOf(new RangeError("plain"))).toBe("plain");
});
