// Bad input for every exported function: wrong rank, shape, dtype, axes out of range, nothing at all, and arrays without elements or
// without numbers. The list of exports drives it: a function without an entry fails the test.
import { describe, expect, test } from "vitest";
import * as gradus from "../src/index.js";
import {
  add, array, type DType, grad, greater, type GradusError, isTensor, jit, mul, ops, reduceSum, reshape, sin, surrogates, type Tensor, zeros,
} from "../src/index.js";

const v = array([1, 2, 3]);
const m = array([[1, 2, 3], [4, 5, 6]]);
const square = array([[2, 1], [1, 3]]);
const whole = array([1, 0], { dtype: "int32" });
const truth = array([true, false]);
const key = array([0, 1], { dtype: "uint32" });
const none = zeros([0]);
const flat0 = zeros([2], "float0" as DType);
const scalar = array(1.5);
const wrong = (x: unknown): any => x;

type Run = () => unknown;
/** What throws which error, and what arrays without elements give. */
interface Entry {
  readonly shape?: readonly Run[];
  readonly dtype?: readonly Run[];
  readonly argument?: readonly Run[];
  readonly tree?: readonly Run[];
  readonly empty?: readonly (readonly [Run, unknown])[];
}
const classes = { shape: gradus.ShapeError, dtype: gradus.DTypeError, argument: gradus.ArgumentError, tree: gradus.TreeMismatchError } as const;

function expectThrows(run: Run, kind: keyof typeof classes): void {
  let error: unknown;
  try {
    run();
  } catch (e) {
    error = e;
  }
  expect(error, `${run.toString()} threw ${String(error)}`).toBeInstanceOf(classes[kind]);
  // What, and where to read on.
  expect((error as GradusError).message.length).toBeGreaterThan(20);
  expect((error as GradusError).message).toContain(`docs/errors.md#${(error as GradusError).code}`);
}

function check(entry: Entry): void {
  let checked = 0;
  for (const kind of Object.keys(classes) as (keyof typeof classes)[]) {
    for (const run of entry[kind] ?? []) {
      checked++;
      expectThrows(run, kind);
    }
  }
  for (const [run, wanted] of entry.empty ?? []) {
    checked++;
    const out = run();
    expect(isTensor(out) ? out.js() : (out as Tensor[]).map((t) => t.js()), run.toString()).toEqual(wanted);
  }
  expect(checked).toBeGreaterThan(0);
}

/** What an axis must not be, for arrays of two axes. */
const badAxes = (f: (x: Tensor, axis: any) => unknown): Run[] => [2, -3, 0.5, NaN, "x", {}].map((axis) => () => f(m, axis));
const axisOf = (f: (x: Tensor, axis: any) => unknown, more: Entry = {}): Entry => ({ argument: [() => f(wrong("x"), 0)], ...more, shape: [...badAxes(f), ...(more.shape ?? [])] });
const axesOf = (f: (x: Tensor, axes: any) => unknown, more: Entry = {}): Entry => axisOf(f, { ...more, shape: [() => f(m, [0, 0]), () => f(m, [0, 2]), ...(more.shape ?? [])] });
const shapeOf = (f: (shape: any) => unknown, more: Entry = {}): Entry => ({ ...more, shape: [[-1], [1.5], [NaN], undefined, null, "x", {}].map((s) => () => f(s)) });
const scattered = (f: (x: Tensor, i: Tensor, u: Tensor) => Tensor): Entry => ({
  shape: [() => f(v, array([[0]], { dtype: "int32" }), m), () => f(v, array([[0, 0]], { dtype: "int32" }), scalar)],
  dtype: [() => f(v, array([[0]]), array([1]))],
  argument: [() => f(wrong(undefined), whole, v)],
});
const matrices = (f: (x: Tensor) => unknown, isSquare = true): Entry => ({ shape: [() => f(v), () => f(scalar), ...(isSquare ? [() => f(m)] : [])], dtype: [() => f(array([[1, 0], [0, 1]], { dtype: "int32" }))], argument: [() => f(wrong("x"))] });
const indices = (f: (i: Tensor) => unknown): Entry => ({ dtype: [() => f(array([0.5])), () => f(truth)], argument: [() => f(wrong("x"))] });

