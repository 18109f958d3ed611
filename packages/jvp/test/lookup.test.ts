// Which rule applies: the handler's overlay, the primitive's own slot, what traits imply, its decomposition, and then the error.

import { vmap } from "@gradus/batching";
import { array, type Aval, bind, definePrimitive, findRule, full, type Handler, isZero, MissingRuleError, mul, type Primitive, type PrimitiveSpec, type Tensor, useBackend, withDType } from "@gradus/core";
import { mul as mulExpr } from "@gradus/core/scalar";
import { sin, sinP } from "@gradus/ops";
import { eagerCpu } from "@gradus/ops-cpu/eager";
import { describe, expect, test } from "vitest";
import { jvp } from "../src/index.js";

useBackend(eagerCpu());

// Each way gives another derivative of the same value 2x, so that it is seen which was taken.
const value: PrimitiveSpec<void> = { abstractEval: ([x]) => x as Aval };
const ways = {
  slot: { rules: { jvp: ([x], [t]) => [mul(x!, 2), mul(t as Tensor, 3)] } },
  flat: { zeroGradient: "for the test" },
  partials: { partials: [() => 5] },
  linear: { linearIn: [0] },
  multilinear: { multilinearIn: [0] },
  decomposition: { decompose: ([x]) => mul(x!, 2) },
} satisfies Record<string, PrimitiveSpec<void>>;
type Way = keyof typeof ways;
const gives: Record<Way, number> = { slot: 3, flat: 0, partials: 5, linear: 2, multilinear: 2, decomposition: 2 };
const order: Way[] = ["slot", "flat", "partials", "linear", "multilinear", "decomposition"];

const primitiveOf = (...names: Way[]): Primitive => definePrimitive("@test/double", Object.assign({ elementwise: { accepts: "float" as const, body: (x: any) => mulExpr(x, 2) } }, value, ...names.map((n) => ways[n])) as PrimitiveSpec<void>);
const slope = (p: Primitive): number => jvp((x: Tensor) => bind(p, [x]), [array(7)], [1])[1].item();

describe("forward mode", () => {
  test.each(order)("takes %s where nothing else is there", (way) => {
    expect(slope(primitiveOf(way))).toBe(gives[way]);
  });

  test("takes a primitive's own jvp before any trait", () => {
    for (const way of order.slice(1)) expect(slope(primitiveOf(way, "slot"))).toBe(gives.slot);
  });

  test("takes traits before the decomposition", () => {
    expect(slope(primitiveOf("decomposition", "partials"))).toBe(gives.partials);
    expect(slope(primitiveOf("decomposition", "flat"))).toBe(gives.flat);
  });

  test("asks for partials of perturbed arguments alone, null being none", () => {
    const asked: string[] = [];
    const p = definePrimitive("@test/product", {
      elementwise: { accepts: "float", body: (x, y) => mulExpr(x, y) },
      partials: [(_x, y: Tensor) => (asked.push("x"), y), (x: Tensor) => (asked.push("y"), x)],
    });
    const f = (x: Tensor, y: Tensor): Tensor => bind(p, [x, y]);
    expect(jvp((x: Tensor) => f(x, array(3)), [array(2)], [1])[1].item()).toBe(3);
    expect(jvp((y: Tensor) => f(array(2), y), [array(3)], [1])[1].item()).toBe(2);
    expect(asked).toEqual(["x", "y"]);
    const half = definePrimitive("@test/half", { elementwise: { accepts: "float", body: (x, y) => mulExpr(x, y) }, partials: [null, (x: Tensor) => x] });
    expect(jvp((x: Tensor) => bind(half, [x, array(3)]), [array(2)], [1])[1].item()).toBe(0);
  });

  test("gives partials the output and the params after the operands", () => {
    const seen: unknown[] = [];
    const p = definePrimitive<{ k: number }>("@test/scaled", {
      elementwise: { accepts: "float", body: (x) => mulExpr(x, 4) },
      partials: [(x: Tensor, out: Tensor, params: { k: number }) => (seen.push(x.item(), out.item(), params), params.k)],
    });
    expect(jvp((x: Tensor) => bind(p, [x], { k: 4 }), [array(2)], [1])[1].item()).toBe(4);
    expect(seen).toEqual([2, 8, { k: 4 }]);
  });

  test("hands a rule symbolic zeros for what is not perturbed, and takes them back", () => {
    const seen: boolean[] = [];
    const p = definePrimitive<void, "many">("@test/two", {
      multipleResults: true,
      abstractEval: ([x, y]) => [x!, y!],
      rules: { jvp: ([x, y], [dx, dy]) => (seen.push(isZero(dx), isZero(dy)), [[x!, y!], [dx!, dy!]]) },
    });
    const [, tangents] = jvp((x: Tensor) => bind(p, [x, array([1, 2])]), [array(2)], [5]);
    expect([seen, tangents.map((t) => t.js())]).toEqual([[false, true], [5, [0, 0]]]);
  });

  test("needs no rule where nothing perturbed comes in, or no float goes out", () => {
    const p = definePrimitive("@test/opaque", { elementwise: { accepts: "float", body: (x) => mulExpr(x, 2) } });
    expect(jvp((x: Tensor) => mul(x, bind(p, [array(3)])), [array(1)], [1])[1].item()).toBe(6);
    const q = definePrimitive("@test/count", { elementwise: { accepts: "float", body: (x) => mulExpr(x, 2), result: () => ({ dtype: "int32", weak: false }) } });
    const [, dy] = jvp((x: Tensor) => bind(q, [x]), [array(1)], [1]);
    expect(dy.dtype).toBe("float0");
  });

  test("otherwise says what is missing, where, and how to mend it", () => {
    const p = definePrimitive("@test/opaque", { abstractEval: ([x]) => x! });
    const run = (): unknown => jvp((x: Tensor) => bind(p, [x]), [array([1, 2])], [array([1, 1])]);
    expect(run).toThrow(MissingRuleError);
    expect(run).toThrow(/@test\/opaque has no rule for forward mode \(jvp\).*@test\/opaque\(f32\[2\]\).*stopGradient.*straightThrough, customJvp or withRules.*rules: \{ jvp \}/);
  });
});

