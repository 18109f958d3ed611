// The matrix of custom rules: every way to use a derivative × every situation that a rule may be in, for every mechanism. The
// derivative of a rule is never that of the body, so a transformation that loses the rule gives another number. Expected values are
// computed on jets: the value of the body, with the derivatives, of every order, of another function.
import { array, bind, cast, definePrimitive, EscapedTracerError, type Tensor, useBackend } from "@gradus/core";
import { cond, scan } from "@gradus/control-flow";
import { customJvp, customVjp, defineRule, type RuleSet, straightThrough, withRules } from "@gradus/custom-rules";
import { add, cos, greater, integerPow, mul, sin, square } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { vjp } from "@gradus/vjp";
import { describe, expect, test } from "vitest";
import { type Case, nestingWords } from "../src/index.js";
import * as j from "../src/words/jet.js";
import { fromData, JetArray, type JetTree, scalar, vector } from "../src/words/jet-array.js";
import type { Program } from "../src/words/letters.js";

useBackend(cpu());

type Fn = (...args: any[]) => any;
type Jet = j.Jet;

/** A function, and a derivative for it that is not its own. */
interface Subject {
  readonly body: Fn;
  readonly push: (primals: any, tangents: any) => any;
  readonly pull: (args: any, ct: any) => any[];
  /** A function whose derivative that is. */
  readonly surrogate: Fn;
  /** Whether arguments and results are tensors, as those of a primitive; how many results. */
  readonly results?: number;
}

const cube = (x: Tensor): Tensor => integerPow(x, 3);
const three = (x: Tensor): Tensor => mul(3, square(x));
const float = (n: Tensor): Tensor => cast(n, "float64");

const one: Subject = {
  body: (x) => sin(x),
  push: ([x], [t]) => mul(t, three(x)),
  pull: ([x], ct) => [mul(ct, three(x))],
  surrogate: cube,
  results: 1,
};
const twoOutputs: Subject = {
  body: (x) => [sin(x), cos(x)],
  push: ([x], [t]) => [mul(t, three(x)), mul(t, mul(4, x))],
  pull: ([x], [a, b]) => [add(mul(a, three(x)), mul(b, mul(4, x)))],
  surrogate: (x) => [cube(x), mul(2, square(x))],
  results: 2,
};
const integer: Subject = {
  body: (x, n) => mul(sin(x), float(n)),
  push: ([x, n], [t]) => mul(t, mul(three(x), float(n))),
  pull: ([x, n], ct) => [mul(ct, mul(three(x), float(n))), null],
  surrogate: (x, n) => mul(cube(x), float(n)),
  results: 1,
};
const pytree: Subject = {
  body: ({ a, b: [c] }) => ({ out: mul(sin(a), c) }),
  push: ([{ a }], [{ a: da, b: [dc] }]) => ({ out: add(mul(da, three(a)), mul(5, dc)) }),
  pull: ([{ a }], { out }) => [{ a: mul(out, three(a)), b: [mul(5, out)] }],
  surrogate: ({ a, b: [c] }) => ({ out: add(cube(a), mul(5, c)) }),
};

// On jets: the derivatives of the surrogate beside the value of the body.
const ruled = (surrogate: Jet, value: number): Jet => [value, ...surrogate.slice(1)];
const jetCube = (x: Jet): Jet => j.mul(x, j.mul(x, x));
const odd = (x: Jet): Jet => ruled(jetCube(x), Math.sin(j.real(x)));
const at = (x: JetArray, i = 0): Jet => x.data[i] as Jet;

/** A way to give a function a derivative. */
interface Mechanism {
  readonly name: string;
  readonly form: "jvp" | "vjp" | "both" | "surrogate";
  readonly make: (s: Subject) => Fn;
  /** Whether it takes functions of single tensors only. */
  readonly flat?: boolean;
}

const rulesOf = (s: Subject, f: () => Fn, form: Mechanism["form"]): RuleSet => ({
  ...(form !== "vjp" && { jvp: (primals: any, tangents: any) => [f()(...primals), s.push(primals, tangents)] as const }),
  ...(form !== "jvp" && { vjp: { fwd: (...args: any[]) => [f()(...args), args] as const, bwd: (args: any, ct: any) => s.pull(args, ct) } }),
});