const structured: { readonly [name: string]: Entry } = {
  reverse: axesOf(ops.reverse, { empty: [[() => ops.reverse(none), []]] }),
  concatenate: { shape: [...badAxes((x, axis) => ops.concatenate([x, x], axis)), () => ops.concatenate([m, v]), () => ops.concatenate([scalar])], dtype: [() => ops.concatenate([whole, key])], argument: [() => ops.concatenate([]), () => ops.concatenate(wrong(v)), () => ops.concatenate([wrong("x")])], empty: [[() => ops.concatenate([none, none]), []]] },
  stack: { shape: [() => ops.stack([v, none]), () => ops.stack([v], 2), () => ops.stack([v], 0.5)], argument: [() => ops.stack([]), () => ops.stack(wrong(v))], empty: [[() => ops.stack([none, none]), [[], []]]] },
  split: axisOf((x, axis) => ops.split(x, 1, axis), { shape: [() => ops.split(v, 2), () => ops.split(v, 0), () => ops.split(v, [5]), () => ops.split(v, [2, 1]), () => ops.split(v, wrong(undefined)), () => ops.split(v, wrong("x"))] }),
  unstack: axisOf(ops.unstack),
  squeeze: axesOf(ops.squeeze, { shape: [() => ops.squeeze(m, 0)] }),
  expandDims: { shape: [() => ops.expandDims(v, 2), () => ops.expandDims(v, -3), () => ops.expandDims(v, 0.5)], argument: [() => ops.expandDims(wrong(undefined), 0)], empty: [[() => ops.expandDims(none, 0), [[]]]] },
  iota: shapeOf(ops.iota, { dtype: [() => ops.iota(3, "bool"), () => ops.iota(3, wrong("float16"))], empty: [[() => ops.iota(0), []]] }),
  bitcast: { dtype: [() => ops.bitcast(truth, "int32"), () => ops.bitcast(v, "bool")], shape: [() => ops.bitcast(array([1, 2, 3], { dtype: "uint32" }), "float64")], argument: [() => ops.bitcast(wrong("x"), "int32")] },
  threefry2x32: { shape: [() => ops.threefry2x32(array([1], { dtype: "uint32" }), key, key)], dtype: [() => ops.threefry2x32(whole, key, key)], argument: [() => ops.threefry2x32(key, wrong(undefined), key)] },
  randomBits: shapeOf((shape) => ops.randomBits(key, shape), { dtype: [() => ops.randomBits(array([1, 2]), [2])], argument: [() => ops.randomBits(wrong("x"), [2])], empty: [[() => ops.randomBits(key, [0]), []]] }),
  cholesky: matrices(ops.cholesky),
  cofactor: matrices(wrong(ops)["cofactor"] as never),
  det: matrices(ops.det),
  slogdet: matrices(ops.slogdet),
  lu: matrices(ops.lu, false),
  qr: matrices(ops.qr, false),
  pinv: matrices(ops.pinv, false),
  svd: matrices(ops.svd, false),
  eigh: matrices(ops.eigh),
  solve: { shape: [() => ops.solve(m, v), () => ops.solve(square, v), () => ops.solve(v, v)], dtype: [() => ops.solve(array([[1]], { dtype: "int32" }), array([1], { dtype: "int32" }))], argument: [() => ops.solve(wrong("x"), v)] },
  triangularSolve: { shape: [() => ops.triangularSolve(m, m), () => ops.triangularSolve(square, zeros([3, 1]), { leftSide: true })], dtype: [() => ops.triangularSolve(array([[1]], { dtype: "int32" }), array([[1]], { dtype: "int32" }))], argument: [() => ops.triangularSolve(wrong("x"), square)] },
  fft: { argument: [() => ops.fft(v, { kind: wrong("dft") }), () => ops.fft(wrong("x")), () => ops.fft(wrong([v]))], dtype: [() => ops.fft(whole)], shape: [() => ops.fft(v, wrong({ lengths: [4] }))] },
  dotGeneral: { shape: [() => ops.dotGeneral(v, m, { contract: [[0], [0]] }), () => ops.dotGeneral(v, v, { contract: [[1], [0]] }), () => ops.dotGeneral(v, v, { contract: [[0], [0]], batch: [[0], [0]] })], dtype: [() => ops.dotGeneral(truth, truth, { contract: [[0], [0]] })], argument: [() => ops.dotGeneral(v, v, wrong(undefined)), () => ops.dotGeneral(v, v, wrong({})), () => ops.dotGeneral(wrong("x"), v, { contract: [[0], [0]] })], empty: [[() => ops.dotGeneral(none, none, { contract: [[0], [0]] }), 0]] },
  convGeneral: { shape: [() => ops.convGeneral(v, v), () => ops.convGeneral(zeros([1, 2, 5]), zeros([1, 3, 2]))], dtype: [() => ops.convGeneral(zeros([1, 1, 3], "bool"), zeros([1, 1, 2], "bool"))], argument: [() => ops.convGeneral(wrong("x"), v)] },
  conv: { shape: [() => ops.conv(v, v), () => ops.conv(zeros([1, 2, 5]), zeros([1, 3, 2]))], dtype: [() => ops.conv(zeros([1, 1, 3], "bool"), zeros([1, 1, 2], "bool"))], argument: [() => ops.conv(wrong("x"), v)] },
  convTranspose: { shape: [() => ops.convTranspose(v, v)], argument: [() => ops.convTranspose(wrong("x"), v)] },
  reduceWindow: { shape: [() => ops.reduceWindow(m, "sum", [2]), () => ops.reduceWindow(m, "sum", [0, 1])], argument: [() => ops.reduceWindow(m, wrong("mean"), [1, 1]), () => ops.reduceWindow(wrong("x"), "sum", [1])] },
  cumsum: axisOf(ops.cumsum, { dtype: [() => ops.cumsum(truth, 0)], empty: [[() => ops.cumsum(none, 0), []]] }),
  cumprod: axisOf(ops.cumprod, { dtype: [() => ops.cumprod(truth, 0)], empty: [[() => ops.cumprod(none, 0), []]] }),
  cummax: axisOf(ops.cummax, { empty: [[() => ops.cummax(none, 0), []]] }),
  cummin: axisOf(ops.cummin, { empty: [[() => ops.cummin(none, 0), []]] }),
  cumlogsumexp: axisOf(ops.cumlogsumexp, { empty: [[() => ops.cumlogsumexp(none, 0), []]] }),
  dynamicSlice: { shape: [() => ops.dynamicSlice(v, [0], [4]), () => ops.dynamicSlice(v, [0, 0], [1]), () => ops.dynamicSlice(v, [0], [-1]), () => ops.dynamicSlice(v, [0], wrong(undefined)), () => ops.dynamicSlice(v, [0], wrong("x"))], dtype: [() => ops.dynamicSlice(v, [0.5], [1]), () => ops.dynamicSlice(v, array([0.5]), [1])], argument: [() => ops.dynamicSlice(wrong("x"), [0], [1])], empty: [[() => ops.dynamicSlice(v, [5], [0]), []]] },
  dynamicUpdateSlice: { shape: [() => ops.dynamicUpdateSlice(v, array([1, 2, 3, 4]), [0]), () => ops.dynamicUpdateSlice(v, m, [0])], dtype: [() => ops.dynamicUpdateSlice(v, v, [0.5])], argument: [() => ops.dynamicUpdateSlice(v, wrong("x"), [0])], empty: [[() => ops.dynamicUpdateSlice(v, none, [1]), [1, 2, 3]]] },
  gather: { ...indices((i) => ops.gather(v, i)), shape: [() => ops.gather(v, array([[0, 0]], { dtype: "int32" }))] },
  take: { ...indices((i) => ops.take(v, i, 0)), shape: badAxes((x, axis) => ops.take(x, whole, axis)), empty: [[() => ops.take(v, zeros([0], "int32"), 0), []]] },
  scatter: scattered(ops.scatter),
  scatterAdd: scattered(ops.scatterAdd),
  scatterSub: scattered(ops.scatterSub),
  scatterMul: scattered(ops.scatterMul),
  scatterMax: scattered(ops.scatterMax),
  scatterMin: scattered(ops.scatterMin),
  oneHot: { ...indices((i) => ops.oneHot(i, 2)), shape: [() => ops.oneHot(whole, -1), () => ops.oneHot(whole, 1.5), () => ops.oneHot(whole, wrong(undefined))], empty: [[() => ops.oneHot(zeros([0], "int32"), 2), []]] },
  pow: { shape: [() => ops.pow(v, array([1, 2]))], dtype: [() => ops.pow(truth, 2), () => ops.pow(v, flat0)], argument: [() => ops.pow(wrong("x"), 2), () => ops.pow(v, wrong(undefined))], empty: [[() => ops.pow(none, 2), []]] },
  reduceSum: axesOf(ops.reduceSum, { dtype: [() => reduceSum(truth)], empty: [[() => reduceSum(none), 0]] }),
  reduceProd: axesOf(ops.reduceProd, { dtype: [() => ops.reduceProd(truth)], empty: [[() => ops.reduceProd(none), 1]] }),
  reduceMax: axesOf(ops.reduceMax, { empty: [[() => ops.reduceMax(none), -Infinity]] }),
  reduceMin: axesOf(ops.reduceMin, { empty: [[() => ops.reduceMin(none), Infinity]] }),
  reduceAnd: axesOf(ops.reduceAnd, { dtype: [() => ops.reduceAnd(v)], empty: [[() => ops.reduceAnd(zeros([0], "bool")), true]] }),
  reduceOr: axesOf(ops.reduceOr, { dtype: [() => ops.reduceOr(v)], empty: [[() => ops.reduceOr(zeros([0], "bool")), false]] }),
  reduceXor: axesOf(ops.reduceXor, { dtype: [() => ops.reduceXor(v)], empty: [[() => ops.reduceXor(zeros([0], "bool")), false]] }),
  argmax: axisOf(ops.argmax, { shape: [() => ops.argmax(none, 0)] }),
  argmin: axisOf(ops.argmin, { shape: [() => ops.argmin(none, 0)] }),
  slice: { shape: [() => ops.slice(v, [0], [4]), () => ops.slice(v, [2], [1]), () => ops.slice(v, [-1], [1]), () => ops.slice(v, [0], [1], [0]), () => ops.slice(v, [0, 0], [1, 1]), () => ops.slice(v, [0.5], [1]), () => ops.slice(v, wrong(undefined), [1]), () => ops.slice(v, [0], wrong("x"))], argument: [() => ops.slice(wrong("x"), [0], [1])], empty: [[() => ops.slice(v, [1], [1]), []]] },
  pad: { shape: [() => ops.pad(v, 0, []), () => ops.pad(v, 0, [[-2, -2]]), () => ops.pad(v, 0, [[1, 1, -1]]), () => ops.pad(v, v, [[1, 1]]), () => ops.pad(v, 0, wrong(1)), () => ops.pad(v, 0, wrong([1]))], argument: [() => ops.pad(wrong("x"), 0, [[0, 0]])], empty: [[() => ops.pad(none, 7, [[1, 0]]), [7]]] },
  sort: axisOf((x, axis) => ops.sort(x, axis), { shape: [() => ops.sort([v, m]), () => ops.sort(scalar)], argument: [() => ops.sort([v], -1, 2), () => ops.sort([])], empty: [[() => ops.sort(none), []]] }),
  argsort: axisOf((x, axis) => ops.argsort(x, axis), { empty: [[() => ops.argsort(none), []]] }),
  topK: { shape: [() => ops.topK(v, 4), () => ops.topK(scalar, 1), () => ops.topK(v, -1), () => ops.topK(v, 0.5)], argument: [() => ops.topK(wrong("x"), 1)], empty: [[() => ops.topK(v, 0), [[], []]]] },
  broadcastTo: shapeOf((shape) => ops.broadcastTo(v, shape), { argument: [() => ops.broadcastTo(wrong("x"), [1])], empty: [[() => ops.broadcastTo(none, [2, 0]), [[], []]]] }),
  cast: { dtype: [() => ops.cast(v, wrong("float16")), () => ops.cast(v, wrong(undefined)), () => ops.cast(flat0, "float32")], argument: [() => ops.cast(wrong("x"), "float32")], empty: [[() => ops.cast(none, "int32"), []]] },
  astype: { dtype: [() => ops.astype(v, wrong("float16"))], argument: [() => ops.astype(wrong(null), "float32")] },
  full: shapeOf((shape) => ops.full(shape, 1), { dtype: [() => ops.full([2], 1, wrong("float16"))], empty: [[() => ops.full([0], 1), []]] }),
  zeros: shapeOf(ops.zeros, { dtype: [() => zeros([2], wrong("float16"))] }),
  ones: shapeOf(ops.ones, { dtype: [() => ops.ones([2], wrong("float16"))] }),
  fullLike: { argument: [() => ops.fullLike(wrong("x"), 1)], dtype: [() => ops.fullLike(v, 1, wrong("float16"))] },
  zerosLike: { argument: [() => ops.zerosLike(wrong("x"))] },
  onesLike: { argument: [() => ops.onesLike(wrong("x"))] },
  reshape: { shape: [[2], [-1, -1], [-1, 2], [1.5], undefined, null, "x"].map((s) => () => reshape(v, wrong(s))), argument: [() => reshape(wrong("x"), [1])], empty: [[() => reshape(none, [0, 2]), []]] },
  transpose: { shape: [[0, 0], [0], [0, 2], [0, 1, 2], "x"].map((p) => () => ops.transpose(m, wrong(p))), argument: [() => ops.transpose(wrong("x"))], empty: [[() => ops.transpose(zeros([2, 0])), []]] },
  polygamma: { argument: [() => ops.polygamma(-1, v), () => ops.polygamma(0.5, v), () => ops.polygamma(1, wrong("x"))], dtype: [() => ops.polygamma(1, flat0)] },
  integerPow: { argument: [() => ops.integerPow(v, 0.5), () => ops.integerPow(wrong("x"), 2)], dtype: [() => ops.integerPow(truth, 2), () => ops.integerPow(whole, -1)], empty: [[() => ops.integerPow(none, 2), []]] },
};

