// Perturbation confusion: nested derivatives whose directions must not be taken for one another. The programs of Siskind and
// Pearlmutter ("Nesting forward-mode AD in a functional framework", 2008; "Perturbation confusion and referential transparency",
// 2005) and of Manzyuk, Pearlmutter, Radul, Rush and Siskind ("Perturbation confusion in forward automatic differentiation of
// higher-order functions", 2019), with each inner and outer derivative by each transformation.
import { add, array, mul, type Tensor, useBackend } from "@gradus/core";
import { jacfwd, jvp } from "@gradus/jvp";
import { cos, exp, integerPow, reduceSum, sin } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { stopGradient } from "@gradus/stop-gradient";
import { jit } from "@gradus/tracing";
import { vmap } from "@gradus/batching";
import { grad, linearize, vjp } from "@gradus/vjp";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(() => useBackend(cpu()));

type Scalar = Tensor | number;
type Fn = (x: any) => Tensor;
type D = (f: Fn) => Fn;

/** The derivative of a function of one number, in all the ways there are. */
const ways: { readonly [name: string]: D } = {
  jvp: (f) => (x) => jvp(f, [x], [1])[1] as Tensor,
  grad: (f) => (x) => grad(f)(x) as Tensor,
  vjp: (f) => (x) => vjp(f, [x])[1](1 as never)[0] as Tensor,
  linearize: (f) => (x) => linearize(f, [x])[1](1) as Tensor,
  jacfwd: (f) => (x) => jacfwd(f)(x) as Tensor,
  "grad of jit": (f) => (x) => grad(jit(f))(x) as Tensor,
  "jit of grad": (f) => (x) => jit(grad(f) as Fn)(x),
  "jvp of jit": (f) => (x) => jvp(jit(f), [x], [1])[1] as Tensor,
  "jit of jvp": (f) => jit((x: any) => jvp(f, [x], [1])[1] as Tensor),
  // One direction of a batch of two.
  "vmap of grad": (f) => (x) => reduceSum(vmap((y: Scalar, w: Tensor) => mul(grad(f)(y as Tensor), w), [null, 0])(x, array([0.25, 0.75], { dtype: "float64" }))),
};
const names = Object.keys(ways);
const pairs = names.flatMap((outer) => names.map((inner) => [outer, inner] as const));
const f64 = (x: number): Tensor => array(x, { dtype: "float64" });
/** The programs whose inner derivative is taken while an outer one is, by every pair of ways. */
const each = (name: string, program: (outer: D, inner: D) => Tensor, wanted: number): void => {
  describe(name, () => {
    test.each(pairs)("%s of %s", (outer, inner) => {
      expect(program(ways[outer]!, ways[inner]!).item()).toBeCloseTo(wanted, 10);
    });
  });
};

// d/dx (x · d/dy (x + y)) is 1; confusing the two gives 2.
each("x·d/dy(x + y)", (Dx, Dy) => Dx((x) => mul(x, Dy((y) => add(x, y))(f64(1))))(f64(1)), 1);
// d/dx (x · d/dy (xy)) is 2x: here the inner derivative does depend on x.
each("x·d/dy(xy)", (Dx, Dy) => Dx((x) => mul(x, Dy((y) => mul(x, y))(f64(2))))(f64(3)), 6);
// The inner point is the outer variable: d/dx (x · [d/dy x·y³ at y = x]) = d/dx 3x⁴.
each("x·d/dy(xy³) at y = x", (Dx, Dy) => Dx((x) => mul(x, Dy((y) => mul(x, integerPow(y, 3)))(x)))(f64(0.5)), 12 * 0.125);
// The inner function ignores its own variable.
each("x·d/dy(x²)", (Dx, Dy) => Dx((x) => add(mul(x, Dy(() => mul(x, x))(f64(2))), mul(3, x)))(f64(2)), 3);
// Stopped inside, the outer direction is gone and the inner one stays: d/dx (x · d/dy (stop(x)·y)) = d/dx (x · stop(x)) = x.
each("x·d/dy(stop(x)·y)", (Dx, Dy) => Dx((x) => mul(x, Dy((y) => mul(stopGradient(x), y))(f64(1))))(f64(5)), 5);

// The inner function is constant, in the outer variable: d/dx (x · d/dy x) is 0; taking x for perturbed by y gives 1, or 2x.
each("x·d/dy(x)", (Dx, Dy) => Dx((x) => mul(x, Dy(() => x)(f64(1))))(f64(1)), 0);

