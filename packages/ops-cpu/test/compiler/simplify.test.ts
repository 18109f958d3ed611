// The first stage: what is opened, merged and left out.

import { add, array, bind, definePrimitive, mul, neg, type Primitive, type Tensor, type TensorLike, useBackend } from "@gradus/core";
import { simplify } from "@gradus/loops";
import { cumsum, div, exp, sin, sub } from "@gradus/ops";
import { jit, makeProgram } from "@gradus/tracing";
import { beforeEach, describe, expect, test } from "vitest";
import { eager, text, values } from "./support.js";

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
