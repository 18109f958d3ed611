// The documents that are made from the code: operations.md and accuracy.md. A difference is a cell that changed; when it was meant to,
// run this file with --update.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

// (v128) => f32x4.relaxed_madd(x, x, x): with products and sums in one instruction, errors are others, and mostly smaller.
const isFused = WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 133, 2, 11));

test.skipIf(isFused)("docs/accuracy.md says how accurate operations are", async () => {
  await expect(accuracyDocument(measured)).toMatchFileSnapshot("../../../docs/accuracy.md");
});

test.runIf(isFused)("docs/accuracy.md holds, within a quarter of an ulp, where products and sums are fused", () => {
  const cells = (text: string): string[][] => text.split("\n").filter((line) => line.startsWith("| ")).slice(1).map((line) => line.split(" | "));
  const written = cells(readFileSync(fileURLToPath(new URL("../../../docs/accuracy.md", import.meta.url)), "utf8"));
  const found = cells(accuracyDocument(measured));
  expect(found.map(([name, domain]) => [name, domain])).toEqual(written.map(([name, domain]) => [name, domain]));
  for (const [i, [name, , ...ulps]] of found.entries()) {
    for (const column of [0, 1]) expect(Number(ulps[column]), name).toBeLessThanOrEqual(Number(written[i]?.[column + 2]) + 0.25);
  }
});

test("every elementwise operation of floats is measured, or has nothing to measure", () => {
  const exact = new Set(["sign", "isNan", "isFinite", "not", "equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual", "and", "or", "xor", "shiftLeft", "shiftRightArithmetic", "shiftRightLogical", "nextafter", "select", "cast", "clamp", "square", "populationCount", "clz", "bitcast"]);
  const names = operations.filter((o) => o.primitives.length === 1 && o.primitives[0]!.traits.elementwise !== undefined).map((o) => o.name);
  const missing = names.filter((name) => !name.startsWith("integerPow") && !exact.has(name) && !rows.some((row) => row.name === name));
  expect(missing).toEqual([]);
});
