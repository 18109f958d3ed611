// Every way to replace a derivative, given the same function and the same derivative to put in its place. The derivative is
// never that of the body, so a transformation that loses the rule gives another number.

import { array, bind, cast, definePrimitive, isZero, type Tensor, tree, type TensorLike } from "@gradus/core";
import { add, cos, mul, reduceSum, sin, sinP } from "@gradus/ops";
import { customGradient, customJvp, customVjp, defineRule, straightThrough, withRules } from "../src/index.js";

export type Fn = (...args: any[]) => any;

/** A function and the derivative to give it. */
export interface Subject {
  readonly name: string;
  readonly body: Fn;
  /** For each argument the tangent that its tangent contributes; null for an argument without. */
  readonly terms: readonly (((t: any, ...primals: any[]) => any) | null)[];
  /** The same as cotangents of the arguments. */
  readonly pull: (args: any[], ct: any) => any[];
  /** A function that has this derivative by itself. */
  readonly surrogate: Fn;
  /** Whether its arguments and results are single tensors, as a primitive takes them. */
  readonly flat: boolean;
  /** A function of one variable made of the function, and its value and first two derivatives. */
  readonly compose: (f: Fn) => (x: Tensor) => Tensor;
  readonly value: (x: number) => number;
  readonly first: (x: number) => number;
  readonly second: (x: number) => number;
  /** The second derivative where the value of a rule is the body's, not the function's own. */
  readonly secondOfBody?: (x: number) => number;
}

const scalar: Subject = {
  name: "one argument",
  body: (x) => sin(x),
  terms: [(t, x) => mul(t, mul(10, x))],
  pull: ([x], ct) => [mul(ct, mul(10, x))],
  surrogate: (x) => mul(5, mul(x, x)),
  flat: true,
  compose: (f) => (x) => f(x),
  value: Math.sin,
  first: (x) => 10 * x,
  second: () => 10,
};

const two = array(2, { dtype: "int32" });