/** Functions of x whose value is a nested derivative by y, their derivative by x, and where it is known. */
const nested: readonly (readonly [name: string, f: (Dy: D) => Fn, derivative: (x: number) => number])[] = [
  ["x·d/dy(x + y)", (Dy) => (x) => mul(x, Dy((y) => add(x, y))(f64(1))), () => 1],
  ["x·d/dy(x)", (Dy) => (x) => mul(x, Dy(() => mul(x, 1))(f64(1))), () => 0],
  ["x·d/dy(xy²) at y = x", (Dy) => (x) => mul(x, Dy((y) => mul(x, mul(y, y)))(x)), (x) => 6 * x * x],
  ["d/dy sin(xy) at y = 2", (Dy) => (x) => Dy((y) => sin(mul(x, y)))(f64(2)), (x) => Math.cos(2 * x) - 2 * x * Math.sin(2 * x)],
];
const staged: { readonly [name: string]: (f: Fn) => (xs: Tensor) => readonly number[] } = {
  "one after the other": (f) => (xs) => Array.from(xs.dataSync(), (x) => f(f64(x)).item()),
  compiled: (f) => (xs) => Array.from(xs.dataSync(), (x) => jit(f)(f64(x)).item()),
  mapped: (f) => (xs) => Array.from(vmap(f)(xs).dataSync()),
  "mapped, compiled": (f) => (xs) => Array.from(jit(vmap(f))(xs).dataSync()),
  "compiled, mapped": (f) => (xs) => Array.from(vmap(jit(f))(xs).dataSync()),
};

describe.each(nested)("the derivative of %s", (_name, f, derivative) => {
  test.each(Object.keys(staged))("%s", (where) => {
    const xs = array([0.5, -1.25, 2], { dtype: "float64" });
    for (const [outer, inner] of pairs) {
      const got = staged[where]!((x) => ways[outer]!(f(ways[inner]!))(x))(xs);
      expect(got, `${outer} of ${inner}`).toEqual([0.5, -1.25, 2].map((x) => expect.closeTo(derivative(x), 9)));
    }
  });
});

test("three levels: d/dx x·d/dy (y·d/dz (x·y·z)) has no mixed terms", () => {
  for (const a of names) {
    for (const b of ["jvp", "grad", "linearize", "jit of grad"]) {
      for (const c of ["jvp", "grad", "vjp"]) {
        const [Dx, Dy, Dz] = [ways[a]!, ways[b]!, ways[c]!];
        // d/dz xyz = xy; d/dy y·xy = 2xy, at y = 3; d/dx x·6x = 12x.
        const got = Dx((x) => mul(x, Dy((y) => mul(y, Dz((z) => mul(mul(x, y), z))(f64(7))))(f64(3))))(f64(2));
        expect(got.item(), `${a} of ${b} of ${c}`).toBeCloseTo(24, 10);
      }
    }
  }
});

