// Bad input: each mistake has one error class with a stable code, and a message that names the cause and the mend.
import { vmap } from "@gradus/batching";
import { add, array, bind, definePrimitive, type DType, full, mul, neg, reduceSum, type Tensor, tree, useBackend, withHandler } from "@gradus/core";
import { customJvp } from "@gradus/custom-rules";
import { jacfwd, jvp } from "@gradus/jvp";
import { argmax, floor, greater, nextafter, sin } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { evalShape, jit, makeProgram } from "@gradus/tracing";
import { grad, hessian, hvp, jacrev, linearize, linearTranspose, valueAndGrad, vjp } from "@gradus/vjp";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(() => useBackend(cpu()));

const f32 = (...data: number[]): Tensor => array(data);
const i32 = (...data: number[]): Tensor => array(data, { dtype: "int32" });
const scalar = (x: number, dtype: DType = "float32"): Tensor => array(x, { dtype });
type Any = (...args: any[]) => any;

type Mistake = [name: string, run: () => unknown, error: string, cause: RegExp, mend: RegExp];
const codes: Record<string, string> = {
  ArgumentError: "argument",
  BackendMismatchError: "backend-mismatch",
  ConcretizationError: "concretization",
  DTypeError: "dtype",
  EscapedTracerError: "escaped-tracer",
  MissingRuleError: "missing-rule",
  NonlinearError: "nonlinear",
  ShapeError: "shape",
  TracerCoercionError: "tracer-coercion",
  TreeMismatchError: "tree-mismatch",
};
const isTypeError = new Set(["ArgumentError", "ConcretizationError", "DTypeError", "EscapedTracerError", "MissingRuleError", "NonlinearError", "TracerCoercionError"]);

function check([, run, name, cause, mend]: Mistake): void {
  let error: unknown;
  try {
    run();
  } catch (e) {
    error = e;
  }
  const { message, code } = error as Error & { code: string };
  expect(error, "nothing was thrown").toBeInstanceOf(isTypeError.has(name) ? TypeError : Error);
  expect({ name: (error as Error).name, code, message }).toEqual({ name, code: codes[name], message });
  expect(message).toMatch(cause);
  expect(message).toMatch(mend);
  expect(message).toContain(`docs/errors.md#${code}`);
}
const mistakes = (title: string, list: Mistake[]): void => {
  describe(title, () => {
    test.each(list)("%s", (...row) => check(row));
  });
};

const identity: Any = (x) => x;

mistakes("an output that grad cannot start from", [
  ["an array", () => grad(identity)(f32(1, 2)), "ArgumentError", /f32\[2\]/, /sum|jacrev|vjp/i],
  ["an array of one element", () => grad(identity)(f32(1)), "ArgumentError", /f32\[1\]/, /sum|reshape|jacrev|vjp/i],
  ["a tuple", () => grad(((x: Tensor) => [x, x]) as Any)(scalar(1)), "ArgumentError", /scalar/, /hasAux|vjp|jacrev/],
  ["null", () => grad((() => null) as Any)(scalar(1)), "ArgumentError", /scalar/, /return|vjp|jacrev|hasAux/],
  ["an integer", () => grad((() => scalar(1, "int32")) as Any)(scalar(1)), "DTypeError", /i32\[\]/, /cast/],
  ["a boolean", () => valueAndGrad((x: Tensor) => greater(x, 0))(scalar(1)), "DTypeError", /bool\[\]/, /cast|float/],
  ["a string", () => grad((() => "x") as Any)(scalar(1)), "ArgumentError", /string "x"/, /tensor or a JS number/],
  ["undefined", () => grad((() => undefined) as Any)(scalar(1)), "ArgumentError", /undefined/, /return or an argument missing/],
  ["no pair with hasAux", () => grad(identity, { hasAux: true })(scalar(1)), "ArgumentError", /hasAux/, /\[out, aux\]/],
]);