export const subjects: readonly Subject[] = [
  scalar,
  {
    ...scalar,
    name: "an integer argument",
    body: (x, n) => mul(sin(x), cast(n, "float32")),
    terms: [(t, x) => mul(t, mul(10, x)), null],
    pull: ([x], ct) => [mul(ct, mul(10, x)), null],
    surrogate: (x) => mul(5, mul(x, x)),
    compose: (f) => (x) => f(x, two),
    value: (x) => 2 * Math.sin(x),
  },
  {
    ...scalar,
    name: "two outputs",
    body: (x) => [sin(x), cos(x)],
    terms: [(t, x) => [mul(t, mul(10, x)), mul(mul(t, 100), x)]],
    pull: ([x], [a, b]) => [add(mul(a, mul(10, x)), mul(b, mul(100, x)))],
    surrogate: (x) => [mul(5, mul(x, x)), mul(50, mul(x, x))],
    compose: (f) => (x) => {
      const [a, b] = f(x);
      return add(a, mul(2, b));
    },
    value: (x) => Math.sin(x) + 2 * Math.cos(x),
    first: (x) => 210 * x,
    second: () => 210,
  },
  {
    ...scalar,
    name: "one of two outputs",
    body: (x) => [sin(x), cos(x)],
    terms: [(t, x) => [mul(t, mul(10, x)), mul(mul(t, 100), x)]],
    pull: ([x], [a, b]) => [add(mul(a, mul(10, x)), mul(b, mul(100, x)))],
    surrogate: (x) => [mul(5, mul(x, x)), mul(50, mul(x, x))],
    compose: (f) => (x) => f(x)[1],
    value: Math.cos,
    first: (x) => 100 * x,
    second: () => 100,
  },
  {
    ...scalar,
    name: "a tree",
    body: ({ a, b: [c] }) => ({ out: mul(sin(a), c) }),
    terms: [({ a, b: [c] }, primal) => ({ out: add(mul(a, mul(10, primal.a)), mul(5, c)) })],
    pull: ([{ a }], { out }) => [{ a: mul(out, mul(10, a)), b: [mul(5, out)] }],
    surrogate: ({ a, b: [c] }) => ({ out: add(mul(5, mul(a, a)), mul(5, c)) }),
    flat: false,
    compose: (f) => (x) => f({ b: [x], a: x }).out,
    value: (x) => Math.sin(x) * x,
    first: (x) => 10 * x + 5,
  },
  {
    ...scalar,
    name: "an unperturbed argument",
    body: (x, y) => mul(sin(x), y),
    terms: [(t, x) => mul(t, mul(10, x)), (t) => mul(t, 7)],
    pull: ([x], ct) => [mul(ct, mul(10, x)), mul(ct, 7)],
    surrogate: (x, y) => add(mul(5, mul(x, x)), mul(7, y)),
    compose: (f) => (x) => f(x, 2),
    value: (x) => 2 * Math.sin(x),
  },
  {
    ...scalar,
    name: "an unperturbed first argument",
    body: (x, y) => mul(sin(y), x),
    terms: [(t) => mul(t, 7), (t, _x, y) => mul(t, mul(10, y))],
    pull: ([, y], ct) => [mul(ct, 7), mul(ct, mul(10, y))],
    surrogate: (x, y) => add(mul(5, mul(y, y)), mul(7, x)),
    compose: (f) => (x) => f(array(3), x),
    value: (x) => 3 * Math.sin(x),
  },
  {
    ...scalar,
    name: "one tensor as both arguments",
    body: (x, y) => mul(sin(x), y),
    terms: [(t, x) => mul(t, mul(10, x)), (t) => mul(t, 7)],
    pull: ([x], ct) => [mul(ct, mul(10, x)), mul(ct, 7)],
    surrogate: (x, y) => add(mul(5, mul(x, x)), mul(7, y)),
    compose: (f) => (x) => f(x, x),
    value: (x) => x * Math.sin(x),
    first: (x) => 10 * x + 7,
  },
  {
    ...scalar,
    name: "a concrete tensor that it closes over",
    body: (x) => reduceSum(mul(sin(x), weights())),
    terms: [(t, x) => mul(t, mul(x, reduceSum(weights())))],
    pull: ([x], ct) => [mul(ct, mul(x, reduceSum(weights())))],
    surrogate: (x) => mul(mul(0.5, reduceSum(weights())), mul(x, x)),
    compose: (f) => (x) => f(x),
    value: (x) => 10 * Math.sin(x),
  },
  {
    ...scalar,
    name: "an array made inside",
    compose: (f) => (x) => reduceSum(f(mul(x, array([1, 2, 3])))),
    value: (x) => Math.sin(x) + Math.sin(2 * x) + Math.sin(3 * x),
    first: (x) => 10 * x * (1 + 4 + 9),
    second: () => 140,
  },
  {
    ...scalar,
    name: "what it computed itself",
    compose: (f) => (x) => f(f(x)),
    value: (x) => Math.sin(Math.sin(x)),
    first: (x) => 10 * Math.sin(x) * 10 * x,
    // d/dx 100·x·f(x), where f has the derivative 10·x again
    second: (x) => 100 * Math.sin(x) + 100 * x * 10 * x,
    secondOfBody: (x) => 100 * Math.sin(x) + 100 * x * Math.cos(x),
  },
];

let made: Tensor | undefined;
const weights = (): Tensor => (made ??= array([1, 2, 3, 4]));

const sumTerms = (terms: Subject["terms"], primals: any[], tangents: any[]): any => {
  const parts = terms.flatMap((term, i) => (term === null ? [] : [term(tangents[i], ...primals)]));
  return parts.reduce((a, b) => tree.map((x: Tensor, y: Tensor) => add(x, y), a, b));
};

/** Makes a function with the body and the derivative of a subject. */
export interface Mechanism {
  readonly name: string;
  readonly make: (s: Subject) => Fn;
  /** Whether a rule gives the value of the body instead of calling the function again. */
  readonly bodyOnly?: boolean;
  /** Whether it takes functions of single tensors only. */
  readonly flatOnly?: boolean;
}

/** A primitive with the body of a subject and no derivative of its own but that of the body. */
function primitiveOf(s: Subject, leaves: number) {
  return definePrimitive<void, "many">(`@test/${s.name}`, {
    multipleResults: true,
    abstractEval: (avals) => Array.from({ length: leaves }, () => avals.find((a) => a.dtype === "float32")!),
    decompose: (args) => [s.body(...args)].flat(),
  });
}

