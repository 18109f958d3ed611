// Two backends side by side: what agrees passes, and what does not is named with its operation, place, values and line.
import { foriLoop } from "@gradus/control-flow";
import { add, type AnyPrimitive, array, type Aval, type Backend, mul, reduceSum, type Tensor, type TypedArray, withBackend } from "@gradus/core";
import { argmax, cosP, dotGeneral, exp, qr, sin, sinP } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { expect, test } from "vitest";
import { compareBackends, type Divergence } from "../src/index.js";

/** A backend that is wrong in one operation. */
class Wrong implements Backend {
  readonly name = "wrong";
  readonly #inner: Backend = cpu();
  readonly #spoil: (p: AnyPrimitive, args: Tensor[], params: any, inner: Backend) => Tensor[] | Tensor;

  constructor(spoil: (p: AnyPrimitive, args: Tensor[], params: any, inner: Backend) => Tensor[] | Tensor) {
    this.#spoil = spoil;
  }
  perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor[] | Tensor {
    return this.#spoil(p, args, params, this.#inner);
  }
  put(data: TypedArray, aval: Aval): Tensor {
    return this.#inner.put(data, aval);
  }
  read(x: Tensor): TypedArray {
    return this.#inner.read(x);
  }
  readAsync(x: Tensor): Promise<TypedArray> {
    return this.#inner.readAsync(x);
  }
}

const cosForSin = (): Wrong => new Wrong((p, args, params, inner) => inner.perform(p === sinP ? cosP : p, args, params));

test("a right backend passes, through gradients, loops and programs", () => {
  const both = compareBackends(cpu(), cpu());
  expect(both.name).toBe("cpu compared with cpu");
  withBackend(both, () => {
    const x = array([[1, 2], [3, 4]]);
    const f = (v: Tensor): Tensor => reduceSum(foriLoop(0, 3, (_i, u: Tensor) => dotGeneral(exp(mul(u, 0.1)), v, { contract: [[1], [0]] }), v) as Tensor);
    const plain = withBackend(cpu(), () => grad(f)(array([[1, 2], [3, 4]])));
    for (const g of [grad(f), jit(grad(f))]) expect(g(x).js()).toEqual(plain.js());
    expect(argmax(x, 1).js()).toEqual([1, 1]);
    expect(qr(x)[1].shape).toEqual([2, 2]);
    expect(add(array([true]), array([false])).js()).toEqual([true]);
  });
});

test("programs that are compared as a whole may capture arrays, also in loops within", () => {
  withBackend(compareBackends(cpu(), cpu(), { open: false }), () => {
    const [x, k] = [array([1, 2]), array([10, 100])];
    const f = jit((v: Tensor) => foriLoop(0, 2, (_i, u: Tensor) => add(u, mul(k, array([1, 2]))), add(v, k)));
    for (let i = 0; i < 2; i++) expect((f(x) as Tensor).js()).toEqual([31, 502]);
  });
});

test("a wrong operation is named, with the place, both values and the line", () => {
  withBackend(compareBackends(cosForSin(), cpu()), () => {
    const x = array([[0.5, 1], [2, 3]]);
    expect(() => mul(exp(x), sin(x))).toThrow(expect.objectContaining({ name: "ConformanceError" }));
    expect(() => mul(exp(x), sin(x))).toThrow(/^sin is 0\.877\d* at \[0, 0\] on wrong, and 0\.479\d* on cpu; it was applied to Tensor<f32\[2,2\]> .*, at .*compare-backends\.test\.ts:\d+:\d+\.$/m);
    // Inside programs and loops too.
    expect(() => jit((v: Tensor) => add(sin(v), 1))(x)).toThrow(/^sin is/);
    expect(() => foriLoop(0, 2, (_i, v: Tensor) => sin(v), x)).toThrow(/^sin is/);
  });
});

test("one wrong element of many, an integer off by one and a lost NaN are found", () => {
  const spoilt = (k: number, value: number): Backend =>
    compareBackends(
      new Wrong((p, args, params, inner) => {
        const [out] = [inner.perform(p, args, params)].flat() as [Tensor];
        const data = inner.read(out);
        data[k] = value;
        return inner.put(data, out.aval);
      }),
      cpu(),
    );
  expect(() => withBackend(spoilt(5, 0), () => exp(array(new Float32Array(6), { shape: [3, 2] })))).toThrow(/^exp is 0 at \[2, 1\] on wrong, and 1 on cpu/);
  expect(() => withBackend(spoilt(1, 4), () => mul(array([1, 3], { dtype: "int32" }), array([1, 1], { dtype: "int32" })))).toThrow(/^mul is 4 at \[1\]/);
  expect(() => withBackend(spoilt(0, 0), () => exp(array([NaN, 1])))).toThrow(/^exp is 0 at \[0\] on wrong, and NaN on cpu/);
});

test("divergences can be collected, tolerances given, and programs compared as wholes", () => {
  const found: Divergence[] = [];
  const x = withBackend(compareBackends(cosForSin(), cpu(), { onDivergence: (d) => found.push(d) }), () => sin(sin(array([1, 2]))));
  expect(x.dataSync()[0]).toBeCloseTo(Math.cos(Math.cos(1)), 6);
  expect(found.map(({ operation, index, output }) => [operation, index, output])).toEqual([["sin", [0], 0], ["sin", [0], 0]]);
  expect(found[0]).toMatchObject({ params: undefined, got: expect.closeTo(Math.cos(1), 6), expected: expect.closeTo(Math.sin(1), 6), position: expect.stringMatching(/compare-backends\.test\.ts:\d+:\d+$/) });
  const near = new Wrong((p, args, params, inner) => (p === sinP ? inner.perform(sinP, [withBackend(inner, () => mul(args[0] as Tensor, 1.001))], params) : inner.perform(p, args, params)));
  const run = (rtol: number): Tensor => withBackend(compareBackends(near, cpu(), { rtol }), () => sin(array([1, 2])));
  expect(() => run(1e-4)).toThrow(/^sin is/);
  expect(run(1e-2).shape).toEqual([2]);
  const whole = compareBackends(cosForSin(), cpu(), { open: false });
  // cosForSin hands a whole program to the CPU, which is right about it.
  expect(withBackend(whole, () => jit((v: Tensor) => sin(v))(array([0, 0]))).js()).toEqual([0, 0]);
});

test("what is no backend is refused", () => {
  for (const wrong of [undefined, null, {}, "cpu"]) {
    expect(() => compareBackends(cpu(), wrong as any)).toThrow(expect.objectContaining({ name: "ArgumentError" }));
    expect(() => compareBackends(wrong as any, cpu())).toThrow(expect.objectContaining({ name: "ArgumentError" }));
  }
});