const defined = (form: "jvp" | "vjp" | "both") => (s: Subject): Fn => {
  const f: Fn = defineRule(s.body, rulesOf(s, () => f, form));
  return f;
};

// A primitive with the body of the subject: its own derivative, by decomposition, is that of the body.
const overridden = (form: "jvp" | "vjp" | "both") => (s: Subject): Fn => {
  const single = s.results === 1;
  const p = definePrimitive<void, "many">("@test/subject", {
    multipleResults: true,
    abstractEval: ([x]) => Array.from({ length: s.results as number }, () => x!),
    decompose: (args) => [s.body(...args)].flat(),
  });
  const apply = (...xs: any[]): any => bind(p, xs.map((x) => (typeof x === "number" ? array(x, { dtype: "float64" }) : x)));
  const list: Subject = single ? { ...s, push: (ps, ts) => [s.push(ps, ts)], pull: (args, [ct]) => s.pull(args, ct) } : s;
  return (...args) => {
    const outs = withRules([[p, rulesOf(list, () => apply, form)]], () => apply(...args));
    return single ? outs[0] : outs;
  };
};

const mechanisms: readonly Mechanism[] = [
  {
    name: "customJvp",
    form: "jvp",
    make(s) {
      const f: Fn = customJvp(s.body).defjvp((primals, tangents) => [f(...primals), s.push(primals, tangents)]);
      return f;
    },
  },
  {
    name: "customVjp",
    form: "vjp",
    make(s) {
      const f: Fn = customVjp(s.body).defvjp((...args) => [f(...args), args], s.pull);
      return f;
    },
  },
  { name: "defineRule, jvp", form: "jvp", make: defined("jvp") },
  { name: "defineRule, vjp", form: "vjp", make: defined("vjp") },
  { name: "defineRule, both", form: "both", make: defined("both") },
  { name: "straightThrough", form: "surrogate", make: (s) => straightThrough(s.body, s.surrogate) },
  { name: "withRules, jvp", form: "jvp", make: overridden("jvp"), flat: true },
  { name: "withRules, vjp", form: "vjp", make: overridden("vjp"), flat: true },
  { name: "withRules, both", form: "both", make: overridden("both"), flat: true },
];

/** A situation that the function is in, and what it denotes. */
interface Situation extends Omit<Program, "f"> {
  readonly subject: Subject;
  readonly compose: (f: Fn) => Fn;
  /** The forms of rules that it is about: all unless given. */
  readonly form?: Mechanism["form"];
}

const near = (xs: number[]) => (variant: number): JetArray => fromData([xs.length], xs.map((x, i) => x + 0.1 * variant * Math.cos(3 * i + variant)));
const single = (form: Mechanism["form"]): Situation => ({
  subject: one,
  form,
  compose: (f) => f,
  reference: (x: JetArray) => vector(x.data.map(odd)),
  args: (v) => [near([0.7, -0.4])(v)],
});

const situations: Record<string, Situation> = {
  "rule as jvp only": single("jvp"),
  "rule as vjp only": single("vjp"),
  "rule as both": single("both"),
  // c ← f(c·y), with f(c) given out
  "inside scan": {
    subject: one,
    compose: (f) => (x: Tensor, ys: Tensor) => scan((c: Tensor, y: Tensor) => [f(mul(c, y)), f(c)], x, ys),
    reference(x: JetArray, ys: JetArray) {
      let c = at(x);
      const out: Jet[] = [];
      for (const y of ys.data) {
        out.push(odd(c));
        c = odd(j.mul(c, y));
      }
      return [scalar(c), vector(out)];
    },
    args: (v) => [scalar(j.constant(0.9 + 0.1 * v)), near([1.2, -0.8, 0.5])(v)],
  },
  // Under vmap the two examples take two branches.
  "inside cond": {
    subject: one,
    compose: (f) => (x: Tensor) => cond(greater(x, 0), (u: Tensor) => mul(f(u), u), (u: Tensor) => add(f(mul(u, 2)), 1), x),
    reference: (x: JetArray) => scalar(j.real(at(x)) > 0 ? j.mul(odd(at(x)), at(x)) : j.add(odd(j.scale(2, at(x))), j.constant(1))),
    args: (v) => [scalar(j.constant(v % 2 === 0 ? 0.7 + 0.1 * v : -0.5 - 0.1 * v))],
  },
  "two outputs": {
    subject: twoOutputs,
    compose: (f) => f,
    reference: (x: JetArray) => [vector(x.data.map(odd)), vector(x.data.map((v) => ruled(j.scale(2, j.mul(v, v)), Math.cos(j.real(v)))))],
    args: (v) => [near([0.7, -0.4])(v)],
  },
  "integer argument": {
    subject: integer,
    compose: (f) => f,
    reference: (x: JetArray, n: JetArray) => vector(x.data.map((v, i) => j.scale(j.real(at(n, i)), odd(v)))),
    args: (v) => [near([0.7, -0.4])(v), fromData([2], [3 + v, -2], "int32")],
  },
  "pytree argument": {
    subject: pytree,
    compose: (f) => f,
    reference: ({ a, b: [c] }: { a: JetArray; b: [JetArray] }) => ({
      out: vector(a.data.map((v, i) => ruled(j.add(jetCube(v), j.scale(5, at(c, i))), Math.sin(j.real(v)) * j.real(at(c, i))))),
    }),
    args: (v) => [{ a: near([0.7, -0.4])(v), b: [near([1.1, 0.6])(v)] }],
  },
};