function overridden(s: Subject, rules: (p: Fn, single: boolean) => Parameters<typeof withRules>[0][number][1]): Fn {
  if (s.body === scalar.body) return (x: TensorLike) => withRules([[sinP, rules((y) => sin(y), true)]], () => sin(x));
  const single = !s.name.includes("output");
  const p = primitiveOf(s, single ? 1 : 2);
  const apply = (...xs: Tensor[]): Tensor[] => bind(p, xs);
  return (...args: TensorLike[]) => {
    const xs = args.map((a) => (typeof a === "number" ? array(a) : (a as Tensor)));
    const outs = withRules([[p, rules(apply, false)]], () => apply(...xs));
    return single ? outs[0] : outs;
  };
}

const list = (x: any): any[] => (Array.isArray(x) ? x : [x]);

export const mechanisms: readonly Mechanism[] = [
  {
    name: "customJvp.defjvp",
    make: (s) => {
      const f: Fn = customJvp(s.body).defjvp((primals, tangents) => [f(...primals), sumTerms(s.terms, primals, tangents)]);
      return f;
    },
  },
  {
    name: "customJvp.defjvp with symbolicZeros",
    make: (s) => {
      const f: Fn = customJvp(s.body, { symbolicZeros: true }).defjvp((primals, tangents) => {
        const live = s.terms.map((term, i) => (tree.all(isZero, tangents[i]) ? null : term));
        const full = tangents.map((t: unknown) => tree.map((leaf: Tensor) => (isZero(leaf) ? 0 : leaf), t) as unknown);
        return [f(...primals), sumTerms(live, primals, full)];
      });
      return f;
    },
  },
  {
    name: "customJvp.defjvps",
    make: (s) => customJvp(s.body).defjvps(...s.terms.map((term) => term && ((t: any, _out: any, ...primals: any[]) => term(t, ...primals)))),
  },
  {
    name: "customVjp",
    make: (s) => {
      const f: Fn = customVjp(s.body).defvjp(
        (...args) => [f(...args), args],
        (args, ct) => s.pull(args, ct),
      );
      return f;
    },
  },
  {
    name: "customVjp with symbolicZeros",
    make: (s) => {
      const f: Fn = customVjp(s.body).defvjp(
        (...args) => {
          const values = args.map((a) => valuesOf(a));
          return [f(...values), values];
        },
        (args, ct) => s.pull(args, tree.map((c: Tensor) => (isZero(c) ? 0 : c), ct)),
        { symbolicZeros: true },
      );
      return f;
    },
  },
  {
    name: "defineRule with jvp",
    make: (s) => {
      const f: Fn = defineRule(s.body, { jvp: (primals: any, tangents: any) => [f(...primals), sumTerms(s.terms, primals, tangents)] });
      return f;
    },
  },
  {
    name: "defineRule with vjp",
    make: (s) => {
      const f: Fn = defineRule(s.body, { vjp: { fwd: (...args) => [f(...args), args], bwd: (args, ct) => s.pull(args, ct) } });
      return f;
    },
  },
  {
    name: "defineRule with jvp and vjp",
    make: (s) => {
      const f: Fn = defineRule(s.body, {
        jvp: (primals: any, tangents: any) => [f(...primals), sumTerms(s.terms, primals, tangents)],
        vjp: { fwd: (...args) => [f(...args), args], bwd: (args, ct) => s.pull(args, ct) },
      });
      return f;
    },
  },
  {
    name: "customGradient",
    make: (s) => {
      const f: Fn = customGradient((...args) => [s.body(...args), (ct) => s.pull(args, ct)]);
      return f;
    },
    bodyOnly: true, // it does not call the function itself
  },
  { name: "straightThrough", make: (s) => straightThrough(s.body, s.surrogate) },
  {
    name: "withRules, jvp",
    make: (s) =>
      overridden(s, (apply, single) => ({
        jvp: (primals: any, tangents: any) => {
          const dout = sumTerms(s.terms, primals, tangents);
          return [apply(...primals), single ? dout : list(dout)];
        },
      })),
    flatOnly: true,
  },
  {
    name: "withRules, vjp",
    make: (s) =>
      overridden(s, (apply, single) => ({
        vjp: {
          fwd: (...args) => [apply(...args), args],
          bwd: (args, ct) => s.pull(args, single || s.name.includes("output") ? ct : ct[0]),
        },
      })),
    flatOnly: true,
  },
];

const valuesOf = (x: any): any => {
  if (typeof x !== "object" || x === null) return x;
  if ("perturbed" in x && "value" in x) return x.value;
  if (Array.isArray(x)) return x.map(valuesOf);
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, valuesOf(v)]));
};
