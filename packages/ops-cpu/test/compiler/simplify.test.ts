// The first stage: what is opened, merged and left out.

import { add, array, bind, definePrimitive, mul, neg, type Primitive, type Tensor, type TensorLike, transpose, useBackend, withBackend } from "@gradus/core";
import { simplify } from "@gradus/loops";
import { cumsum, div, dotGeneral, exp, sin, sub } from "@gradus/ops";
import { jit, makeProgram } from "@gradus/tracing";
import { beforeEach, describe, expect, test } from "vitest";
import { compiling, eager, text, values } from "./support.js";

beforeEach(() => useBackend(eager));

const simplified = (f: (...xs: Tensor[]) => unknown, ...xs: TensorLike[]): string => simplify(makeProgram(f)(...(xs as Tensor[])), (p) => p.traits.elementwise !== undefined || eager.kernel(p) !== undefined).toString();

const shiftP: Primitive = definePrimitive("@acme/shift", { abstractEval: ([x]) => x!, decompose: ([x]) => add(sin(x!), 1) });
const tapP: Primitive = definePrimitive("@acme/tap", { abstractEval: ([x]) => x!, effect: "ordered", decompose: ([x]) => x! });

test("calls are opened, also where they are called twice, and equal operations are merged", () => {
  const inner = jit((x: Tensor) => mul(sin(x), 2));
  expect(simplified((x) => add(inner(x) as Tensor, inner(x) as Tensor), values([3]))).toBe(text`
    { lambda ; a:f32[3] . let
        b:f32[3] = sin a
        c:f32[3] = broadcast[shape=(3) axes=()] 2:f32[]
        d:f32[3] = mul b c
        e:f32[3] = add d d
      in (e) }
  `);
});

test("what has no kernel becomes what it is written with; what has one stays", () => {
  expect(simplified((x) => bind(shiftP, [x]), values([3]))).toContain("= sin a");
  expect(simplified((x) => cumsum(x), values([3]))).toContain("= cumsum");
});

test("effects are neither opened, merged nor dropped", () => {
  expect(simplified((x) => { bind(tapP, [x]); bind(tapP, [x]); return x; }, values([3])).match(/@acme\/tap {ordered} a/g)).toHaveLength(2);
});

describe("operations that give back their operand are left out", () => {
  const identity = "{ lambda ; a:f32[3] . let in (a) }";
  const same: Record<string, (x: Tensor) => Tensor> = {
    "x·1": (x) => mul(x, 1),
    "1·x": (x) => mul(1, x),
    "x/1": (x) => div(x, 1),
    "x − 0": (x) => sub(x, 0),
    "x + (−0)": (x) => add(x, -0),
    "−(−x)": (x) => neg(neg(x)),
  };
  for (const [name, f] of Object.entries(same)) test(name, () => expect(simplified(f, values([3]))).toBe(identity));
  const different: Record<string, (x: Tensor) => Tensor> = {
    "x + 0, since −0 + 0 is 0": (x) => add(x, 0),
    "x − (−0)": (x) => sub(x, -0),
    "0 − x": (x) => sub(0, x),
    "1/x": (x) => div(1, x),
    "0·x, which may be NaN": (x) => mul(x, 0),
    "x/x": (x) => div(x, x),
    "x − x": (x) => sub(x, x),
  };
  for (const [name, f] of Object.entries(different)) test(`but not ${name}`, () => expect(simplified(f, values([3]))).not.toBe(identity));
  test("of integers x + 0 is x", () => expect(simplified((x) => add(x, 0), values([3], "int32"))).toBe("{ lambda ; a:i32[3] . let in (a) }"));
  test("what is left of them is the conversion of a weak number", () => {
    expect(simplified((x) => mul(x, array(1)), 2)).toContain("b:f32[] = cast[dtype=float32] a");
    expect(simplified((x) => exp(mul(x, 1)), 2)).toBe(text`
      { lambda ; a:~f32[] . let
          b:~f32[] = exp a
        in (b) }
    `);
  });
});

describe("products that are transposed", () => {
  const product = (x: Tensor, y: Tensor): Tensor => dotGeneral(x, y, { contract: [[1], [0]] });
  const batched = (x: Tensor, y: Tensor): Tensor => dotGeneral(x, y, { contract: [[2], [1]], batch: [[0], [0]] });

  test("are products in the other order", () => {
    expect(simplified((x, y) => transpose(product(x, y)), values([2, 3]), values([3, 5]))).toBe(text`
      { lambda ; a:f32[2,3] b:f32[3,5] . let
          c:f32[5,2] = dot_general[contract=((0),(1)) batch=((),())] b a
        in (c) }
    `);
  });
  test("but not where the product is needed too, or its axes go elsewhere", () => {
    expect(simplified((x, y) => { const p = product(x, y); return add(transpose(p), p); }, values([3, 3]), values([3, 3]))).toContain("= transpose");
    expect(simplified((x, y) => [product(x, y), transpose(product(x, y))], values([2, 3]), values([3, 5]))).toContain("= transpose");
    expect(simplified((x, y) => transpose(batched(x, y)), values([2, 3, 4]), values([2, 4, 5]))).toContain("= transpose");
  });
  const programs: Record<string, [(x: Tensor, y: Tensor) => Tensor, number[], number[]]> = {
    "matrices": [(x, y) => transpose(product(x, y)), [3, 4], [4, 5]],
    "batches": [(x, y) => transpose(batched(x, y), [0, 2, 1]), [2, 3, 4], [2, 4, 5]],
    "several free axes": [(x, y) => transpose(dotGeneral(x, y, { contract: [[2], [0]] }), [2, 3, 0, 1]), [2, 3, 4], [4, 5, 3]],
    "several free axes in another order": [(x, y) => transpose(dotGeneral(x, y, { contract: [[2], [0]] }), [3, 2, 0, 1]), [2, 3, 4], [4, 5, 3]],
    "vectors": [(x, y) => transpose(dotGeneral(x, y, { contract: [[], []] })), [3], [4]],
  };
  for (const [name, [f, left, right]] of Object.entries(programs)) {
    test(`have the same elements: ${name}`, () => {
      const wanted = f(values(left), values(right));
      const got = withBackend(compiling(), () => jit(f)(values(left), values(right)) as Tensor);
      expect(got.shape).toEqual(wanted.shape);
      const exact = wanted.dataSync();
      got.dataSync().forEach((v, i) => expect(Math.abs(Number(v) - Number(exact[i]))).toBeLessThan(1e-5));
    });
  }
});
