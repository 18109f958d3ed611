// The kit for handlers: a handler that only watches, or that leaves values as they are, changes no result, wherever it stands:
// around and inside every transformation. And every handler leaves the stack as it was.

import { vmap } from "@gradus/batching";
import { ArgumentError, array, currentHandlers, type Handler, mul, type Tensor, withHandler } from "@gradus/core";
import { customJvp, customVjp, straightThrough } from "@gradus/custom-rules";
import { jvp } from "@gradus/jvp";
import { cos, dotGeneral, exp, greater, max, reduceMax, reduceSum, round, select, sin, square, take, tanh } from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";
import { jit, makeProgram } from "@gradus/tracing";
import { grad, linearize, vjp } from "@gradus/vjp";
import type { Case } from "./case.js";
import { exactly, expectTree, fail, thrownBy } from "./compare.js";

type Fn = (x: Tensor) => Tensor;
type Lifting = (f: Fn) => Fn;

export interface HandlerOptions {
  /** How a function runs under the handler: `withHandler(handler, () => f(x))` unless given. */
  readonly run?: (handler: Handler, f: Fn, x: Tensor) => Tensor;
  /** Whether it changes no value, derivative or aval: true unless given. If not, only its manners are checked. */
  readonly transparent?: boolean;
  /** How much it has seen: must grow when an operation is applied under it. */
  readonly seen?: (handler: Handler) => number;
  /** Run these functions of an array f64[3] as well. */
  readonly programs?: { readonly [name: string]: Fn };
}

/** Transformations of functions from f64[3] to a scalar, or to f64[3] (vmap), to put handlers around and inside of. */
const transformations: { readonly [name: string]: Lifting } = {
  evaluation: (f) => f,
  jvp: (f) => (x) => jvp(f, [x], [cos(x)])[1] as Tensor,
  grad: (f) => (x) => grad(f)(x) as Tensor,
  linearize: (f) => (x) => linearize(f, [x])[1](square(x)) as Tensor,
  "a pullback called later": (f) => (x) => vjp(f, [x])[1](2 as never)[0] as Tensor,
  vmap: (f) => (x) => vmap((row: Tensor) => f(row))(mul(x, array([[1], [0.5]], { dtype: "float64" }))),
  jit: (f) => jit(f),
  "grad of jit": (f) => (x) => grad(jit(f))(x) as Tensor,
  "jit of grad": (f) => jit(grad(f) as Fn),
  "vmap of grad": (f) => (x) => vmap(grad(f) as Fn)(mul(x, array([[1], [0.5]], { dtype: "float64" }))),
  "grad of vmap": (f) => (x) => grad((y: Tensor) => reduceSum(vmap((row: Tensor) => f(row))(mul(y, array([[1], [0.5]], { dtype: "float64" })))))(x) as Tensor,
  "grad of grad": (f) => (x) => grad((y: Tensor) => reduceSum(sin(grad(f)(y) as Tensor)))(x) as Tensor,
};

const bent = customJvp((x: Tensor): Tensor => sin(x), { name: "bent" }).defjvp(([x]: [Tensor], [dx]: [Tensor]) => [bent(x), mul(mul(3, x), dx)]);
const steep = customVjp((x: Tensor): Tensor => square(x), { name: "steep" }).defvjp((x: Tensor) => [steep(x), x], (x: Tensor, ct: Tensor) => [mul(mul(5, x), ct)]);
const rounded = straightThrough((x: Tensor): Tensor => round(x));

const compiledCall = "a compiled call";

/** Functions of f64[3] to a scalar, with what handlers are likely to get wrong. */
const subjects: { readonly [name: string]: Fn } = {
  arithmetic: (x) => reduceSum(mul(sin(x), exp(x))),
  structure: (x) => reduceMax(dotGeneral(x, tanh(take(x, array([2, 0, 1], { dtype: "int32" }))), { contract: [[], []] })),
  branches: (x) => reduceSum(select(greater(x, 0), square(x), max(x, -0.25))),
  "a stopped gradient": (x) => reduceSum(mul(x, stopGradient(sin(x)))),
  "custom rules": (x) => reduceSum(mul(bent(x), steep(x))),
  "straight through": (x) => reduceSum(mul(rounded(mul(3, x)), x)),
  [compiledCall]: (() => {
    const compiled = jit((x: Tensor) => mul(sin(x), bent(x)));
    return (x: Tensor) => reduceSum(compiled(x));
  })(),
};

