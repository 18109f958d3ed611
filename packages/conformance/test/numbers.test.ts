// The number path: every operation × {literal, JS-number argument, 0-d tensor, array} × dtypes × {eager, grad, vmap, jit}.
import { add, array, type DType, full, mul, type Tensor, useBackend } from "@gradus/core";
import * as ops from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { beforeAll, describe, expect, test } from "vitest";
import { expectAll, operations, skipTable, testNumbers } from "../src/index.js";

beforeAll(() => useBackend(cpu()));

const rows = operations.map((operation) => ({ name: operation.name, cases: testNumbers(operation) }));

test.each(rows.filter((row) => row.cases.some((c) => c.skip === undefined)))("$name", { timeout: 180_000 }, async ({ cases }) => {
  await expectAll(cases);
});

test("skips have a reason", () => {
  const cases = rows.flatMap((row) => row.cases);
  console.log(`${cases.filter((c) => c.skip === undefined).length} feedings, each in every mode\n${skipTable(cases)}`);
  const skips = rows.filter((row) => row.cases.every((c) => c.skip !== undefined));
  expect(skips.every((row) => (row.cases[0]?.skip ?? "").length > 10)).toBe(true);
  expect(skips.length).toBeLessThan(rows.length / 3); // matrices, windows and indices take no numbers
});

describe("what the documentation says in so many words", () => {
  const i32 = (x: number): Tensor => array(x, { dtype: "int32" });
  const type = (x: Tensor): string => x.aval.toString();

  test("a literal takes the dtype of the tensor it meets", () => {
    expect(type(add(i32(3), 2))).toBe("i32[]");
    expect(type(add(i32(3), 2.5))).toBe("f32[]");
    expect(type(add(full([2], 1, "float64"), 2.5))).toBe("f64[2]");
    expect(type(ops.select(array([true]), full([1], 3, "float64"), 0))).toBe("f64[1]");
    expect(type(mul(2, 3))).toBe("~f32[]");
  });

  test("a literal that does not fit is refused, whole or not", () => {
    expect(() => add(i32(3), 2 ** 31)).toThrow(expect.objectContaining({ code: "dtype", message: expect.stringMatching(/2147483648 does not fit int32.*cast\(x, "float32"\)/) }));
    expect(() => add(array(3, { dtype: "uint32" }), -1)).toThrow(expect.objectContaining({ code: "dtype", message: expect.stringMatching(/-1 does not fit uint32/) }));
    expect(type(add(i32(3), -(2 ** 31)))).toBe("i32[]");
    expect(type(add(i32(3), Infinity))).toBe("f32[]");
    expect(type(add(i32(3), NaN))).toBe("f32[]");
  });

  test("a number that crosses a boundary is a double until it meets a dtype", () => {
    const cube = (x: Tensor): Tensor => mul(x, mul(x, x));
    expect(grad(cube)(0.1).item()).toBeCloseTo(0.03, 15);
    expect(type(grad(cube)(0.1))).toBe("~f32[]");
    expect(jit((x: Tensor) => mul(x, full([], 1, "float64")))(0.1 as unknown as Tensor).item()).toBe(0.1);
    expect(jit((x: Tensor) => mul(x, full([], 1)))(0.1 as unknown as Tensor).item()).toBe(Math.fround(0.1));
  });

  test.each<DType>(["int32", "uint32"])("meeting %s it is a DTypeError that names cast", (dtype) => {
    const n = full([2], 3, dtype);
    for (const attempt of [() => grad((x: Tensor) => ops.reduceSum(mul(x, n)))(2), () => jit((x: Tensor) => mul(x, n))(2 as unknown as Tensor)]) {
      expect(attempt).toThrow(expect.objectContaining({ name: "DTypeError", code: "dtype", message: expect.stringMatching(/cast\(n, "u?int32"\) .*cast\(x, "float32"\)/) }));
    }
  });
});
