// Where things are computed: the backend that holds the data, or the one in place for host data; and float0, which none holds.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  add, addP, ArgumentError, array, BackendMismatchError, bind, broadcastTo, cast, ConcretizationError, definePrimitive, DTypeError, full, fullP, type Handler, inferAvals, lift, MissingRuleError, moveAxis, mul, neg, NoBackendError, performBelow, reduceSum,
  reshape, select, stack, type Tensor, transpose, useBackend, toBackend, toBackendAsync, withBackend, withHandler, shortName,
} from "../src/index.js";
import { add as addExpr, mul as mulExpr, sin as sinExpr } from "../src/scalar.js";
import { ToyBackend } from "./toy-backend.js";

let first = new ToyBackend("first");
let second = new ToyBackend("second");
beforeEach(() => {
  first = new ToyBackend("first");
  second = new ToyBackend("second");
  useBackend(first);
});
afterEach(() => {
  stack.backend = null;
});

describe("computation follows data", () => {
  test("useBackend decides where host data goes, not where placed data is computed", () => {
    const x = array([1, 2]);
    useBackend(second);
    const y = array([3, 4]);
    expect([x.backend, y.backend]).toEqual([first, second].map((b) => expect.objectContaining({ name: b.name }) as object));
    first.log.length = second.log.length = 0;
    neg(x);
    expect([first.log, second.log]).toEqual([["neg"], []]);
    neg(y);
    expect([first.log, second.log]).toEqual([["neg"], ["neg"]]);
  });

  test("withBackend does so for the extent of a call, and puts the former back, also after an exception", () => {
    const x = withBackend(second, () => array([1]));
    expect([x.backend === second, stack.backend === first]).toEqual([true, true]);
    expect(() =>
      withBackend(second, () => {
        throw new RangeError("on purpose");
      }),
    ).toThrow(RangeError);
    expect(stack.backend).toBe(first);
    expect(withBackend(second, () => withBackend(first, () => array([1])).backend === first && array([1]).backend === second)).toBe(true);
    expect(() => withBackend(second, async () => 1)).toThrow(ArgumentError);
    expect(stack.backend).toBe(first);
  });

  test("literals and scalars of no backend go where the other operand is", () => {
    const y = withBackend(second, () => neg(3));
    first.log.length = 0;
    for (const out of [add(y, 1), add(2, y), mul(y, array(5)), select(true, y, 0)]) expect(out.backend === second).toBe(true);
    expect(first.log).toEqual([]);
  });

  test("scalars alone, and operations without operands, go to the backend in place", () => {
    expect(add(1, 2).backend).toBe(first);
    expect(withBackend(second, () => full([2], 1)).backend).toBe(second);
    expect(bind(fullP, [], { shape: [2], dtype: "float32", weak: false, value: 1 }).backend).toBe(first);
  });
});

describe("without a backend", () => {
  beforeEach(() => {
    stack.backend = null;
  });
  test("the first operation names the package to install", () => {
    for (const use of [() => neg(1), () => add(1, 2), () => array([1]), () => full([2], 0), () => bind(addP, [array(1), array(2)])]) {
      expect(use).toThrow(NoBackendError);
      expect(use).toThrow(/no backend is in place\. Install @gradus\/ops-cpu and call useBackend\(cpu\(\)\), with useBackend from @gradus\/core/);
    }
  });
  test("placed data, scalars, and handlers that answer alone need none", () => {
    const x = withBackend(first, () => array([1, 2]));
    expect(neg(x).js()).toEqual([-1, -2]);
    expect(array(1).item()).toBe(1);
    const abstract: Handler = { name: "abstract", perform: (p, args, params) => inferAvals(p, args.map((a) => a.aval), params).map((a) => full([], 0, a.dtype)) };
    expect(withHandler(abstract, () => add(1, 2)).item()).toBe(0);
  });
});

describe("two backends in one operation", () => {
  test("are refused, naming both and how to move", () => {
    const x = array([1, 2]);
    const y = withBackend(second, () => array([3, 4]));
    for (const use of [() => add(x, y), () => mul(y, x), () => select(array([true, false]), y, x), () => bind(addP, [x, y]), () => withHandler({ name: "h", perform: performBelow }, () => add(x, y))]) {
      expect(use).toThrow(BackendMismatchError);
      expect(use).toThrow(/on the backend (first|second), another on (first|second)\. Move one first: toBackend\(x, backend\)/);
    }
  });
  test("of one name are told apart from one", () => {
    const twin = new ToyBackend("first");
    expect(() => add(array([1]), withBackend(twin, () => array([1])))).toThrow(/on the backend first, another on a second instance of it: make one, and share it/);
  });
  test("values are moved with toBackend, and what need not move stays", async () => {
    const held = array([[1, 2], [3, 4]], { dtype: "int32" });
    const there = withBackend(second, () => array([5]));
    const given = { held, there, nothing: null, scale: 2.5, list: [array([true, false])] };
    for (const moved of [toBackend(given, second), await toBackendAsync(given, second)]) {
      expect(moved.held.backend).toBe(second);
      expect([moved.held.js(), moved.held.aval]).toEqual([[[1, 2], [3, 4]], held.aval]);
      expect(moved.there).toBe(there);
      expect([moved.nothing, moved.scale]).toEqual([null, 2.5]);
      expect([moved.list[0]?.backend, moved.list[0]?.js()]).toEqual([second, [true, false]]);
      expect(add(moved.held, withBackend(second, () => array([1, 1], { dtype: "int32" }))).js()).toEqual([[2, 3], [4, 5]]);
    }
    expect(held.backend).toBe(first);
    expect(toBackend(held, first)).toBe(held);
    const empty = array(new Float32Array(0), { shape: [0, 3] });
    expect(toBackend(empty, second).shape).toEqual([0, 3]);
  });
  test("tracers and what is no backend are refused", () => {
    const stop: Handler = { name: "h", perform: (p, args, params) => [lift(stop, null, performBelow(p, args, params)[0]!.aval)] };
    withHandler(stop, () => {
      expect(() => toBackend([neg(array([1]))], second)).toThrow(ConcretizationError);
    });
    for (const wrong of [undefined, null, "cpu", {}]) {
      expect(() => toBackend(array([1]), wrong as any)).toThrow(ArgumentError);
      expect(() => toBackendAsync(array([1]), wrong as any)).toThrow(/got .* for the backend/);
    }
  });
  test("the mend that the message shows works", () => {
    const x = array([1, 2]);
    const moved = toBackend(x, second);
    expect(add(moved, withBackend(second, () => array([1, 1]))).js()).toEqual([2, 3]);
  });
});