const point = (): Tensor => array([0.8, -0.6, 0.3], { dtype: "float64" });

/** The cases for a handler. `make` gives a new one each time. */
export function testHandler(make: () => Handler, options: HandlerOptions = {}): Case[] {
  const { name } = make();
  const run = options.run ?? ((handler: Handler, f: Fn, x: Tensor) => withHandler(handler, () => f(x)));
  const under = (f: Fn, handler = make()): Fn => (x) => run(handler, f, x);
  const programs = Object.entries({ ...subjects, ...options.programs });
  const placements: [where: string, place: (lift: Lifting, f: Fn) => Fn][] = [
    ["around", (lift, f) => under(lift(f))],
    ["inside", (lift, f) => lift(under(f))],
    ["around and inside", (lift, f) => under(lift(under(f)))],
    ["twice the same, around and inside", (lift, f) => ((h) => under(lift(under(f, h)), h))(make())],
  ];
  const cases = programs.flatMap(([program, f]) =>
    Object.entries(transformations).flatMap(([transformation, lift]) =>
      placements.map(([where, place]): Case => ({ name: `${name} ${where} ${transformation} of ${program}`, run: () => expectTree(place(lift, f)(point()), lift(f)(point()), "the result", exactly) })),
    ),
  );
  return [...(options.transparent === false ? [] : cases), ...manners(name, make, under, options)];
}

/** What every handler owes: the stack as it was, no promises, and a program that is the same with it around. */
function manners(name: string, make: () => Handler, under: (f: Fn, handler?: Handler) => Fn, { transparent = true, seen }: HandlerOptions): Case[] {
  const thrower: Fn = () => {
    throw new ArgumentError("thrown on purpose");
  };
  const list: Case[] = [
    {
      name: `${name} is on the stack for the extent of the call and no longer`,
      run() {
        const before = currentHandlers();
        let during: readonly string[] = [];
        withHandler(make(), () => (during = currentHandlers()));
        if (during[0] !== name || during.length !== before.length + 1) fail(`The stack was [${during}], expected ${name} and [${before}].`);
        if (currentHandlers().join() !== before.join()) fail(`The stack is [${currentHandlers()}] afterwards, expected [${before}].`);
      },
    },
    {
      name: `${name} leaves the stack as it was when something throws`,
      run() {
        const before = currentHandlers().join();
        for (const lift of [...Object.values(transformations), (f: Fn) => f]) {
          if (thrownBy(() => lift(under(thrower))(point())) !== "ArgumentError") fail("Another error came out than was thrown.");
          if (currentHandlers().join() !== before) fail(`The stack is [${currentHandlers()}] after a throw, expected [${before}].`);
        }
      },
    },
    {
      name: `${name} refuses a function that goes on after it returned`,
      run() {
        const error = thrownBy(() => withHandler(make(), () => Promise.resolve(1)));
        if (error !== "ArgumentError") fail(`It threw ${error}, expected ArgumentError.`);
      },
    },
  ];
  if (seen !== undefined) {
    list.push({
      name: `${name} sees what is applied under it, around and inside of jit too`,
      run() {
        for (const lift of [transformations["evaluation"], transformations["jit"], transformations["grad"]] as Lifting[]) {
          for (const place of [(h: Handler) => under(lift(subjects["arithmetic"] as Fn), h), (h: Handler) => lift(under(subjects["arithmetic"] as Fn, h))]) {
            const handler = make();
            place(handler)(point());
            if (!(seen(handler) > 0)) fail("It has seen nothing.");
          }
        }
      },
    });
  }
  if (transparent) {
    list.push({
      name: `${name} leaves programs as they are`,
      run() {
        for (const [program, f] of Object.entries(subjects)) {
          if (program === compiledCall) continue; // seen from inside, it is opened
          const [got, wanted] = [makeProgram(under(f))(point()).toString(), makeProgram(f)(point()).toString()];
          if (got !== wanted) fail(`The program of ${program} under it is\n${got}\nexpected\n${wanted}`);
        }
      },
    });
  }
  return list;
}
