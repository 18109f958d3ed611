// What the types of core promise, and refuse: arrays, primitives, trees, handlers.

import { describe, expectTypeOf, test } from "vitest";
import {
  type Arguments, array, type Aval, bind, cast, definePrimitive, type DType, type Handler, isTensor, isZero, type MapTree, type NestedArray, type Primitive, registerTreeNode, select, type Tensor, type TensorLike, tree, type Tree, TreeDef, treeFlatten, treeLeaves, treeMap,
  treeUnflatten, type TypedArray, withHandler, type Zero,
} from "../src/index.js";

declare const x: Tensor;

describe("arrays", () => {
  test("are made of numbers, booleans, nested arrays and typed arrays", () => {
    array(1);
    array([[true], [false]]);
    array(new Float64Array(4), { shape: [2, 2], dtype: "float32", alias: true });
    // @ts-expect-error text is no data
    array("1");
    // @ts-expect-error no such dtype
    array(1, { dtype: "float16x" });
    // @ts-expect-error no such option
    array([1], { shapes: [1] });
  });

  test("are read as what they hold", () => {
    expectTypeOf(x.item()).toEqualTypeOf<number>();
    expectTypeOf(x.item<boolean>()).toEqualTypeOf<boolean>();
    expectTypeOf(x.js()).toEqualTypeOf<NestedArray>();
    expectTypeOf(x.dataSync()).toEqualTypeOf<TypedArray>();
    expectTypeOf(x.data()).toEqualTypeOf<Promise<TypedArray>>();
    expectTypeOf(x.shape).toEqualTypeOf<readonly number[]>();
    expectTypeOf(x.dtype).toEqualTypeOf<DType>();
    // @ts-expect-error nothing is written into a tensor
    x.shape = [1];
    // @ts-expect-error an element is a number or a boolean
    x.item<string>();
  });

  test("are no numbers: operators are refused", () => {
    // @ts-expect-error write mul(x, 2)
    void (x * 2);
    // @ts-expect-error write add(x, x)
    void (x + x);
    // @ts-expect-error write sin(x)
    Math.sin(x);
  });

  test("operations take numbers and booleans beside tensors", () => {
    expectTypeOf(select(true, x, 1)).toEqualTypeOf<Tensor>();
    // @ts-expect-error a dtype is one of the names
    cast(x, "float");
    // @ts-expect-error text is no operand
    select(true, x, "1");
  });

  test("are told from other values", () => {
    const value = x as unknown;
    if (isTensor(value)) expectTypeOf(value).toEqualTypeOf<Tensor>();
    const tangent = x as Tensor | Zero;
    if (isZero(tangent)) expectTypeOf(tangent).toEqualTypeOf<Zero>();
    else expectTypeOf(tangent).toEqualTypeOf<Tensor>();
  });
});

describe("primitives", () => {
  const plain: Primitive = definePrimitive("@test/plain", { abstractEval: ([a]) => a! });
  const withParams: Primitive<{ n: number }, "many"> = definePrimitive<{ n: number }, "many">("@test/params", { multipleResults: true, abstractEval: (avals, { n }) => (expectTypeOf(n).toEqualTypeOf<number>(), avals) });

  test("are bound with their params, and give one tensor or several", () => {
    expectTypeOf(bind(plain, [x])).toEqualTypeOf<Tensor>();
    expectTypeOf(bind(withParams, [x], { n: 1 })).toEqualTypeOf<Tensor[]>();
    // @ts-expect-error params are missing
    bind(withParams, [x]);
    // @ts-expect-error other params
    bind(withParams, [x], { m: 1 });
    // @ts-expect-error there are none
    bind(plain, [x], { n: 1 });
    // @ts-expect-error numbers are for the functions that wrap primitives
    bind(plain, [1]);
  });

  test("declare rules by the names of slots", () => {
    definePrimitive<{ n: number }>("@test/rules", {
      rules: {
        jvp: ([a], [t], { n }) => (expectTypeOf(n).toEqualTypeOf<number>(), expectTypeOf(t).toEqualTypeOf<Tensor | Zero | undefined>(), [a!, t!]),
        batch: ([a], [axis]) => (expectTypeOf(axis).toEqualTypeOf<number | null | undefined>(), [a!, axis!]),
      },
    });
    // @ts-expect-error no such slot
    definePrimitive("@test/slot", { rules: { forward: () => [x, x] } });
    // @ts-expect-error no such class of dtypes
    definePrimitive("@test/accepts", { elementwise: { accepts: "floats", body: (a) => a } });
    // @ts-expect-error several results are said
    definePrimitive<void, "many">("@test/many", { multipleResults: false });
  });
});