const surrogateEntries: { readonly [name: string]: Entry } = {
  ...Object.fromEntries((["ceil", "floor", "round", "sign", "step", "abs", "relu"] as const).map((name) => [name, { argument: [() => surrogates[name](wrong("x")), () => surrogates[name](v, { sharpness: -1 }), () => surrogates[name](v, { sharpness: NaN })] }])),
  max: { argument: [() => surrogates.max(wrong("x"), v)], shape: [() => surrogates.max(v, array([1, 2]))] },
  logaddexp: { argument: [() => surrogates.logaddexp(wrong("x"), v)], shape: [() => surrogates.logaddexp(v, array([1, 2]))] },
  argmax: { argument: [() => surrogates.argmax(wrong("x"))], shape: [() => surrogates.argmax(v, 1)] },
  argmaxWeights: { argument: [() => surrogates.argmaxWeights(wrong("x"))], shape: [() => surrogates.argmaxWeights(scalar)] },
  sort: { argument: [() => surrogates.sort(wrong("x"))], shape: [() => surrogates.sort(scalar)] },
  topk: { argument: [() => surrogates.topk(wrong("x"), 1)], shape: [() => surrogates.topk(v, 4)] },
  fakeQuantize: { argument: [() => surrogates.fakeQuantize(v, wrong(undefined)), () => surrogates.fakeQuantize(v, { bits: 0, min: -1, max: 1 }), () => surrogates.fakeQuantize(v, { min: 1, max: -1 })], dtype: [() => surrogates.fakeQuantize(whole, { min: -1, max: 1 })] },
  gumbelSoftmax: { argument: [() => surrogates.gumbelSoftmax(wrong("x"), v)] },
  clipGradient: { argument: [() => surrogates.clipGradient(v, { min: 1, max: -1 }), () => surrogates.clipGradient(wrong("x"))] },
  reverseGradient: { argument: [() => surrogates.reverseGradient(wrong("x"))] },
  scaleGradient: { argument: [() => surrogates.scaleGradient(wrong("x"), 2)] },
};

