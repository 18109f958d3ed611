// Laws × operations × dtypes × modes, on the CPU backend.
import { useBackend } from "@gradus/core";
import * as catalogue from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { beforeAll, expect, test } from "vitest";
import { expectAll, operations, skipTable, testOperation, uncovered } from "../src/index.js";

beforeAll(() => useBackend(cpu()));

test("every export of @gradus/ops is in the table, and nothing else", () => {
  expect(uncovered(catalogue)).toEqual({ missing: [], unknown: [] });
});

const rows = operations.map((operation) => ({ name: operation.name, cases: testOperation(operation) }));

test.each(rows)("$name", { timeout: 180_000 }, async ({ cases }) => {
  await expectAll(cases);
});

test("skips have a reason", () => {
  const cases = rows.flatMap((row) => row.cases);
  const skips = cases.filter((c) => c.skip !== undefined);
  expect(skips.every((c) => (c.skip ?? "").length > 10)).toBe(true);
  console.log(`${cases.length - skips.length} cases of operations run, ${skips.length} skipped\n${skipTable(cases)}`);
});
