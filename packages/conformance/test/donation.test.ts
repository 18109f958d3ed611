// donateArgnums and dispose: results are the same, and what was given away is refused by everything that would use it.

import { vmap } from "@gradus/batching";
import { add, array, ArgumentError, broadcastTo, dispose, mul, reduceSum, reshape, type Tensor, transpose, useBackend } from "@gradus/core";
import { scan } from "@gradus/control-flow";
import { dotGeneral, exp, sin, sort, sub } from "@gradus/ops";
import { cpu, eagerCpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { beforeEach, describe, expect, test } from "vitest";

describe.each([["compiled", cpu], ["evaluated", () => eagerCpu()]] as const)("%s", (_name, make) => {
  beforeEach(() => useBackend(make()));
  const step = (w: { a: Tensor; b: Tensor }, x: Tensor): { a: Tensor; b: Tensor } => ({ a: sub(w.a, mul(0.1, x)), b: add(w.b, reduceSum(x)) });

  test("a training loop gives what it gives without", () => {
    const start = (): { a: Tensor; b: Tensor } => ({ a: array([1, 2, 3]), b: array(0.5) });
    const x = array([0.25, 0.5, 1]);
    let [kept, given] = [start(), start()];
    const [f, g] = [jit(step), jit(step, { donateArgnums: 0 })];
    for (let i = 0; i < 5; i++) [kept, given] = [f(kept, x), g(given, x)];
    expect([given.a.js(), given.b.js()]).toEqual([kept.a.js(), kept.b.js()]);
    expect(x.js()).toEqual([0.25, 0.5, 1]);
    expect(g.cacheSize()).toBe(1);
  });

  test("a result that is a donated argument stays", () => {
    const x = array([1, 2]);
    const [same, more] = jit((v: Tensor) => [v, add(v, 1)], { donateArgnums: 0 })(x) as unknown as Tensor[];
    expect([same!.js(), more!.js()]).toEqual([[1, 2], [2, 3]]);
    expect(() => x.js()).toThrow(/donated/);
  });

  test("a result that a program captured can be donated, and the program gives it again", () => {
    const inner = jit(() => array([7, 8]));
    const init = jit((v: Tensor) => [array([1, 2]), array(0.5), inner(), add(v, 1)]);
    const use = jit((xs: readonly Tensor[]) => xs.map((v) => mul(v, 2)), { donateArgnums: 0 });
    for (let i = 0; i < 2; i++) expect((use(init(array([3])) as Tensor[]) as Tensor[]).map((v) => v.js())).toEqual([[2, 4], 1, [14, 16], [8]]);
  });

  test("inside of other transformations nothing is given away", () => {
    const f = jit((v: Tensor) => reduceSum(mul(v, v)), { donateArgnums: 0 });
    const x = array([1, 2]);
    expect([grad(f)(x).js(), grad(f)(x).js(), jit(f)(x).js(), vmap(f)(reshape(x, [2, 1])).js()]).toEqual([[2, 4], [2, 4], 5, [1, 4]]);
  });

  test("an error leaves the argument as it was", () => {
    const f = jit((v: Tensor) => mul(v, array([1, 2, 3, 4])), { donateArgnums: 0 });
    const x = array([1, 2, 3]);
    expect(() => f(x)).toThrow(/shape/i);
    expect(x.js()).toEqual([1, 2, 3]);
  });

  test("a captured array that was donated is refused at the next call", () => {
    const x = array([1, 2]);
    const f = jit((v: Tensor) => add(v, x));
    expect(f(array([1, 1])).js()).toEqual([2, 3]);
    jit((v: Tensor) => mul(v, 2), { donateArgnums: 0 })(x);
    expect(() => f(array([1, 1]))).toThrow(/donated/);
  });
});

const use = jit((x: Tensor) => mul(x, 2), { donateArgnums: -1 });
describe.each([["donated", use, /donateArgnums/], ["disposed of", dispose, /freed by dispose/]] as const)("an array that was %s", (_name, giveAway, message) => {
  beforeEach(() => useBackend(cpu()));
  const uses: [string, (x: Tensor) => unknown][] = [
    ["js", (x) => x.js()],
    ["dataSync", (x) => x.dataSync()],
    ["String", (x) => String(x)],
    ["one operand", (x) => sin(x)],
    ["two operands", (x) => add(x, x)],
    ["beside a number", (x) => mul(2, x)],
    ["a sum", (x) => reduceSum(x).js()],
    ["a view", (x) => transpose(x).js()],
    ["a broadcast", (x) => broadcastTo(x, [2, ...x.shape]).js()],
    ["a sort", (x) => sort(reshape(x, [-1])).js()],
    ["a product", (x) => dotGeneral(reshape(x, [-1]), reshape(x, [-1]), { contract: [[0], [0]] })],
    ["jit", (x) => jit((v: Tensor) => exp(v))(x)],
    ["grad", (x) => grad((v: Tensor) => reduceSum(sin(v)))(x)],
    ["scan", (x) => scan((c: Tensor, v: Tensor) => [add(c, reduceSum(v)), null], array(0, { dtype: x.dtype }), reshape(x, [-1]))],
  ];
  for (const [kind, make] of [["a matrix", () => array([[1, 2, 3], [4, 5, 6]])], ["a view", () => transpose(array([[1, 2], [3, 4]]))], ["0-d", () => array(3)], ["float64", () => array([1, 2], { dtype: "float64" })]] as const) {
    test.each(uses)(`is refused by %s: ${kind}`, (_name, f) => {
      const x = make();
      giveAway(x);
      expect(() => f(x)).toThrow(ArgumentError);
      expect(() => f(x)).toThrow(message);
    });
  }
  test("is refused by data()", async () => {
    const x = array([1, 2]);
    giveAway(x);
    await expect(x.data()).rejects.toThrow(message);
  });
  test("can be disposed of, which does nothing", () => {
    const x = array([1, 2]);
    giveAway(x);
    dispose(x);
    expect(() => x.js()).toThrow(message);
  });
});

describe.each([["compiled", cpu], ["evaluated", () => eagerCpu()]] as const)("dispose, %s", (_name, make) => {
  beforeEach(() => useBackend(make()));

  test("takes trees, and numbers in them", () => {
    const [x, y, z] = [array([1, 2]), array(3), array([4])];
    dispose({ x, rest: [y, null, 5, true] }, z);
    for (const gone of [x, y, z]) expect(() => gone.js()).toThrow(ArgumentError);
    dispose();
    dispose([]);
  });

  test("refuses what is no tensor, and frees nothing then", () => {
    const x = array([1, 2]);
    for (const wrong of [undefined, "x", () => 0, { x, y: "y" }]) expect(() => dispose(wrong)).toThrow(/dispose: expected tensors/);
    expect(x.js()).toEqual([1, 2]);
  });

  test("leaves arrays alone that were computed from it", () => {
    const x = array([[1, 2], [3, 4]]);
    const f = jit((v: Tensor) => [mul(v, 2), v] as Tensor[]);
    const [transposed, [doubled, same]] = [transpose(x), f(x) as [Tensor, Tensor]];
    const second = reshape(doubled, [4]);
    dispose(doubled);
    expect([transposed.js(), same.js(), second.js()]).toEqual([[[1, 3], [2, 4]], [[1, 2], [3, 4]], [2, 4, 6, 8]]);
  });

  test("frees nothing inside of a transformation", () => {
    const c = array([3, 4]);
    const f = (v: Tensor): Tensor => {
      const y = mul(v, c);
      const z = reduceSum(mul(y, y));
      dispose(y, c);
      return z;
    };
    const x = array([1, 2]);
    expect([grad(f)(x).js(), jit(f)(x).js(), jit(grad(f))(x).js(), vmap(f)(reshape(x, [1, 2])).js()]).toEqual([[18, 64], 73, [18, 64], [73]]);
    expect(f(x).item()).toBe(73);
    expect(() => c.js()).toThrow(/freed by dispose/);
  });

  test("leaves to a program what it captured and gave as a result", () => {
    const f = jit(() => array([7, 8]));
    dispose(f());
    expect((f() as Tensor).js()).toEqual([7, 8]);
  });
});

test("an argument is static or donated", () => {
  expect(() => jit((x: Tensor) => x, { staticArgnums: 0, donateArgnums: [0, 1] })).toThrow(ArgumentError);
});