describe("float0", () => {
  const zero = (shape: number[] = [2, 3]): Tensor => full(shape, 0, "float0");
  test("keeps its shape through operations of shape, on any backend and none", () => {
    for (const run of [(f: () => unknown) => f(), (f: () => unknown) => ((stack.backend = null), f())]) {
      const avals = run(() => [reshape(zero(), [6]), transpose(zero()), broadcastTo(zero([3]), [2, 3]), moveAxis(zero(), 0, 1), reshape(zero(), [-1])].map((x) => x.aval.toString()));
      expect(avals).toEqual(["float0[6]", "float0[3,2]", "float0[2,3]", "float0[3,2]", "float0[6]"]);
    }
  });
  test("is checked there as any array", () => {
    expect(() => reshape(zero(), [5])).toThrow(/do not fill/);
    expect(() => broadcastTo(zero(), [3, 3])).toThrow(/does not broadcast/);
  });
  test.each<[string, () => unknown]>([
    ["add", () => add(zero(), zero())],
    ["add of a literal", () => add(zero(), 1)],
    ["add of an array", () => add(array([[1, 2, 3], [4, 5, 6]]), zero())],
    ["mul", () => mul(1, zero())],
    ["neg", () => neg(zero())],
    ["select", () => select(true, zero(), zero())],
    ["sums", () => reduceSum(zero())],
    ["cast", () => cast(zero(), "float32")],
    ["a direct application", () => bind(addP, [zero(), zero()])],
  ])("takes no part in arithmetic: %s", (_name, use) => {
    expect(use).toThrow(DTypeError);
    expect(use).toThrow(/float0/);
  });
});

describe("primitives of someone else", () => {
  // softplus-like: x·sin x + 1, of several intrinsics.
  const waveP = definePrimitive("@acme/wave", { elementwise: { accepts: "float", body: (x) => addExpr(mulExpr(x, sinExpr(x)), 1) } });
  test("an elementwise body of several intrinsics is all that a backend needs", () => {
    const out = bind(waveP, [array([1, 2], { dtype: "float64" })]);
    expect(out.js()).toEqual([1 + Math.sin(1), 1 + 2 * Math.sin(2)]);
    expect(bind(waveP, [array(3)]).aval.toString()).toBe("f32[]");
    expect(() => bind(waveP, [array([1], { dtype: "int32" })])).toThrow(/@acme\/wave: int32 is not accepted here, expected float32.*float64.*cast\(x, "float32"\)/);
  });
  test("multiple results come as an array, a single one bare", () => {
    const both = definePrimitive<{ k: number }, "many">("@acme/both", { multipleResults: true, abstractEval: ([x]) => [x!, x!], decompose: ([x], { k }) => [mul(x!, k), neg(x!)] });
    expect(bind(both, [array([1, 2])], { k: 3 }).map((x) => x.js())).toEqual([[3, 6], [-1, -2]]);
    const one = definePrimitive("@acme/one", { abstractEval: ([x]) => x!, decompose: ([x]) => neg(x!) });
    expect(bind(one, [array([1, 2])]).js()).toEqual([-1, -2]);
  });
  test("a slot of someone else's handler is kept, and found on the primitive", () => {
    const rule = (x: number): number => x;
    const p = definePrimitive("@acme/slotted", { abstractEval: ([x]) => x!, rules: { "@acme/interval:rule": rule } as never });
    expect((p.rules as Record<string, unknown>)["@acme/interval:rule"]).toBe(rule);
    expect([p.traits.elementwise, p.rules.jvp, waveP.rules.batch]).toEqual([undefined, undefined, undefined]);
  });
  test("what a backend cannot run says so", () => {
    const p = definePrimitive("@acme/nothing", { abstractEval: ([x]) => x! });
    expect(() => bind(p, [array([1])])).toThrow(MissingRuleError);
    const q = definePrimitive("@acme/shapeless", {});
    expect(() => inferAvals(q, [], undefined)).toThrow(/@acme\/shapeless has no abstractEval.*definePrimitive\("@acme\/shapeless", …\)/);
  });
  test("primitives print their names, and dtypes their short ones", () => {
    expect([String(waveP), `${addP}`, shortName("float0")]).toEqual(["@acme/wave", "add", "float0"]);
  });
});