describe("batching", () => {
  const bySlot = definePrimitive("@test/slot", { ...value, decompose: ([x]) => mul(x!, 2), rules: { batch: ([x], [axis]) => [mul(x!, 3), axis!] } });
  const byBoth = definePrimitive("@test/both", { elementwise: { accepts: "float", body: (x) => mulExpr(x, 2) }, rules: { batch: ([x], [axis]) => [mul(x!, 3), axis!] } });
  const byTrait = definePrimitive("@test/trait", { elementwise: { accepts: "float", body: (x) => mulExpr(x, 2) }, decompose: ([x]) => mul(x!, 5) });
  const byDecomposition = definePrimitive("@test/decomposed", { ...value, decompose: ([x]) => mul(x!, 5) });
  test.each<[string, Primitive, number[]]>([
    ["its own rule", bySlot, [3, 6]],
    ["its own rule before the trait", byBoth, [3, 6]],
    ["the trait before the decomposition", byTrait, [2, 4]],
    ["the decomposition", byDecomposition, [5, 10]],
  ])("takes %s", (_name, p, expected) => {
    expect(vmap((x: Tensor) => bind(p, [x]))(array([1, 2])).js()).toEqual(expected);
  });

  test("stretches operands that all examples share", () => {
    const p = definePrimitive("@test/product", { elementwise: { accepts: "float", body: (x, y) => mulExpr(x, y) } });
    expect(vmap((x: Tensor, y: Tensor) => bind(p, [x, y]), [0, null])(array([[1, 2], [3, 4]]), array([10, 100])).js()).toEqual([[10, 200], [30, 400]]);
    expect(vmap((x: Tensor, y: Tensor) => bind(p, [x, y]), [null, 1])(array([10, 100]), array([[1, 2], [3, 4]])).js()).toEqual([[10, 300], [20, 400]]);
  });
});

describe("findRule, for handlers of one's own", () => {
  const overlaid = (): [Tensor, Tensor] => [full([], 1), full([], 2)];
  const handler: Handler = { name: "mine", perform: () => [], overlay: new Map([[sinP, { jvp: overlaid }]]) };
  const plain: Handler = { name: "plain", perform: () => [] };
  const p = definePrimitive("@test/own", { abstractEval: ([x]) => withDType(x!, "float32"), rules: { jvp: overlaid } });
  test("looks into the overlay, then on the primitive", () => {
    expect(findRule(handler, sinP, "jvp")).toBe(overlaid);
    expect(findRule(plain, sinP, "jvp")).toBe(sinP.rules.jvp);
    expect(findRule(handler, p, "jvp")).toBe(overlaid);
    expect(findRule(plain, p, "transpose")).toBeUndefined();
  });
  test("leaves to the primitive what the overlay does not say", () => {
    const partly: Handler = { name: "partly", perform: () => [], overlay: new Map([[p, { batch: () => [full([], 0), null] }]]) };
    expect(findRule(partly, p, "jvp")).toBe(overlaid);
  });
  test("an overlay of one handler is nothing to another", () => {
    expect(jvp((x: Tensor) => sin(x), [array(0)], [1])[1].item()).toBe(1);
  });
});
