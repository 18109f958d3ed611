// The kit in Chromium: the backend in all dtypes, all laws over the operation table, the number path and the words.
import { useBackend } from "@gradus/core";
import * as catalogue from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { beforeAll, expect, test } from "vitest";
import { expectAll, nestingWords, operations, testBackend, testNumbers, testOperation, uncovered } from "../src/index.js";

beforeAll(() => useBackend(cpu()));
const timeout = 300_000; // the engine of a browser beside everything else on two cores

test("cpu() passes the kit for backends", { timeout }, async () => {
  const { passed } = await expectAll(testBackend(() => cpu()));
  expect(passed).toBeGreaterThan(3000);
});

test("every operation keeps the laws", { timeout }, async () => {
  expect(uncovered(catalogue)).toEqual({ missing: [], unknown: [] });
  const { passed } = await expectAll(operations.flatMap((operation) => testOperation(operation, { dtypes: ["float32", "float64", "int32"] })));
  expect(passed).toBeGreaterThan(15_000);
});

test("every operation takes numbers", { timeout }, async () => {
  const { passed } = await expectAll(operations.flatMap((operation) => testNumbers(operation)));
  expect(passed).toBeGreaterThan(4000);
});

test("every word denotes what it says", { timeout }, async () => {
  await expectAll(nestingWords());
});