const isFunction = (name: string, from: object): boolean => typeof (from as Record<string, unknown>)[name] === "function" && !/^[A-Z]/.test(name);
const elementwise = Object.keys(ops).filter((name) => isFunction(name, ops) && !(name in structured) && (ops as any)[`${name}P`]?.traits.elementwise !== undefined);
/** Elementwise functions whose primitive has another name, or a kernel of its own. */
const named: readonly string[] = ["square", "trigamma", "where", "logaddexp", "igamma", "igammac", "betainc", "zeta"];
/** What authors of primitives take tensors and attributes to, which types check. */
const forAuthors: readonly string[] = ["sliceAlong", "broadcastInDim", "moveAxis"];

test("every function of the catalogue has an entry", () => {
  const all = Object.keys(ops).filter((name) => isFunction(name, ops));
  const known = new Set([...elementwise, ...named, ...forAuthors, ...Object.keys(structured)]);
  expect(all.filter((name) => !known.has(name)), "add an entry to this file").toEqual([]);
  expect(Object.keys(structured).filter((name) => !all.includes(name)), "there is no such function").toEqual([]);
});

describe("functions with attributes", () => {
  test.each(Object.entries(structured))("%s", (_name, entry) => check(entry));
});

describe("elementwise functions", () => {
  test.each([...elementwise, ...named.filter((name) => name in ops)])("%s", (name) => {
    const f = (ops as any)[name] as (...xs: any[]) => Tensor;
    const predicate = name === "select" || name === "where";
    const arity = f.length;
    const takesFloats = (() => {
      try {
        f(...Array.from({ length: arity }, (_, i) => (predicate && i === 0 ? array([true, false, true]) : v)));
        return true;
      } catch {
        return false;
      }
    })();
    const good = (i: number): Tensor => (predicate && i === 0 ? array([true, false, true]) : takesFloats ? v : array([1, 0, 2], { dtype: "int32" }));
    const all = Array.from({ length: arity }, (_, i) => good(i));
    for (let i = 0; i < arity; i++) {
      const put = (x: unknown): unknown[] => all.map((y, k) => (k === i ? x : y));
      for (const x of ["x", undefined, null, {}, [1], new Float32Array(3)]) expectThrows(() => f(...put(x)), "argument");
      if (arity > 1) expectThrows(() => f(...put(reshape(predicate && i === 0 ? truth : ops.cast(array([1, 2]), good(i).dtype), [2]))), "shape");
      if (!(predicate && i > 0)) expectThrows(() => f(...put(zeros([3], "float0" as DType))), "dtype");
    }
    const empty = all.map((x) => ops.slice(x, [0], [0]));
    expect(f(...empty).shape).toEqual([0]);
    if (takesFloats) {
      const odd = array([NaN, Infinity, -Infinity]);
      const at = all.map((x) => (x === v ? odd : x));
      // Evaluated, compiled and differentiated: NaN and infinities are values like others.
      expect(jit((...xs: Tensor[]) => f(...xs))(...at).shape).toEqual([3]);
      const differentiated = (): unknown => grad((...xs: Tensor[]) => reduceSum(ops.cast(f(...all.map((x, k) => (x === v ? xs[k]! : x))), "float32")), { argnums: all.flatMap((x, k) => (x === v ? [k] : [])) })(...(at as [Tensor]));
      // Some have no derivative by some operand, and say so.
      if (["nextafter", "igamma", "igammac", "betainc", "zeta"].includes(name)) expect(differentiated).toThrow(gradus.MissingRuleError);
      else differentiated();
    }
  });
});

