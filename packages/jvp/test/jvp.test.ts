// jvp and jacfwd: what they accept, what they give back, and what they refuse by name.

import { vmap } from "@gradus/batching";
import {
  add, ArgumentError, array, type Aval, cast, ConcretizationError, definePrimitive, bind, DTypeError, EscapedTracerError, full, mul, reduceSum, ShapeError, type Tensor, tree, TreeMismatchError, useBackend,
} from "@gradus/core";
import { cos, greater, sin } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { describe, expect, test } from "vitest";
import { jacfwd, jvp } from "../src/index.js";

useBackend(eagerCpu());

const vector = (): Tensor => array([1, 2]);
const int = (n: number): Tensor => array(n, { dtype: "int32" });
const float0 = (): Tensor => full([], 0, "float0");
const show = (x: unknown): unknown => tree.map((leaf: unknown) => String(leaf), x);
const avals = (x: unknown): unknown => tree.map((leaf: Tensor) => leaf.aval.toString(), x);
type Refusal = [string, () => unknown, new (m: string) => Error, RegExp];

describe("jvp", () => {
  test("gives value and tangent in the structure of the output", () => {
    const [y, dy] = jvp((p: { a: Tensor; b: [Tensor] }) => ({ sum: add(p.a, p.b[0]), rest: [mul(p.a, 2), null] }), [{ a: 2, b: [3] }], [{ a: 1, b: [10] }]);
    expect(show(y)).toEqual({ sum: "Tensor<~f32[]> 5", rest: ["Tensor<~f32[]> 4", null] });
    expect(show(dy)).toEqual({ sum: "Tensor<~f32[]> 11", rest: ["Tensor<~f32[]> 2", null] });
  });

  test("materialises zeros, as float0 for integers and booleans", () => {
    const [, dy] = jvp((x: Tensor) => [5, array([1, 2]), cast(x, "int32"), greater(x, 0), mul(x, 0)], [array(2)], [1]);
    expect(show(dy)).toEqual(["Tensor<~f32[]> 0", "Tensor<f32[2]> [0, 0]", "Tensor<float0[]>", "Tensor<float0[]>", "Tensor<f32[]> 0"]);
  });

  test("gives tangents the dtype and weakness of the values", () => {
    const f = (x: Tensor): Tensor[] => [sin(x), mul(x, 2), add(x, vector()), mul(x, array(2, { dtype: "float64" })), cast(x, "float32")];
    for (const x of [2, array(2), array(2, { dtype: "float64" })]) {
      const [y, dy] = jvp(f, [x], [1]);
      expect(avals(dy)).toEqual(avals(y));
    }
    expect(avals(jvp(f, [2], [1])[0])).toEqual(["~f32[]", "~f32[]", "f32[2]", "f64[]", "f32[]"]);
  });

  test("takes integer arguments with float0 tangents", () => {
    const [y, dy] = jvp((x: Tensor, n: Tensor) => mul(x, cast(n, "float32")), [array(2), int(3)], [1, float0()]);
    expect([y.item(), dy.item()]).toEqual([6, 3]);
    expect(show(jvp((flag: Tensor) => flag, [true], [float0()]))).toEqual(["Tensor<bool[]> true", "Tensor<float0[]>"]);
  });

  test("passes aux out without tangents, text and functions included", () => {
    const [, , aux] = jvp((x: Tensor) => [x, { note: "text", x, f: sin, n: 3, none: null, missing: undefined }], [array(2)], [1], { hasAux: true });
    expect({ ...aux, x: String(aux.x) }).toEqual({ note: "text", x: "Tensor<f32[]> 2", f: sin, n: 3, none: null, missing: undefined });
  });

  test("keeps the tangents of enclosing derivatives in aux", () => {
    const outer = (x: Tensor): Tensor => {
      const [, , aux] = jvp((y: Tensor) => [y, mul(x, y)], [x], [1], { hasAux: true });
      return aux;
    };
    expect(jvp(outer, [array(3)], [1])[1].item()).toBe(6);
  });

  test("does not confuse perturbations: d/dx of x·d/dy(x)", () => {
    expect(jvp((x: Tensor) => mul(x, jvp((_y: Tensor) => x, [x], [1])[1]), [array(3)], [1])[1].item()).toBe(0);
    expect(jvp((x: Tensor) => mul(x, jvp((y: Tensor) => mul(x, y), [x], [1])[1]), [array(3)], [1])[1].item()).toBe(6);
  });

  const f = (x: Tensor): Tensor => x;
  const refusals: Refusal[] = [
    ["a bare primal", () => jvp(f, 1 as never, 1 as never), ArgumentError, /primals and tangents as arrays/],
    ["missing tangents", () => jvp(f, [1], undefined as never), ArgumentError, /as arrays/],
    ["a tangent of another structure", () => jvp((p: { a: Tensor }) => p.a, [{ a: 1 }], [[1]] as never), TreeMismatchError, /\[\[\*\]\], expected \[\{a: \*\}\]/],
    ["too few tangents", () => jvp(f, [1, 2] as never, [1]), TreeMismatchError, /\[\*\], expected \[\*, \*\]/],
    ["a tangent of another shape", () => jvp(f, [vector()], [array([1, 2, 3])]), ShapeError, /tangent 0 is f32\[3\].*primal f32\[2\] needs f32\[2\]/],
    ["a number for a tangent with axes", () => jvp(f, [vector()], [1]), ShapeError, /fullLike\(x, 1\)/],
    ["a tangent of another width", () => jvp(f, [vector()], [array([1, 2], { dtype: "float64" })]), DTypeError, /is f64\[2\].*use cast/],
    ["a number as tangent of an integer", () => jvp(f, [int(1)], [1]), DTypeError, /needs float0\[\].*cast\(x, "float32"\)/],
    ["float0 as tangent of a float", () => jvp(f, [array(1)], [float0()]), DTypeError, /float0/],
    ["text as tangent", () => jvp(f, [1], ["a"] as never), ArgumentError, /got the string "a"/],
    ["a function as primal", () => jvp(f, [sin] as never, [sin] as never), ArgumentError, /got the function sin/],
    ["no function", () => jvp(3 as never, [1], [1]), ArgumentError, /needs a function as first argument, got number/],
    ["an async function", () => jvp((async (x: Tensor) => x) as never, [1], [1]), ArgumentError, /synchronous.*promise/],
    ["a generator", () => jvp(function* (x: Tensor) {
      yield x;
    } as never, [1], [1]), ArgumentError, /generator or iterator/],
    ["hasAux without pair", () => jvp(f as never, [1], [1], { hasAux: true }), ArgumentError, /returns \[out, aux\]/],
    ["a function that returns nothing", () => jvp((() => undefined) as never, [1], [1]), ArgumentError, /a result of the function.*undefined/],
    ["reading a traced value", () => jvp((x: Tensor) => mul(x, x.item()), [1], [1]), ConcretizationError, /under jvp.*stopGradient\(x\)\.item\(\)/],
  ];
  test.each(refusals)("refuses %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });

  test("refuses tracers that outlived their call, wherever they turn up", () => {
    let kept = array(0);
    jvp((x: Tensor) => (kept = mul(x, x)), [array(3)], [1]);
    for (const use of [() => add(kept, 1), () => jvp(f, [kept], [1]), () => jvp((_v: Tensor) => kept, [array(1)], [1]), () => vmap(f)(kept)]) {
      expect(use).toThrow(EscapedTracerError);
      expect(use).toThrow(/belongs to jvp, which has ended/);
    }
  });
});

describe("a primitive of someone else", () => {
  // The rule is d(2x) = 2·dx; the wrong ones give what a tangent of f32[] cannot be.
  const double = (tangent: (t: Tensor) => unknown) =>
    definePrimitive("@test/double", {
      abstractEval: ([x]) => x as Aval,
      decompose: ([x]) => mul(x!, 2),
      rules: { jvp: ([x], [t]) => [mul(x!, 2), tangent(t as Tensor) as Tensor] },
    });
  const use = (tangent: (t: Tensor) => unknown) => (): Tensor => jvp((x: Tensor) => bind(double(tangent), [x]), [array(3)], [1])[1];

  test("follows its own jvp", () => {
    expect(use((t) => mul(t, 2))().item()).toBe(2);
  });

  test.each<Refusal>([
    ["another shape", use(() => array([1, 2])), ShapeError, /@test\/double.*tangent f32\[2\].*f32\[\]/],
    ["another dtype", use((t) => cast(t, "float64")), DTypeError, /@test\/double.*tangent f64\[\].*f32\[\]/],
    ["nothing", use(() => undefined), ArgumentError, /@test\/double.*undefined/],
  ])("is refused where its tangent is %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

describe("jacfwd", () => {
  test("has the structure of the output with that of the argument at each leaf", () => {
    const j = jacfwd((p: { a: Tensor; b: Tensor[] }) => ({ y: mul(p.a, p.b[0]!), s: reduceSum(p.a) }))({ a: vector(), b: [array(3)] });
    expect(tree.map((x: Tensor) => x.js(), j)).toEqual({ y: { a: [[3, 0], [0, 3]], b: [[1, 2]] }, s: { a: [1, 1], b: [0] } });
  });

  test("appends the axes of the input to those of the output", () => {
    const x = array([[1, 2, 3], [4, 5, 6]]);
    expect((jacfwd((m: Tensor) => reduceSum(m, 1))(x) as Tensor).shape).toEqual([2, 2, 3]);
    expect((jacfwd((m: Tensor) => reduceSum(m, 1))(x) as Tensor).js()).toEqual([[[1, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 1]]]);
  });

  test("takes argnums as one index, negative, or several for a tuple", () => {
    const f = (x: Tensor, y: Tensor): Tensor => mul(x, mul(y, y));
    expect((jacfwd(f, { argnums: -1 })(array(2), array(3)) as Tensor).item()).toBe(12);
    expect(tree.map((x: Tensor) => x.item(), jacfwd(f, { argnums: [1, 0] })(array(2), array(3)))).toEqual([12, 9]);
  });

  test("passes aux out once, of any kind", () => {
    const [j, aux] = jacfwd((x: Tensor) => [mul(x, x), { note: "text", x, none: null }], { hasAux: true })(vector());
    expect([j.js(), aux.note, aux.x.js(), aux.none]).toEqual([[[2, 0], [0, 4]], "text", [1, 2], null]);
    const [, second] = jacfwd((p: Tensor[]) => [mul(p[0]!, p[1]!), sin], { hasAux: true })([array(1), array(2)]);
    expect(second).toBe(sin);
  });

  test("of a constant is zero, of integers float0, of nothing empty", () => {
    expect((jacfwd((_x: Tensor) => array([3, 4]))(vector()) as Tensor).js()).toEqual([[0, 0], [0, 0]]);
    expect(avals(jacfwd((x: Tensor) => cast(x, "int32"))(vector()))).toBe("float0[2,2]");
    expect((jacfwd((x: Tensor) => mul(x, 2))(array([])) as Tensor).shape).toEqual([0, 0]);
    expect(jacfwd((x: Tensor) => sin(x), { argnums: [] })(vector())).toEqual([]);
    expect(jacfwd((_x: null) => ({ y: vector() }))(null)).toEqual({ y: null });
  });

  test("keeps dtype and weakness", () => {
    expect(avals(jacfwd((x: Tensor) => sin(x))(array(1, { dtype: "float64" })))).toBe("f64[]");
    expect(avals(jacfwd((x: Tensor) => sin(x))(1))).toBe("~f32[]");
  });

  test("maps and nests", () => {
    expect(vmap(jacfwd((x: Tensor) => mul(x, x)) as (x: Tensor) => Tensor)(array([[1, 2], [3, 4]])).js()).toEqual([[[2, 0], [0, 4]], [[6, 0], [0, 8]]]);
    const second = jacfwd(jacfwd((x: Tensor) => sin(x)) as (x: Tensor) => Tensor)(array(0.5)) as Tensor;
    expect(second.item()).toBeCloseTo(-Math.sin(0.5), 6);
    expect((jacfwd((x: Tensor) => jacfwd((y: Tensor) => mul(mul(x, y), cos(y)))(x))(array(0)) as Tensor).item()).toBeCloseTo(1, 6);
  });

  test.each<Refusal>([
    ["an integer argument", () => jacfwd((x: Tensor) => x)(int(1)), DTypeError, /jacfwd: an input is i32\[\]/],
    ["a missing argument", () => jacfwd((x: Tensor) => x, { argnums: 1 })(array(1)), ArgumentError, /argnums 1 names an argument that was not given/],
    ["hasAux without pair", () => jacfwd(((x: Tensor) => x) as never, { hasAux: true })(array(1)), ArgumentError, /returns \[out, aux\]/],
    ["one argument twice", () => jacfwd((x: Tensor) => x, { argnums: [0, 0] })(array(1)), ArgumentError, /argnums.*twice/],
    ["argnums that are none", () => jacfwd(((x: Tensor) => x) as never, { argnums: "0" as never })(array(1)), ArgumentError, /argnums/],
  ])("refuses %s", (_name, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