interface Point {
  at: Tensor;
  readonly list: readonly TensorLike[];
  none: null;
}
declare const point: Point;

describe("trees", () => {
  test("fall apart into leaves and a structure", () => {
    expectTypeOf(treeFlatten(point)).toEqualTypeOf<[leaves: unknown[], treeDef: TreeDef]>();
    expectTypeOf(treeLeaves(point)).toEqualTypeOf<unknown[]>();
    expectTypeOf(treeUnflatten(tree.structure(point), [])).toEqualTypeOf<unknown>();
    expectTypeOf(tree.structure(point).equals(tree.structure(x))).toEqualTypeOf<boolean>();
    // @ts-expect-error the structure comes first
    treeUnflatten([], tree.structure(point));
  });

  test("nested arrays, tuples and objects of leaves are trees", () => {
    expectTypeOf<{ a: [Tensor, { b: Tensor[] }]; c: null }>().toExtend<Tree<Tensor>>();
    expectTypeOf<{ a: string }>().not.toExtend<Tree<Tensor>>();
  });

  test("leaves are mapped in their structures", () => {
    expectTypeOf<MapTree<Point, TensorLike, Aval>>().toEqualTypeOf<{ at: Aval; readonly list: readonly Aval[]; none: null }>();
    expectTypeOf<MapTree<[Tensor, { n: number }], TensorLike, Tensor>>().toEqualTypeOf<[Tensor, { n: Tensor }]>();
    expectTypeOf<MapTree<(a: Tensor) => Tensor, TensorLike, number>>().toEqualTypeOf<(a: Tensor) => Tensor>();
    treeMap((a: Tensor, b: Tensor) => [a, b], point, point);
    // @ts-expect-error the function comes first
    treeMap(point, (a: Tensor) => a);
  });

  test("what is passed for tensors may be numbers, all else is as declared", () => {
    expectTypeOf<Arguments<[Tensor, { w: Tensor; name: string }, number, (a: Tensor) => Tensor]>>().toEqualTypeOf<[TensorLike, { w: TensorLike; name: string }, number, (a: Tensor) => Tensor]>();
  });

  test("classes are registered with functions for their instances", () => {
    class Pair {
      readonly a: Tensor;
      readonly b: Tensor;
      constructor(a: Tensor, b: Tensor) {
        this.a = a;
        this.b = b;
      }
    }
    registerTreeNode(Pair, (p) => (expectTypeOf(p).toEqualTypeOf<Pair>(), [[p.a, p.b], "static"]), (aux, [a, b]) => (expectTypeOf(aux).toEqualTypeOf<string>(), new Pair(a as Tensor, b as Tensor)));
    // @ts-expect-error children are an array
    registerTreeNode(Pair, (p) => [p.a, null], () => new Pair(x, x));
    // @ts-expect-error an instance is built again
    registerTreeNode(Pair, (p) => [[p.a], null], () => [x]);
  });
});

test("a handler handles, and gives back what its callback returns", () => {
  const handler: Handler = { name: "typed", perform: (_p, args) => args };
  expectTypeOf(withHandler(handler, () => ({ y: x, n: 1 }))).toEqualTypeOf<{ y: Tensor; n: number }>();
  // @ts-expect-error it needs a name
  withHandler({ perform: (_p: unknown, args: Tensor[]) => args }, () => x);
  // @ts-expect-error it sees all or its own
  withHandler({ ...handler, sees: "some" }, () => x);
});