// Rules that multiply by a captured y, and may have a body that captures it, too.
const closing = (y: Tensor, body: Fn = one.body): Subject => ({
  body,
  push: ([x], [t]) => mul(mul(t, y), three(x)),
  pull: ([x], ct) => [mul(mul(ct, y), three(x))],
  surrogate: (x) => mul(cube(x), y),
  results: 1,
});

/** The words of the matrix. A word is applied from right to left. */
const words = ["jvp", "vjp", "vmap", "jit", "jvp ∘ vjp", "vjp ∘ vjp", "vmap ∘ vjp", "vjp ∘ vmap", "jit ∘ vjp"];

function cell(word: string, name: string, program: Program): Case {
  return nestingWords({ length: 2, programs: { [name]: program } }).find((c) => c.name === `${word} of ${name}`) as Case;
}

describe.each(mechanisms)("$name", ({ make, form, flat }) => {
  for (const [name, { subject, compose, form: wanted, reference, args }] of Object.entries(situations)) {
    if ((wanted !== undefined && wanted !== form) || (flat && subject.results === undefined)) continue;
    for (const word of words) {
      test(`${word} × ${name}`, async () => {
        await cell(word, name, { f: compose(make(subject)), reference, args }).run();
      });
    }
  }

  // The derivative by x at 0.8 of a function that captures y, of which the words differentiate: y·3x², linear in y.
  for (const word of words) {
    const name = "closing over a tracer of an outer transformation";
    test(`${word} × ${name}`, async () => {
      const f = (y: Tensor): Tensor => vjp((x: Tensor) => make(closing(y))(x), [array(0.8, { dtype: "float64" })])[1](1)[0];
      const slope = 3 * 0.8 * 0.8;
      await cell(word, name, { f, reference: (y: JetArray) => scalar(j.scale(slope, at(y))), args: (v) => [scalar(j.constant(1.5 + v))] }).run();
    });
  }

  // The rules would not see that y is differentiated, or a batch: refused by name, never a zero. jit makes it an operand. A primitive
  // captures nothing, only its rules do.
  for (const word of words) {
    const name = "closing over a tracer of the same transformation";
    test(`${word} × ${name}`, async () => {
      const f = ({ x, y }: { x: Tensor; y: Tensor }): Tensor => make(closing(y, flat ? one.body : (z) => mul(sin(z), y)))(x);
      const reference = ({ x, y }: { x: JetArray; y: JetArray }): JetTree => scalar(flat ? j.sin(at(x)) : j.mul(j.sin(at(x)), at(y)));
      const run = async (): Promise<void> => cell(word, name, { f, reference, args: (v) => [{ x: scalar(j.constant(0.7 + v)), y: scalar(j.constant(1.5 + v)) }] }).run();
      if (word === "jit" || (flat && word === "vmap")) return await run();
      await expect(run()).rejects.toThrow(EscapedTracerError);
      await expect(run()).rejects.toThrow(/explicit argument/);
    });
  }
});

test("there are nine ways of use and nine situations, and every mechanism is in every cell that it can be in", () => {
  expect(words).toHaveLength(9);
  expect(Object.keys(situations).length + 1).toBe(9); // closing over a tracer twice over
});