mistakes("an integer where a float is differentiated", [
  ["grad", () => grad(((x: Tensor) => reduceSum(x)) as Any)(i32(1, 2)), "DTypeError", /i32\[2\]/, /cast|allowInt/],
  ["grad of a boolean", () => grad(identity)(true), "DTypeError", /bool/, /cast|allowInt/],
  ["jacfwd", () => jacfwd(identity)(i32(1)), "DTypeError", /i32\[1\]/, /cast|argnums/],
  ["jacrev", () => jacrev(identity)(i32(1)), "DTypeError", /i32\[1\]/, /cast|argnums|allowInt/],
  ["jacrev to an integer", () => jacrev(((x: Tensor) => [x, scalar(1, "int32")]) as Any)(scalar(1)), "DTypeError", /i32\[\]/, /hasAux|cast/],
  ["hessian", () => hessian(((x: Tensor) => reduceSum(x)) as Any)(i32(1)), "DTypeError", /i32\[1\]/, /cast|argnums|allowInt/],
  ["linearTranspose of floats with integers", () => linearTranspose((x: Tensor, n: Tensor) => [x, n], [f32(1), i32(1)]), "DTypeError", /f32\[1\], i32\[1\]/, /all are floats/],
]);

mistakes("tangents that do not fit", [
  ["another shape", () => jvp(sin as Any, [f32(1, 2)], [f32(1)]), "ShapeError", /f32\[1\].*f32\[2\]/, /shapes must be equal/],
  ["a JS number for an array", () => jvp(sin as Any, [f32(1, 2)], [1]), "ShapeError", /JS number.*f32\[2\]/, /fullLike/],
  ["another dtype", () => jvp(sin as Any, [scalar(1)], [scalar(1, "float64")]), "DTypeError", /f64\[\].*f32\[\]/, /cast/],
  ["a float for an integer", () => jvp(identity, [i32(1)], [f32(1)]), "DTypeError", /f32\[1\].*i32\[1\]/, /float0/],
  ["an integer for a float", () => jvp(identity, [f32(1)], [i32(1)]), "DTypeError", /i32\[1\].*f32\[1\]/, /cast/],
  ["one too few", () => jvp(add as Any, [scalar(1), scalar(2)], [scalar(1)]), "TreeMismatchError", /tangents.*\[\*\].*\[\*, \*\]/, /\* is a leaf/],
  ["no array", () => jvp(sin as Any, scalar(1) as never, scalar(1) as never), "ArgumentError", /primals and tangents as arrays/, /jvp\(f, \[x\], \[dx\]\)/],
  ["another shape for linearize", () => linearize(sin as Any, [f32(1, 2)])[1](f32(1)), "ShapeError", /f32\[1\].*f32\[2\]/, /shapes must be equal/],
  ["too many for linearize", () => linearize(sin as Any, [scalar(1)])[1](1, 2), "TreeMismatchError", /tangents/, /expected \[\*\]/],
  ["another structure for hvp", () => hvp(reduceSum as Any, [f32(1)], [[f32(1)]]), "TreeMismatchError", /tangents/, /expected/],
]);

mistakes("cotangents that do not fit", [
  ["another structure", () => vjp(sin as Any, [scalar(1)])[1]([1, 2] as never), "TreeMismatchError", /cotangent.*\[\*, \*\]/, /expected \*/],
  ["a bare one for a tuple", () => vjp(((x: Tensor) => [x, x]) as Any, [scalar(1)])[1](1 as never), "TreeMismatchError", /cotangent/, /expected \[\*, \*\]/],
  ["several for a tuple", () => (vjp(((x: Tensor) => [x, x]) as Any, [scalar(1)])[1] as Any)(1, 2), "ArgumentError", /given 2 arguments/, /one array of them/],
  ["another shape", () => vjp(sin as Any, [f32(1, 2)])[1](f32(1) as never), "ShapeError", /f32\[1\].*f32\[2\]/, /shapes must be equal/],
  ["another dtype", () => vjp(sin as Any, [scalar(1)])[1](scalar(1, "float64") as never), "DTypeError", /f64\[\]/, /cast/],
  ["another structure for linearTranspose", () => linearTranspose(((x: Tensor) => [x, x]) as Any, [scalar(1)])([1, 2, 3]), "TreeMismatchError", /cotangent/, /expected/],
  ["another shape for linearTranspose", () => linearTranspose(neg as Any, [f32(1, 2)])(f32(1)), "ShapeError", /f32\[1\]/, /shapes must be equal/],
]);

