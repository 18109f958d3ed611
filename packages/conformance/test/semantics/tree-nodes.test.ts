// Classes registered as tree nodes go through every transformation as arrays and objects do: they are differentiated, mapped,
// compiled, carried and kept; their static data is part of the structure.
import { vmap } from "@gradus/batching";
import { add, array, mul, reduceSum, registerTreeNode, type Tensor, tree, TreeMismatchError, useBackend } from "@gradus/core";
import { cond, foriLoop, scan, whileLoop } from "@gradus/control-flow";
import { customJvp, customVjp, straightThrough } from "@gradus/custom-rules";
import { jacfwd, jvp } from "@gradus/jvp";
import { greater, less, round, sin, square } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { stopGradient } from "@gradus/stop-gradient";
import { evalShape, jit, makeProgram } from "@gradus/tracing";
import { checkpoint, grad, hessian, hvp, jacrev, linearize, linearTranspose, valueAndGrad, vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";

useBackend(cpu());

/** A layer: two children, and static data beside them. */
class Layer {
  weight: Tensor;
  bias: Tensor;
  readonly activation: string;

  constructor(weight: Tensor, bias: Tensor, activation = "sin") {
    this.weight = weight;
    this.bias = bias;
    this.activation = activation;
  }

  apply(x: Tensor): Tensor {
    const y = add(mul(this.weight, x), this.bias);
    return this.activation === "sin" ? sin(y) : square(y);
  }
}
registerTreeNode(Layer, (l) => [[l.weight, l.bias], l.activation], (activation, [w, b]) => new Layer(w as Tensor, b as Tensor, activation));

const f64 = (x: number | number[]): Tensor => array(x, { dtype: "float64" });
const layer = (activation?: string): Layer => new Layer(f64(2), f64(0.5), activation);
const x = f64(0.7);
const y = 2 * 0.7 + 0.5;
const slopes = [Math.cos(y) * 0.7, Math.cos(y)];
const loss = (l: Layer): Tensor => l.apply(x);
const parts = (l: unknown): number[] => {
  expect(l).toBeInstanceOf(Layer);
  return [(l as Layer).weight.item(), (l as Layer).bias.item()];
};
const close = (got: number[], wanted: number[]): void => expect(got).toEqual(wanted.map((w) => expect.closeTo(w, 12)));

describe("an instance as argument", () => {
  test("its gradient is an instance, with the same static data", () => {
    const g = grad(loss)(layer()) as Layer;
    close(parts(g), slopes);
    expect(g.activation).toBe("sin");
    close(parts(grad(loss)(layer("square"))), [2 * y * 0.7, 2 * y]);
    close(parts(valueAndGrad(loss)(layer())[1]), slopes);
    close(parts(vjp(loss, [layer()])[1](1)[0]), slopes);
    close(parts(grad((ls: { first: Layer }) => loss(ls.first))({ first: layer() }).first), slopes);
  });

  test("its tangent is an instance", () => {
    const t = new Layer(f64(1), f64(10));
    close([jvp(loss, [layer()], [t])[1].item()], [slopes[0]! + 10 * slopes[1]!]);
    close([linearize(loss, [layer()])[1](t).item()], [slopes[0]! + 10 * slopes[1]!]);
    close(parts(hvp((l: Layer) => mul(l.weight, square(l.bias)), [layer()], [t])[0]), [10 * 2 * 0.5, 2 * 0.5 + 10 * 2 * 2]);
  });

  test("a tangent of another class or other static data is refused", () => {
    expect(() => jvp(loss, [layer()], [[1, 1]] as never)).toThrow(TreeMismatchError);
    expect(() => jvp(loss, [layer()], [layer("square")])).toThrow(TreeMismatchError);
  });

  test("its Jacobians and Hessian are instances, of instances", () => {
    const f = (l: Layer): Tensor => mul(l.weight, square(l.bias));
    close(parts(jacrev(f)(layer())), [0.25, 2]);
    close(parts(jacfwd(f)(layer())), [0.25, 2]);
    const h = hessian(f)(layer()) as unknown as { weight: Layer; bias: Layer };
    expect(h).toBeInstanceOf(Layer);
    close(parts(h.weight), [0, 1]);
    close(parts(h.bias), [1, 4]);
  });

  test("is transposed, checkpointed, and stopped", () => {
    close(parts(linearTranspose((l: Layer) => add(mul(l.weight, 3), l.bias), [layer()])(1)[0]), [3, 1]);
    close(parts(grad(checkpoint(loss))(layer())), slopes);
    close(parts(grad((l: Layer) => mul(l.weight, (stopGradient(l) as Layer).bias))(layer())), [0.5, 0]);
  });

  test("goes through custom rules", () => {
    const steep: (l: Layer) => Tensor = customVjp((l: Layer) => loss(l)).defvjp((l) => [steep(l), l], (l: Layer, ct) => [new Layer(mul(ct, l.weight), mul(ct, 100))]);
    close(parts(grad(steep)(layer())), [2, 100]);
    const odd: (l: Layer) => Tensor = customJvp((l: Layer) => loss(l)).defjvp(([l], [t]) => [odd(l), add(mul(t.weight, 7), t.bias)]);
    close(parts(grad(odd)(layer())), [7, 1]);
    const through = straightThrough((l: Layer) => new Layer(round(l.weight), round(l.bias)), (l: Layer) => l);
    close(parts(grad((l: Layer) => mul(through(l).weight, l.bias))(new Layer(f64(1.6), f64(3)))), [3, 2]);
  });
});

describe("vmap", () => {
  const batch = new Layer(f64([1, 2]), f64([0, 0.5]));
  test("maps over the leaves of an instance, and gives instances", () => {
    close([...vmap(loss)(batch).dataSync()], [Math.sin(0.7), Math.sin(1.9)]);
    const doubled = vmap((l: Layer) => new Layer(mul(l.weight, 2), l.bias, l.activation))(batch) as Layer;
    expect([doubled.weight.js(), doubled.bias.js(), doubled.activation]).toEqual([[2, 4], [0, 0.5], "sin"]);
    const g = vmap(grad(loss))(batch) as Layer;
    close([...g.bias.dataSync()], [Math.cos(0.7), Math.cos(1.9)]);
  });
  test("takes one axis for all of an instance", () => {
    close([...vmap((l: Layer, v: Tensor) => l.apply(v), [null, 0])(layer(), f64([0.1, 0.2])).dataSync()], [Math.sin(0.7), Math.sin(0.9)]);
    close([...vmap((l: Layer, v: Tensor) => l.apply(v), [0, null])(batch, x).dataSync()], [Math.sin(0.7), Math.sin(1.9)]);
    const matrix = new Layer(f64([1, 2]), array([[0, 1], [2, 3]], { dtype: "float64" }));
    expect(() => vmap(loss, 1)(matrix)).toThrow(/axis 1 is out of range/);
  });
  test("refuses a prefix that looks into one", () => {
    expect(() => vmap(loss, [{ weight: 0, bias: null }] as never)(batch)).toThrow(/not a prefix of the structure/);
  });
});

describe("jit", () => {
  test("takes and gives instances, and keeps one program per class and static data", () => {
    let traces = 0;
    const f = jit((l: Layer, v: Tensor) => (traces++, { out: l.apply(v), next: new Layer(v, l.bias, l.activation) }));
    for (let i = 0; i < 3; i++) f(layer(), x);
    expect([traces, f.cacheSize()]).toEqual([1, 1]);
    f(layer("square"), x);
    f(layer("square"), x);
    expect([traces, f.cacheSize()]).toEqual([2, 2]);
    const { out, next } = f(layer(), x) as { out: Tensor; next: Layer };
    close([out.item()], [Math.sin(y)]);
    close(parts(next), [0.7, 0.5]);
  });
  test("is differentiated, and compiles derivatives", () => {
    close(parts(grad(jit(loss))(layer())), slopes);
    close(parts(jit(grad(loss))(layer())), slopes);
    close(parts(jit(vmap(grad(loss), null, { axisSize: 1, outAxes: null }))(layer())), slopes);
  });
  test("so do makeProgram and evalShape", () => {
    expect(makeProgram(loss as never)(layer() as never).inAvals.map(String)).toEqual(["f64[]", "f64[]"]);
    const shapes = evalShape((l: Layer) => new Layer(l.weight, mul(l.bias, f64([1, 2]))), layer()) as unknown as Layer;
    expect([String(shapes.weight), String(shapes.bias)]).toEqual(["f64[]", "f64[2]"]);
  });
});

describe("control flow", () => {
  const step = (l: Layer): Layer => new Layer(mul(l.weight, l.bias), add(l.bias, 1), l.activation);
  // (2, 0.5) → (1, 1.5) → (1.5, 2.5) → (3.75, 3.5)
  const after = [3.75, 3.5];
  test("carries instances, and stacks them", () => {
    const [carry, ys] = scan((l: Layer, v: Tensor) => [step(l), new Layer(l.weight, v)] as const, layer() as never, f64([1, 2, 3])) as unknown as [Layer, Layer];
    close(parts(carry), after);
    expect([ys.weight.js(), ys.bias.js()]).toEqual([[2, 1, 1.5], [1, 2, 3]]);
    close(parts(foriLoop(0, 3, (_i, l: Layer) => step(l), layer())), after);
    close(parts(whileLoop((l: Layer) => less(l.bias, 3), step, layer())), after);
    close(parts(cond(greater(x, 0), step, (l: Layer) => l, layer())), [1, 1.5]);
  });
  test("is differentiated by them", () => {
    // 2·b·(b+1)·(b+2) at b = 0.5: by the weight b(b+1)(b+2), by the bias 2·(3b² + 6b + 2).
    const last = (l: Layer): Tensor => (scan((k: Layer, _v: Tensor) => [step(k), null] as const, l as never, f64([1, 2, 3]))[0] as unknown as Layer).weight;
    const wanted = [0.5 * 1.5 * 2.5, 2 * (3 * 0.25 + 3 + 2)];
    close(parts(grad(last)(layer())), wanted);
    close(parts(jit(grad(last))(layer())), wanted);
    close(parts(grad((l: Layer) => (foriLoop(0, 3, (_i, k: Layer) => step(k), l) as unknown as Layer).weight)(layer())), wanted);
  });
  test("refuses a carry whose static data changes", () => {
    expect(() => scan((l: Layer, _v: Tensor) => [new Layer(l.weight, l.bias, "square"), null] as const, layer() as never, f64([1]))).toThrow(TreeMismatchError);
  });
});

test("placeholders and nested instances survive flattening", () => {
  class Stack {
    readonly layers: readonly unknown[];
    constructor(layers: readonly unknown[]) {
      this.layers = layers;
    }
  }
  registerTreeNode(Stack, (s) => [s.layers, null], (_aux, layers) => new Stack(layers));
  const g = grad((s: Stack) => reduceSum((s.layers as Layer[]).map((l) => l.apply(x)).reduce((a, b) => add(a, b))))(new Stack([layer(), layer("square")]) as never) as unknown as Stack;
  expect(g).toBeInstanceOf(Stack);
  close(parts(g.layers[0]), slopes);
  close(parts(g.layers[1]), [2 * y * 0.7, 2 * y]);
  expect(tree.leaves(new Stack([new Stack([1, null]), 2]))).toEqual([1, 2]);
});
