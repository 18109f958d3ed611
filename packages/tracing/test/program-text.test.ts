// The text of programs, written by hand from the format: what a program says, it says in one way.

import { add, array, type Aval, avalOf, bind, broadcastTo, cast, definePrimitive, full, mul, opaqueAval, opaqueTensor, reduceSum, reshape, select, type Tensor, transpose, useBackend } from "@gradus/core";
import { concatenate, div, greater, iota, reduceMax, sin } from "@gradus/ops";
import { beforeEach, describe, expect, test } from "vitest";
import { jit, makeProgram } from "../src/index.js";
import { storage, text } from "./support.js";

beforeEach(() => useBackend(storage));

const f32 = avalOf([], "float32");
const vector = avalOf([3], "float32");

describe("a program prints its inputs, equations and outputs", () => {
  test("typed at their definition, in order, with literals inline", () => {
    expect(makeProgram((x: Tensor, p: { w: Tensor; b: Tensor }) => ({ y: add(mul(sin(x), p.w), 2), b: p.b }))(f32, { w: f32, b: vector }).toString()).toBe(text`
      { lambda ; a:f32[] b:f32[3] c:f32[] . let
          d:f32[] = sin a
          e:f32[] = mul d c
          f:f32[] = add e 2:f32[]
        in (b, f) }
    `);
  });

  test("without equations on one line, without inputs or outputs as well", () => {
    expect(makeProgram((x: Tensor) => x)(f32).toString()).toBe("{ lambda ; a:f32[] . let in (a) }");
    expect(makeProgram((x: Tensor, y: Tensor) => [y, x, x])(f32, vector).toString()).toBe("{ lambda ; a:f32[] b:f32[3] . let in (b, a, a) }");
    expect(makeProgram(() => 2)().toString()).toBe("{ lambda ; . let in (2:~f32[]) }");
    expect(makeProgram(() => null)().toString()).toBe("{ lambda ; . let in () }");
  });

  test("literals with their dtypes: numbers, booleans, −0, NaN, infinities, doubles, float0", () => {
    const outs = (): unknown[] => [1.5, true, -0, NaN, -Infinity, 0.1, array(0.1), array(0.1, { dtype: "float64" }), array(7, { dtype: "uint32" }), full([2], 0, "float0")];
    expect(makeProgram(outs)().toString()).toBe(
      "{ lambda ; . let in (1.5:~f32[], true:bool[], -0:~f32[], NaN:~f32[], -Infinity:~f32[], 0.1:~f32[], 0.10000000149011612:f32[], 0.1:f64[], 7:u32[], float0[2]) }",
    );
  });

  test("captured arrays as constants before the semicolon, each once", () => {
    const c = array([1, 2, 3]);
    const d = array([4, 5, 6]);
    expect(makeProgram((x: Tensor) => [mul(x, c), add(c, d), x])(vector).toString()).toBe(text`
      { lambda a:f32[3] b:f32[3] ; c:f32[3] . let
          d:f32[3] = mul c a
          e:f32[3] = add a b
        in (d, e, c) }
    `);
  });

  test("conversions as equations, with params in brackets", () => {
    expect(makeProgram((x: Tensor, n: Tensor) => select(greater(x, 0), broadcastTo(cast(n, "float32"), [3]), reshape(reduceSum(x), [1])))(vector, avalOf([], "int32")).toString()).toBe(text`
      { lambda ; a:f32[3] b:i32[] . let
          c:f32[3] = broadcast[shape=(3) axes=()] 0:f32[]
          d:bool[3] = greater a c
          e:f32[] = cast[dtype=float32] b
          f:f32[3] = broadcast[shape=(3) axes=()] e
          g:f32[] = reduce_sum[axes=(0)] a
          h:f32[1] = reshape[shape=(1)] g
          i:f32[3] = broadcast[shape=(3) axes=(0)] h
          j:f32[3] = select d f i
        in (j) }
    `);
  });

  test("nested params and lists of operands", () => {
    expect(makeProgram((x: Tensor) => concatenate([transpose(reshape(x, [3, 1])), reshape(iota(3, "float32"), [1, 3])], 0))(vector).toString()).toBe(text`
      { lambda ; a:f32[3] . let
          b:f32[3,1] = reshape[shape=(3,1)] a
          c:f32[1,3] = transpose[perm=(1,0)] b
          d:f32[3] = iota[shape=(3) dtype=float32 axis=0]
          e:f32[1,3] = reshape[shape=(1,3)] d
          f:f32[2,3] = concatenate[axis=0] c e
        in (f) }
    `);
  });

  test("names go on after z", () => {
    const lines = makeProgram((x: Tensor) => Array.from({ length: 30 }).reduce<Tensor>((y) => sin(y), x))(f32).toString().split("\n");
    expect([lines[25], lines[26], lines[30], lines[31]]).toEqual(["    z:f32[] = sin y", "    ba:f32[] = sin z", "    be:f32[] = sin bd", "  in (be) }"]);
  });

  test("a jitted function as a call with its program, indented", () => {
    const inner = jit(function inner(x: Tensor) {
      return mul(x, x);
    });
    const outer = jit(function outer(x: Tensor) {
      return sin(inner(x));
    });
    expect(makeProgram((x: Tensor) => outer(x))(f32).toString()).toBe(text`
      { lambda ; a:f32[] . let
          b:f32[] = jit_call[name=outer program={ lambda ; a:f32[] . let
              b:f32[] = jit_call[name=inner program={ lambda ; a:f32[] . let
                  b:f32[] = mul a a
                in (b) }] a
              c:f32[] = sin b
            in (c) }] a
        in (b) }
    `);
    expect(makeProgram((x: Tensor) => jit((y: Tensor) => mul(y, y), { inline: true })(x))(f32).toString()).toBe(text`
      { lambda ; a:f32[] . let
          b:f32[] = mul a a
        in (b) }
    `);
  });

  test("opaque values by what they hold, and nothing of a zero but its aval", () => {
    const box = opaqueAval({ name: "box", plus: (x) => x, repeat: (x) => x }, vector);
    const p = definePrimitive<void, "many">("@test/open", { multipleResults: true, abstractEval: ([x]) => [x!, x!.element!] });
    const program = makeProgram((x: Tensor) => [...bind(p, [x]), ...bind(p, [opaqueTensor(box)])])(box);
    expect(program.toString()).toBe(text`
      { lambda ; a:box<f32[3]> . let
          b:box<f32[3]> c:f32[3] = @test/open a
          d:box<f32[3]> e:f32[3] = @test/open box<f32[3]>
        in (b, c, d, e) }
    `);
  });

  test("effects after the params, and params that are functions or absent not at all", () => {
    const tapP = definePrimitive<{ tag: string; deep: { on: boolean; off: boolean }; list: (number | null)[]; f: () => void; nothing?: string | undefined }>("@test/tap", {
      abstractEval: ([x]) => x as Aval,
      effect: ({ tag }) => (tag === "last" ? "ordered" : "unordered"),
    });
    const tap = (x: Tensor, tag: string): Tensor => bind(tapP, [x], { tag, deep: { on: true, off: false }, list: [1, null], f: () => {}, nothing: undefined });
    expect(makeProgram((x: Tensor) => tap(tap(x, "first"), "last"))(f32).toString()).toBe(text`
      { lambda ; a:f32[] . let
          b:f32[] = @test/tap[tag=first deep={on=true} list=(1,null)] {unordered} a
          c:f32[] = @test/tap[tag=last deep={on=true} list=(1,null)] {ordered} b
        in (c) }
    `);
  });
});