describe("smooth stand-ins", () => {
  test("every one has an entry", () => {
    expect(Object.keys(surrogates).filter((name) => isFunction(name, surrogates) && !(name in surrogateEntries))).toEqual([]);
  });
  test.each(Object.entries(surrogateEntries))("%s", (_name, entry) => check(entry));
});

// Transformations, control flow and rules: the first argument is a function, those of the function are trees of tensors.
const id = (x: any): any => x;
const transformations: { readonly [name: string]: Entry } = {
  ...Object.fromEntries((["grad", "valueAndGrad", "hessian", "jacobian", "jacfwd", "jacrev", "vmap", "jit", "checkpoint", "remat", "makeProgram"] as const).map((name) => [name, { argument: [undefined, null, "x", {}, v, 3].map((f) => () => wrong(gradus)[name](f)).concat([() => wrong(gradus)[name](id)("x"), () => wrong(gradus)[name](id)(undefined)]) }])),
  ...Object.fromEntries((["jvp", "vjp", "linearize", "linearTranspose", "hvp"] as const).map((name) => [name, { argument: [undefined, "x", v].map((f) => () => wrong(gradus)[name](f, [v], [v])).concat([() => wrong(gradus)[name](id, v, v), () => wrong(gradus)[name](id, undefined, undefined)]) }])),
  evalShape: { argument: [() => gradus.evalShape(wrong("x"), v), () => gradus.evalShape(id, wrong("x"))] },
  fwdAndBwd: { argument: [() => wrong(gradus).fwdAndBwd(undefined), () => wrong(gradus).fwdAndBwd("x")] },
  evalProgram: { argument: [() => gradus.evalProgram(wrong(undefined), []), () => gradus.evalProgram(wrong({}), []), () => gradus.evalProgram(gradus.makeProgram(sin)(v), []), () => gradus.evalProgram(gradus.makeProgram(sin)(v), wrong(undefined))], shape: [() => gradus.evalProgram(gradus.makeProgram(sin)(v), [m])] },
  optimizationBarrier: { argument: [() => gradus.optimizationBarrier(wrong("x")), () => gradus.optimizationBarrier(wrong(undefined))] },
  checkpointName: { argument: [() => gradus.checkpointName(wrong("x"), "n")] },
  cond: { argument: [() => gradus.cond(wrong("x"), id, id, v), () => gradus.cond(true, wrong(undefined), id, v), () => gradus.cond(true, id, wrong("x"), v)], shape: [() => gradus.cond(greater(v, 0), id, id, v), () => gradus.cond(true, id, () => m, v)], dtype: [() => gradus.cond(true, id, (x: Tensor) => ops.cast(x, "int32"), v)], tree: [() => gradus.cond(true, id, (x: Tensor) => [x], v)] },
  switchCase: { argument: [() => gradus.switchCase(0, [], v), () => gradus.switchCase(0, [wrong("x")], v), () => gradus.switchCase(0, wrong(undefined), v)], shape: [() => gradus.switchCase(whole, [id], v)], dtype: [() => gradus.switchCase(scalar, [id], v)] },
  whileLoop: { argument: [() => gradus.whileLoop(wrong("x"), id, v), () => gradus.whileLoop(() => false, wrong(undefined), v)], shape: [() => gradus.whileLoop(() => false, () => m, v)], dtype: [() => gradus.whileLoop(() => scalar, id, v), () => gradus.whileLoop((x: Tensor) => greater(x, 0), id, v)], tree: [() => gradus.whileLoop(() => false, (x: Tensor) => [x], v)] },
  foriLoop: { argument: [() => gradus.foriLoop(0, 0.5, (_i, x) => x, v), () => gradus.foriLoop(0, 2, wrong("x"), v)], shape: [() => gradus.foriLoop(0, whole, (_i, x) => x, v), () => gradus.foriLoop(0, 2, () => m, v)], dtype: [() => gradus.foriLoop(0, scalar, (_i, x) => x, v)] },
  scan: { argument: [() => gradus.scan(wrong("x"), 0, v), () => gradus.scan(wrong(id), v, v)], shape: [() => gradus.scan((c, x) => [c, x], 0, scalar), () => gradus.scan((c, x) => [c, x], 0, [v, whole]), () => gradus.scan((c) => [c, null], 0, null), () => gradus.scan((c) => [c, null], 0, null, { length: -1 }), () => gradus.scan(() => [m, null], v, v)], tree: [() => gradus.scan((c) => [[c], null], v, v)] },
  map: { argument: [() => gradus.map(wrong("x"), v)], shape: [() => gradus.map(id, scalar), () => gradus.map(id, [])] },
  associativeScan: { argument: [() => wrong(gradus).associativeScan("x", v)], shape: [() => wrong(gradus).associativeScan(add, scalar)] },
  ...Object.fromEntries((["customJvp", "customVjp", "customGradient", "straightThrough", "zeroGradient", "closureConvert"] as const).map((name) => [name, { argument: [undefined, "x", v].map((f) => () => wrong(gradus)[name](f, v)) }])),
  defineRule: { argument: [() => gradus.defineRule(wrong("x"), { jvp: id }), () => gradus.defineRule(id, {}), () => gradus.defineRule(id, wrong(undefined))] },
  linearCall: { argument: [() => gradus.linearCall(wrong(undefined), id, 2, v), () => gradus.linearCall(id, wrong("x"), 2, v), () => gradus.linearCall(id, id, 2, wrong("x"))] },
  withRules: { argument: [() => gradus.withRules(wrong("x"), () => v), () => gradus.withRules([[wrong(sin), { jvp: id }]], () => v), () => gradus.withRules([], wrong(undefined))] },
  stopGradient: { argument: [() => gradus.stopGradient("x"), () => gradus.stopGradient(undefined), () => gradus.stopGradient({ a: "x" })] },
  withoutGrad: { argument: [() => gradus.withoutGrad(wrong(undefined)), () => gradus.withoutGrad(async () => v)] },
  array: { argument: [() => array(wrong("x")), () => array(wrong(undefined)), () => array(wrong(null)), () => array(wrong(["x"])), () => array(wrong(v)), () => array(wrong({}))], shape: [() => array([[1], [1, 2]]), () => array([1, 2], { shape: [3] }), () => array([1, 2], { shape: [-2] }), () => array(1, { shape: [2] })], dtype: [() => array([1], { dtype: wrong("float16") })], empty: [[() => array([]), []]] },
  dispose: { argument: [undefined, "x", id, { a: "x" }].map((x) => () => gradus.dispose(x)) },
  toBackend: { argument: [undefined, null, "cpu", v].map((backend) => () => gradus.toBackend(v, wrong(backend))) },
  toBackendAsync: { argument: [undefined, null, "cpu", v].map((backend) => () => gradus.toBackendAsync(v, wrong(backend))) },
  cpu: { argument: [0, -1, 1.5, NaN, Infinity, "2", null, v].map((threads) => () => gradus.cpu({ threads: wrong(threads) })) },
  toTensor: { argument: [() => gradus.toTensor("x", "test"), () => gradus.toTensor(undefined, "test")] },
  avalOf: shapeOf((shape) => gradus.avalOf(shape, "float32"), { dtype: [() => gradus.avalOf([], wrong("float16"))] }),
};