describe("higher-order functions (the amazing bug)", () => {
  // s u f x = f (x + u): a shift operator. Its derivative at u = 0 is the derivative operator, and twice it is the second derivative.
  const shift = (u: Tensor) => (f: Fn) => (x: Tensor): Tensor => f(add(x, u));
  const byShift = (way: D) => (f: Fn): Fn => (x: Tensor) => way((u) => shift(u)(f)(x))(f64(0));
  const h = (x: Tensor): Tensor => exp(mul(x, sin(x)));
  const second = (x: number): number => {
    const [p, q] = [Math.sin(x) + x * Math.cos(x), 2 * Math.cos(x) - x * Math.sin(x)];
    return (p * p + q) * Math.exp(x * Math.sin(x));
  };

  test.each(pairs)("the derivative operator applied twice is the second derivative (%s of %s)", (outer, inner) => {
    expect(byShift(ways[outer]!)(byShift(ways[inner]!)(h))(f64(0.8)).item()).toBeCloseTo(second(0.8), 9);
  });

  // Curried functions are differentiated pointwise, which is what η-expansion says: (D f)(x) = y ↦ D (x ↦ f(x)(y)) (x).
  const curried = (way: D) => (f: (x: Tensor) => Fn) => (x: Tensor): Fn => (y: Tensor) => way((u) => f(u)(y))(x);
  const f = (x: Tensor): Fn => (y: Tensor) => mul(sin(mul(x, y)), x);
  // ∂/∂x x·sin(xy) = sin xy + xy·cos xy; ∂/∂y of that = 2x·cos xy − x²y·sin xy.
  const mixed = (x: number, y: number): number => 2 * x * Math.cos(x * y) - x * x * y * Math.sin(x * y);

  test.each(pairs)("a curried function: ∂/∂y of ∂/∂x, and the other way round (%s of %s)", (outer, inner) => {
    const [Dy, Dx] = [ways[outer]!, ways[inner]!];
    expect(Dy(curried(Dx)(f)(f64(0.7)))(f64(1.3)).item()).toBeCloseTo(mixed(0.7, 1.3), 9);
    expect(Dy((x) => Dx(f(x))(f64(1.3)))(f64(0.7)).item()).toBeCloseTo(mixed(0.7, 1.3), 9);
  });

  test.each(pairs)("the derivative operator of a shifted derivative: D (u ↦ D (shift u f)) (%s of %s)", (outer, inner) => {
    // d/du f′(x + u) at u = 0: the function under the inner derivative is made by the outer one.
    const got = ways[outer]!((u) => ways[inner]!(shift(u)(h))(f64(0.8)))(f64(0));
    expect(got.item()).toBeCloseTo(second(0.8), 9);
  });

  test.each(["jvp", "grad", "linearize", "jit of grad", "vmap of grad"])("functions of functions: n-fold application differentiates by its argument (%s)", (name) => {
    const way = ways[name]!;
    const twice = (g: Fn): Fn => (x) => g(g(x));
    // (x ↦ sin x)⁴ by twice ∘ twice, and twice the derivative operator on x⁵: 20x³.
    const fourfold = twice(twice((x) => sin(x)));
    const [a, b, c] = [Math.sin(0.9), Math.sin(Math.sin(0.9)), Math.sin(Math.sin(Math.sin(0.9)))];
    expect(way(fourfold)(f64(0.9)).item()).toBeCloseTo(Math.cos(c) * Math.cos(b) * Math.cos(a) * Math.cos(0.9), 10);
    const derivativeTwice = ((g: Fn) => way(way(g))) as D;
    expect(derivativeTwice((x) => integerPow(x, 5))(f64(0.5)).item()).toBeCloseTo(20 * 0.125, 9);
  });

  test("a function that comes out of a derivative is refused: its perturbation would be mixed up with the next one", () => {
    expect(() => jvp((u: Tensor) => (f: Fn) => shift(u)(f), [f64(0)], [1])).toThrow(expect.objectContaining({ code: "argument", message: expect.stringMatching(/result of the function.*got the function/) }));
    expect(() => grad((u: Tensor) => ((f: Fn) => shift(u)(f)) as unknown as Tensor)(f64(0))).toThrow(expect.objectContaining({ code: "argument" }));
  });

  test("a function smuggled out of a derivative carries a tracer that has ended", () => {
    let kept: ((f: Fn) => Fn) | undefined;
    const D = ways["jvp"] as D;
    D((u) => {
      kept = shift(u);
      return u;
    })(f64(0));
    expect(() => D((u) => kept!(sin)(u))(f64(0))).toThrow(expect.objectContaining({ name: "EscapedTracerError", code: "escaped-tracer", message: expect.stringMatching(/belongs to jvp, which has ended/) }));
  });

  test("a pair of Church-encoded numbers keeps its perturbations apart", () => {
    // pair x y = m ↦ m x y, so that the differentiated data are closures throughout.
    const pair = (x: Tensor, y: Tensor) => (m: (a: Tensor, b: Tensor) => Tensor) => m(x, y);
    const D = ways["jvp"] as D;
    const f: Fn = (x) => {
      const p = pair(mul(x, x), D((y) => mul(x, cos(y)))(x));
      return p((a, b) => add(a, mul(x, b)));
    };
    // f = x² − x² sin x, so f' = 2x − 2x sin x − x² cos x.
    const x = 0.9;
    const wanted = 2 * x - 2 * x * Math.sin(x) - x * x * Math.cos(x);
    for (const way of names) expect(ways[way]!(f)(f64(x)).item(), way).toBeCloseTo(wanted, 10);
  });
});

describe("linear maps that outlive their extent", () => {
  test("a pullback called inside another derivative sees that derivative, and no other", () => {
    // g(x) = x·(pullback of y ↦ xy² at y = x)(1) = 2x³, called outside of the vjp that made it.
    const g: Fn = (x) => {
      const [, pullback] = vjp((y: Tensor) => mul(x, mul(y, y)), [x]);
      return mul(x, pullback(1 as never)[0] as Tensor);
    };
    for (const way of names) expect(ways[way]!(g)(f64(0.7)).item(), way).toBeCloseTo(6 * 0.49, 10);
  });

  test("a pullback made outside is a constant map inside", () => {
    const [, pullback] = vjp((y: Tensor) => mul(3, integerPow(y, 2)), [f64(2)]);
    for (const way of ["jvp", "grad", "vjp", "linearize", "jit of grad"]) {
      // d/dx 12x² at 0.5: linear in the cotangent x, so d/dx (x·pullback(x)) = 24x.
      expect(ways[way]!((x) => mul(x, pullback(x)[0] as Tensor))(f64(0.5)).item(), way).toBeCloseTo(12, 10);
    }
  });
});