describe("sources", () => {
  const here = (offset: number): RegExp => new RegExp(`program-text\\.test\\.ts:${offset}:\\d+$`);
  const line = (): number => Number([...(new RangeError("").stack ?? "").matchAll(/program-text\.test\.ts:(\d+)/g)][1]?.[1]);

  test("give the user's position of each equation, where they are asked for", () => {
    const at = line();
    const f = (x: Tensor): Tensor => {
      const y = sin(x); // at + 2
      return mul(
        y, // the call spans lines: its own position counts
        add(y, 1),
      );
    };
    const program = makeProgram(f, { sources: true })(f32);
    expect(program.equations.map((eq) => eq.primitive.name)).toEqual(["sin", "add", "mul"]);
    expect(program.equations[0]!.source).toMatch(here(at + 2));
    expect(program.equations[1]!.source).toMatch(here(at + 5));
    expect(program.equations[2]!.source).toMatch(here(at + 3));
    expect(program.toString().split("\n")[1]).toMatch(/^ {4}b:f32\[\] = sin a {2}# .*program-text\.test\.ts:\d+:\d+$/);
    expect(makeProgram(f)(f32).equations.map((eq) => eq.source)).toEqual([undefined, undefined, undefined]);
  });

  test("leave the engine's own setting as it was", () => {
    const before = Error.stackTraceLimit;
    makeProgram((x: Tensor) => sin(x), { sources: true })(f32);
    expect(Error.stackTraceLimit).toBe(before);
  });
});

describe("printing is deterministic", () => {
  test("tracing again, in another order of construction, gives the same text", () => {
    const f = (p: { a: Tensor; b: Tensor }): Tensor => div(reduceMax(mul(p.a, p.b)), 3);
    const texts = [{ a: vector, b: vector }, { b: vector, a: vector }].map((arg) => makeProgram(f)(arg).toString());
    expect(texts[0]).toBe(texts[1]);
    expect(makeProgram(f)({ a: vector, b: vector }).toString()).toBe(texts[0]);
  });

  test("the program of a jitted function is the same at every call, and what jit runs", () => {
    const f = jit((x: Tensor) => add(mul(x, x), mul(x, x)));
    const first = f.program(array(1)).toString();
    expect(f.program(array(1)).toString()).toBe(first);
    // Common subexpressions merged, nothing else changed.
    expect(first).toBe(text`
      { lambda ; a:f32[] . let
          b:f32[] = mul a a
          c:f32[] = add b b
        in (c) }
    `);
  });
});
