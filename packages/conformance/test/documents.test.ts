// The documents that are made from the code: operations.md and accuracy.md. A difference is a cell that changed; when it was meant to,
// run this file with --update.
import { useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { expect, test } from "vitest";
import { operations } from "../src/index.js";
import { accuracyDocument, measure, rows } from "./documents/accuracy.js";
import { operationsDocument } from "./documents/operations.js";

useBackend(cpu());

test("docs/operations.md says what operations do", { timeout: 180_000 }, async () => {
  await expect(operationsDocument(operations)).toMatchFileSnapshot("../../../docs/operations.md");
});

const measured = rows.map((row) => [row, measure(row)] as const);

test.each(measured.map(([row, found]) => [row.name, found] as const))("%s is within 2 ulp in float32", (_name, { evaluated, compiled }) => {
  expect(evaluated.ulps).toBeLessThanOrEqual(2);
  expect(compiled.ulps).toBeLessThanOrEqual(2);
  // Beside a zero the value may be as small as the rounding of x makes it.
  expect(Math.max(evaluated.absolute, compiled.absolute)).toBeLessThanOrEqual(2 ** -24);
});

test("docs/accuracy.md says how accurate operations are", async () => {
  await expect(accuracyDocument(measured)).toMatchFileSnapshot("../../../docs/accuracy.md");
});

test("every elementwise operation of floats is measured, or has nothing to measure", () => {
  const exact = new Set(["sign", "isNan", "isFinite", "not", "equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual", "and", "or", "xor", "shiftLeft", "shiftRightArithmetic", "shiftRightLogical", "nextafter", "select", "cast", "clamp", "square", "populationCount", "clz", "bitcast"]);
  const names = operations.filter((o) => o.primitives.length === 1 && o.primitives[0]!.traits.elementwise !== undefined).map((o) => o.name);
  const missing = names.filter((name) => !name.startsWith("integerPow") && !exact.has(name) && !rows.some((row) => row.name === name));
  expect(missing).toEqual([]);
});