mistakes("trees that do not match", [
  ["tree.map", () => tree.map((a: number, b: number) => a + b, { a: 1 }, { b: 1 }), "TreeMismatchError", /\{b: \*\}/, /expected \{a: \*\}/],
  ["tree.unflatten", () => tree.unflatten(tree.structure([1, 2]), [1]), "TreeMismatchError", /holds 2 leaves/, /1 were given/],
  ["inAxes", () => vmap(identity, [[0, 0]])([f32(1), f32(1), f32(1)]), "ArgumentError", /inAxes/, /prefix of the structure/],
  ["a leaf that is a Date", () => grad(identity)(new Date(0)), "ArgumentError", /Date|object/, /tensor or a JS number/],
  ["a leaf that is a typed array", () => grad(identity)(new Float32Array(2)), "ArgumentError", /typed array/, /array\(data\)/],
]);

mistakes("vmap over sizes that do not match", [
  ["two arguments", () => vmap(add as Any)(f32(1, 2), f32(1, 2, 3)), "ShapeError", /argument 0 has 2 along axis 0, argument 1 has 3 along axis 0/, /inAxes to null/],
  ["axisSize", () => vmap(identity, 0, { axisSize: 5 })(f32(1, 2)), "ShapeError", /axisSize: 5.*argument 0 has 2/, /one size/],
  ["nothing mapped", () => vmap(identity, null)(f32(1)), "ShapeError", /no argument is mapped/, /axisSize/],
  ["an axis that is not there", () => vmap(identity, 1)(f32(1)), "ShapeError", /argument 0 f32\[1\].*axis 1/, /1 dimension/],
  ["a number", () => vmap(identity)(1), "ShapeError", /argument 0 ~f32\[\]/, /0 dimension/],
  ["too few inAxes", () => vmap(add as Any, [0])(f32(1), f32(1)), "ArgumentError", /1 entries for 2 argument/, /one for each/],
  ["outAxes null for what differs", () => vmap(identity, 0, { outAxes: null })(f32(1)), "ShapeError", /differs between examples/, /Give it an axis/],
]);

const bare = definePrimitive("@test/bare", { decompose: undefined as never, abstractEval: ([x]) => x! });
const unbatched = definePrimitive("@test/unbatched", { abstractEval: ([x]) => x!, rules: { jvp: ([x], [dx]) => [x!, dx!] } });
const unknown = definePrimitive("@test/unknown", {});

