// dotGeneral: values against loops, derivatives in both operands, batching of either or both.

import type { Tensor } from "@gradus/core";
import { type AxisPairs, dotGeneral, reshape, sin } from "@gradus/ops";
import { grad, linearTranspose } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { checkBatching, checkDerivatives, expectNear, f64, i32, values } from "./support.js";

interface Case {
  a: number[];
  b: number[];
  contract: AxisPairs;
  batch?: AxisPairs;
}
const cases: [string, Case][] = [
  ["matrix product", { a: [2, 3], b: [3, 4], contract: [[1], [0]] }],
  ["transposed operands", { a: [3, 2], b: [4, 3], contract: [[0], [1]] }],
  ["inner product", { a: [3], b: [3], contract: [[0], [0]] }],
  ["outer product", { a: [2], b: [3], contract: [[], []] }],
  ["two contracted axes, in another order", { a: [2, 3, 4], b: [4, 5, 3], contract: [[1, 2], [2, 0]] }],
  ["three contracted axes, rotated", { a: [2, 3, 4], b: [4, 2, 3, 5], contract: [[0, 1, 2], [1, 2, 0]] }],
  ["one batch axis", { a: [5, 2, 3], b: [5, 3, 4], contract: [[2], [1]], batch: [[0], [0]] }],
  ["two batch axes, elsewhere", { a: [2, 5, 3, 4], b: [3, 4, 5, 6], contract: [[2], [0]], batch: [[3, 1], [1, 2]] }],
  ["batch axes only", { a: [2, 3], b: [2, 3], contract: [[], []], batch: [[0, 1], [0, 1]] }],
  ["an empty contraction", { a: [2, 0], b: [0, 3], contract: [[1], [0]] }],
];

const indices = (shape: readonly number[]): number[][] => shape.reduce<number[][]>((all, d) => all.flatMap((i) => Array.from({ length: d }, (_, k) => [...i, k])), [[]]);
const at = (data: ArrayLike<number>, shape: readonly number[], index: readonly number[]): number => data[index.reduce((o, i, k) => o * shape[k]! + i, 0)]!;

/** The definition, element by element. */
function expected({ a, b, contract, batch = [[], []] }: Case, x: Tensor, y: Tensor): Tensor {
  const freeA = a.map((_, i) => i).filter((i) => !contract[0].includes(i) && !batch[0].includes(i));
  const freeB = b.map((_, i) => i).filter((i) => !contract[1].includes(i) && !batch[1].includes(i));
  const [dx, dy] = [x.dataSync(), y.dataSync()];
  const sizes = [...batch[0].map((i) => a[i]!), ...freeA.map((i) => a[i]!), ...freeB.map((i) => b[i]!)];
  const sums = indices(sizes).map((out) =>
    indices(contract[0].map((i) => a[i]!)).reduce((sum, k) => {
      const [ia, ib] = [a.map(() => 0), b.map(() => 0)];
      batch[0].forEach((i, n) => ((ia[i] = out[n]!), (ib[batch[1][n]!] = out[n]!)));
      freeA.forEach((i, n) => (ia[i] = out[batch[0].length + n]!));
      freeB.forEach((i, n) => (ib[i] = out[batch[0].length + freeA.length + n]!));
      contract[0].forEach((i, n) => ((ia[i] = k[n]!), (ib[contract[1][n]!] = k[n]!)));
      return sum + at(dx, a, ia) * at(dy, b, ib);
    }, 0),
  );
  return reshape(f64(sums), sizes);
}

describe.each(cases)("%s", (_name, c) => {
  const [x, y] = [values(c.a, 1), values(c.b, 2)];
  const f = (a: Tensor, b: Tensor): Tensor => dotGeneral(a, b, c);

  test("value", () => expectNear(f(x, y), expected(c, x, y), 1e-13));
  test("derivatives", () => checkDerivatives((a, b) => f(sin(a!), b!), [x, y]));
  test("batching", () => {
    for (let i = 0; i <= c.a.length; i++) {
      const xs = values([...c.a.slice(0, i), 3, ...c.a.slice(i)], 3);
      checkBatching((a) => f(a!, y), [xs], [i]);
      checkBatching((a, b) => f(a!, b!), [xs, values([...c.b, 3], 4)], [i, c.b.length]);
    }
    for (let i = 0; i <= c.b.length; i++) checkBatching((b) => f(x, b!), [values([...c.b.slice(0, i), 3, ...c.b.slice(i)], 5)], [i]);
  });
  test("its transpose in one operand is linear in the other", () => {
    const g = (b: Tensor): Tensor => (linearTranspose((a: Tensor) => f(a, b), [x])(f(x, y)) as [Tensor])[0];
    checkDerivatives((b) => g(b!), [y], 1);
  });
});

test("integers wrap around", () => {
  expect(dotGeneral(i32([65536, 1]), i32([65536, 5]), { contract: [[0], [0]] }).item()).toBe(5);
});

test("the Hessian of a quadratic form is its matrix, symmetrized", () => {
  const m = f64([[1, 2], [3, 4]]);
  const q = (x: Tensor): Tensor => dotGeneral(x, dotGeneral(m, x, { contract: [[1], [0]] }), { contract: [[0], [0]] });
  const v = f64([1, 0]);
  const hv = grad((x: Tensor) => dotGeneral(grad(q)(x), v, { contract: [[0], [0]] }))(f64([5, 7]));
  expect(hv.js()).toEqual([2, 5]);
});