/** What authors of primitives, handlers and tree nodes use, or what asks a question that every value answers. */
const notForUsers: readonly string[] = [
  "applyBinary", "applyN", "applyUnary", "bind", "currentHandlers", "definePrimitive", "defineTransform", "findRule", "inferAvals", "instantiate", "isLinear", "isTensor", "isZero", "lift", "missingRule", "payloadOf", "performBelow", "registerTreeNode", "withBackend",
  "withHandler", "zeroTangent", "useBackend",
];

describe("transformations, control flow, rules and arrays", () => {
  test("every function has an entry", () => {
    const all = Object.keys(gradus).filter((name) => isFunction(name, gradus) && !(name in ops));
    expect(all.filter((name) => !(name in transformations) && !notForUsers.includes(name)), "add an entry to this file").toEqual([]);
  });
  test.each(Object.entries(transformations).filter(([name]) => name in gradus))("%s", (_name, entry) => check(entry));
});

test("NaN and infinities go through what moves, sums and sorts", () => {
  const x = array([NaN, Infinity, -Infinity]);
  expect([reduceSum(x).item(), ops.reduceMax(x).item(), ops.sort(x).js(), ops.argmax(x, 0).item(), ops.cumsum(x, 0).js()]).toEqual([NaN, NaN, [-Infinity, Infinity, NaN], 0, [NaN, NaN, NaN]]);
  // As storing them in a typed array leaves them.
  expect(ops.cast(x, "int32").js()).toEqual(Array.from(Int32Array.of(NaN, Infinity, -Infinity)));
  expect(ops.dotGeneral(x, x, { contract: [[0], [0]] }).item()).toBeNaN();
  expect(mul(x, 0).js()).toEqual([NaN, NaN, NaN]);
});