mistakes("a rule that is missing", [
  ["jvp", () => jvp((x: Tensor) => nextafter(x, 1), [scalar(1)], [1]), "MissingRuleError", /nextafter.*forward mode.*f32\[\]/, /stopGradient.*straightThrough.*partials: \[…\]/],
  ["grad", () => grad((x: Tensor) => nextafter(x, 1))(scalar(1)), "MissingRuleError", /nextafter.*differentiation \(grad/, /stopGradient/],
  ["grad inside jit", () => grad(jit((x: Tensor) => nextafter(x, 1)))(scalar(1)), "MissingRuleError", /nextafter/, /stopGradient/],
  ["vmap", () => vmap((x: Tensor) => bind(unbatched, [x]))(f32(1)), "MissingRuleError", /@test\/unbatched.*batching/, /rules: \{ batch \}/],
  ["abstractEval under jit", () => jit((x: Tensor) => bind(unknown, [x]))(scalar(1)), "MissingRuleError", /@test\/unknown has no abstractEval/, /definePrimitive\("@test\/unknown"/],
  ["a kernel", () => bind(bare, [scalar(1)]), "MissingRuleError", /@test\/bare.*kernel/, /decompose|defineLowering/],
  ["the rule of a customJvp", () => customJvp((x: Tensor) => x, { name: "half" })(scalar(1)), "MissingRuleError", /half/, /defjvp/],
]);

const leaks: [name: string, leak: (keep: (x: Tensor) => Tensor) => void][] = [
  ["grad", (keep) => grad(((x: Tensor) => keep(x)) as Any)(scalar(1))],
  ["jvp", (keep) => jvp(keep as Any, [scalar(1)], [1])],
  ["vjp", (keep) => vjp(keep as Any, [scalar(1)])],
  ["linearize", (keep) => linearize(keep as Any, [scalar(1)])],
  ["vmap", (keep) => vmap(keep as Any)(f32(1))],
  ["jit", (keep) => jit(keep as Any)(scalar(1))],
  ["makeProgram", (keep) => makeProgram(keep as Any)(scalar(1))],
  ["jacfwd", (keep) => jacfwd(keep as Any)(scalar(1))],
];
describe("a leaked tracer", () => {
  test.each(leaks)("of %s", (_name, leak) => {
    let kept: Tensor | undefined;
    leak((x) => (kept = x));
    for (const use of [() => add(kept!, 1), () => grad((y: Tensor) => mul(kept!, y))(scalar(1)), () => jit((y: Tensor) => mul(kept!, y))(scalar(1)), () => vmap((y: Tensor) => mul(kept!, y))(f32(1)), () => makeProgram(sin as Any)(kept)]) {
      if (use.toString().includes("makeProgram")) expect(use).not.toThrow(); // only its aval is read
      else check(["", use, "EscapedTracerError", /belongs to \w+, which has ended/, /Return it from the function/]);
    }
    expect(() => kept!.item()).toThrow(expect.objectContaining({ code: "concretization" }));
  });
});

const withTracer: [where: string, run: (f: (x: Tensor) => void) => void][] = [
  ["outside", (f) => f(f32(1, 2))],
  ["outside, 0-d", (f) => f(scalar(1))],
  ["grad", (f) => void grad(((x: Tensor) => (f(x), reduceSum(x))) as Any)(f32(1, 2))],
  ["jvp", (f) => void jvp((x: Tensor) => (f(x), x), [scalar(1)], [1])],
  ["vmap", (f) => void vmap((x: Tensor) => (f(x), x))(f32(1, 2))],
  ["jit", (f) => void jit((x: Tensor) => (f(x), x))(scalar(1))],
];
const coercions: [text: string, coerce: (x: any) => unknown][] = [
  ["x * 2", (x) => x * 2],
  ["x + 1", (x) => x + 1],
  ["x - x", (x) => x - x],
  ["-x", (x) => -x],
  ["+x", (x) => +x],
  ["x > 0", (x) => x > 0],
  ["x == 1", (x) => x == 1],
  ["Math.sin(x)", (x) => Math.sin(x)],
  ["Math.max(x, 0)", (x) => Math.max(x, 0)],
  ["Number(x)", (x) => Number(x)],
  ["isNaN(x)", (x) => isNaN(x)],
  ["x + ''", (x) => x + ""],
];
describe("a coerced tensor", () => {
  test.each(withTracer)("%s: operators and Math throw, and say which function to use", (_where, run) => {
    for (const [text, coerce] of coercions) check([text, () => run((x) => void coerce(x)), "TracerCoercionError", /JavaScript tried to convert/, /mul\(x, 2\).*greater\(x, 0\).*sin\(x\).*x\.item\(\)/]);
    for (const spread of [(x: any) => [...x], (x: any) => Math.max(...x), (x: any) => Array.from(x), (x: any) => { for (const y of x) return y; }]) {
      check(["spread", () => run((x) => void spread(x)), "TracerCoercionError", /cannot be spread or iterated/, /take\(x, i\).*vmap.*js\(\)/]);
    }
  });

  test.each(withTracer)("%s: a template string prints", (where, run) => {
    run((x) => {
      expect(`${x}`).toMatch(where.startsWith("outside") ? /^Tensor<f32\[/ : /^Tracer<f32\[.*\], \w+>/);
      expect(String(x)).toBe(x.toString());
    });
  });

  test.each(withTracer.slice(2))("%s: its value cannot be read, and the message says what to do there", (where, run) => {
    for (const read of [(x: Tensor) => x.item(), (x: Tensor) => x.js(), (x: Tensor) => x.dataSync(), (x: Tensor) => JSON.stringify(x)]) {
      if (where === "grad" && read.toString().includes("item")) continue; // an array there: another mistake
      const mend = where === "grad" || where === "jvp" ? /stopGradient\(x\)\.item\(\)/ : where === "vmap" ? /select\(pred, a, b\)/ : /select\(pred, a, b\).*staticArgnums/;
      check(["read", () => run((x) => void read(x)), "ConcretizationError", /value is not available under/, mend]);
    }
  });

  test("a gradient cannot be lost where there is none: stopped and integer values are read", () => {
    grad((x: Tensor) => {
      expect(greater(x, 0).item<boolean>()).toBe(true);
      expect(floor(x).item()).toBe(2);
      return x;
    })(scalar(2.5));
  });
});

const transformed: [name: string, apply: (f: Any) => unknown][] = [
  ["grad", (f) => grad(f)(scalar(1))],
  ["valueAndGrad", (f) => valueAndGrad(f)(scalar(1))],
  ["grad with hasAux", (f) => grad(f, { hasAux: true })(scalar(1))],
  ["vjp", (f) => vjp(f, [scalar(1)])],
  ["linearize", (f) => linearize(f, [scalar(1)])],
  ["linearTranspose", (f) => linearTranspose(f, [scalar(1)])],
  ["jvp", (f) => jvp(f, [scalar(1)], [1])],
  ["jvp with hasAux", (f) => jvp(f, [scalar(1)], [1], { hasAux: true })],
  ["jacfwd", (f) => jacfwd(f)(scalar(1))],
  ["jacrev", (f) => jacrev(f)(scalar(1))],
  ["hessian", (f) => hessian(f)(scalar(1))],
  ["hvp", (f) => hvp(f, [scalar(1)], [scalar(1)])],
  ["vmap", (f) => vmap(f)(f32(1))],
  ["jit", (f) => jit(f)(scalar(1))],
  ["makeProgram", (f) => makeProgram(f)(scalar(1))],
  ["evalShape", (f) => evalShape(f, scalar(1))],
  ["withHandler", (f) => withHandler({ name: "test", perform: (_p, args) => args }, () => f(scalar(1)))],
];
describe("a function that goes on after it returned", () => {
  test.each(transformed)("async under %s", async (_name, apply) => {
    // What it does after its first await fails on its own; nobody is told twice.
    check(["", () => apply(async (x: Tensor) => (await Promise.resolve(), mul(x, 2))), "ArgumentError", /returned a promise/, /Await the data before/]);
    await new Promise((resolve) => setTimeout(resolve, 0));
  });
  test.each(transformed)("a generator under %s", (_name, apply) => {
    check(["", () => apply(function* (x: Tensor) { yield x; }), "ArgumentError", /generator or iterator/, /pass it as an argument/]);
    check(["", () => apply((x: Tensor) => [x].values()), "ArgumentError", /generator or iterator/, /extent ends when the function returns/]);
  });
  test.each(transformed.slice(0, -1))("no function at all under %s", (_name, apply) => {
    check(["", () => apply(undefined as never), "ArgumentError", /needs a function/, /got undefined/]);
  });
});

mistakes("arguments that are missing or of the wrong kind", [
  ["argnums beyond the arguments", () => grad(add as Any, { argnums: 2 })(scalar(1), scalar(2)), "ArgumentError", /argnums 2/, /2 argument\(s\)/],
  ["an argument not given", () => (grad(sin) as Any)(), "ArgumentError", /argnums 0.*not given/, /0 argument\(s\)/],
  ["primals that are no array", () => vjp(sin as Any, scalar(1) as never), "ArgumentError", /array/, /vjp\(f, \[x\]\)/],
  ["a JS array for a tensor", () => sin([1, 2] as never), "ArgumentError", /JS array/, /array\(…\)/],
  ["a string", () => add("1" as never, 2), "ArgumentError", /string "1"/, /tensor or a JS number/],
  ["item() of an array", () => f32(1, 2).item(), "ArgumentError", /f32\[2\]/, /js\(\) or data\(\)/],
]);

mistakes("functions that are not linear", [
  ["linearTranspose of sin", () => linearTranspose(sin as Any, [scalar(1)])(1), "NonlinearError", /sin is not linear/, /linear functions only/],
  ["linearTranspose of an affine function", () => linearTranspose((x: Tensor) => add(x, 1), [scalar(1)])(1), "NonlinearError", /adds a constant/, /must be 0/],
  ["linearTranspose of a constant", () => linearTranspose((_x: Tensor) => scalar(1), [scalar(1)])(1), "NonlinearError", /does not depend on its inputs/, /constant/],
  ["a rule that squares its tangent", () => grad(customJvp((x: Tensor) => x, { name: "bent" }).defjvp(([x]: [Tensor], [t]: [Tensor]) => [x, mul(t, t)]) as Any)(scalar(1)), "NonlinearError", /bent/, /not linear/],
]);

describe("two backends", () => {
  test("do not mix in one operation", () => {
    const [a, b] = [cpu(), cpu()];
    const put = (backend: ReturnType<typeof cpu>): Tensor => backend.put(new Float32Array([1, 2]), f32(1, 2).aval);
    check(["", () => add(put(a), put(b)), "BackendMismatchError", /one operand is on the backend cpu, another on a second instance of it/, /Move one first/]);
    check(["", () => grad((x: Tensor) => reduceSum(mul(x, put(b))))(put(a)), "BackendMismatchError", /backend/, /Move one first/]);
  });
});

describe("nothing, infinity and NaN are values, not mistakes", () => {
  test("arrays without elements go through every transformation", () => {
    const empty = full([0, 2], 1);
    const f = (x: Tensor): Tensor => reduceSum(mul(sin(x), x));
    expect(grad(f)(empty).shape).toEqual([0, 2]);
    expect(jvp(f, [empty], [empty]).map((t) => t.item())).toEqual([0, 0]);
    expect(jit(f)(empty).item()).toBe(0);
    expect(vmap(sin as Any)(empty).shape).toEqual([0, 2]);
    expect(vmap(f, 1)(empty).js()).toEqual([0, 0]);
    expect((jacrev(((x: Tensor) => sin(x)) as Any)(empty) as Tensor).shape).toEqual([0, 2, 0, 2]);
    expect((jacfwd(((x: Tensor) => sin(x)) as Any)(empty) as Tensor).shape).toEqual([0, 2, 0, 2]);
  });

  test("the index of the greatest of nothing is a mistake", () => {
    check(["", () => argmax(full([0], 1), 0), "ShapeError", /axis 0 of f32\[0\] is empty/, /no index/]);
  });

  test("NaN and infinity pass through derivatives as arithmetic says, and stop at what is stopped", () => {
    expect(grad((x: Tensor) => mul(x, NaN))(scalar(1)).item()).toBeNaN();
    expect(grad((x: Tensor) => mul(x, Infinity))(scalar(0)).item()).toBe(Infinity);
    expect(grad((x: Tensor) => sin(x))(Infinity).item()).toBeNaN();
    expect(grad((x: Tensor) => mul(floor(mul(x, NaN)), 1))(scalar(1)).item()).toBe(0);
  });
});
