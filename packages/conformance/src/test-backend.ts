// The kit for backends: host data in and out, every operation of the catalogue against plain JS, in any layout and at sizes that
// kernels split, compiled as evaluated, and errors for what the backend cannot do.

import {
  array,
  avalOf,
  type Backend,
  bind,
  broadcastTo,
  definePrimitive,
  type DType,
  isFloat,
  mul,
  opaqueTensor,
  reduceSum,
  type Shape,
  type Tensor,
  transpose,
  withBackend,
} from "@gradus/core";
import { add, maxP, sin } from "@gradus/ops";
import { type Case, skipped } from "./case.js";
import { expectHost, fail, roundoff, thrownBy } from "./compare.js";
import { fromHost, type HostArray, randomHost, sizeOf, toHost } from "./host-array.js";
import { laws } from "./laws/index.js";
import { hostOperands, label, type Operation, type Sample, tensorOperands } from "./operation.js";
import { randomSource } from "./random.js";
import { operations as table } from "./table/index.js";
import { checkValue } from "./test-operation.js";
import { viewCases } from "./views.js";
import { nestingWords } from "./words/words.js";

export interface BackendOptions {
  /** The rows to check: the whole table unless given. */
  readonly operations?: readonly Operation[];
  /** The longest words of transformations to check: 2 unless given. */
  readonly words?: number;
  /** Why the backend does not do an operation in a dtype, if it does not: the case is skipped, with this reason. */
  readonly unsupported?: (operation: Operation, dtype: DType) => string | undefined;
}

/** The cases for a backend. `make` gives a new one each time. */
export function testBackend(make: () => Backend, options: BackendOptions = {}): Case[] {
  const backend = make();
  const { operations = table, unsupported = () => undefined } = options;
  const wide = backend.supports?.(avalOf([2], "float64")) !== false;
  const refused = (operation: Operation, dtype: DType): string | undefined =>
    unsupported(operation, dtype) ?? (dtype !== "float0" && backend.supports?.(avalOf([2], dtype)) === false ? `${backend.name} has no ${dtype}` : undefined);
  const list = [
    ...hostData(make),
    ...operations.flatMap((operation) => operation.samples.flatMap((sample) => sample.dtypes.flatMap((dtype) => operationCases(sample, dtype, refused(operation, dtype))))),
    ...viewCases(wide ? "float64" : "float32"),
    ...large(),
    ...limits(make),
    ...(wide ? nestingWords({ length: options.words ?? 2 }) : [skipped("words of transformations", `${backend.name} has no float64, in which words are checked`)]),
  ];
  return list.map((c) => ({
    ...c,
    name: `${backend.name}: ${c.name}`,
    run() {
      let result: void | Promise<void> = undefined;
      withBackend(backend, () => {
        result = c.run();
      });
      return result;
    },
  }));
}

const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint32", "bool"];
const shapes: readonly Shape[] = [[1], [3], [2, 3], [2, 1, 3], [0, 2]];

function hostData(make: () => Backend): Case[] {
  const random = randomSource("host data");
  const supported = (backend: Backend, dtype: DType): boolean => backend.supports?.(avalOf([2], dtype)) !== false;
  const roundTrips = dtypes.flatMap((dtype) =>
    shapes.map((shape): Case => ({
      name: `${dtype}[${shape}] in and out`,
      run() {
        const backend = make();
        if (!supported(backend, dtype)) return;
        const host = randomHost(avalOf(shape, dtype), random);
        withBackend(backend, () => expectHost(toHost(fromHost(host)), toHost(fromHost(host)), { rtol: 0, atol: 0 }, "read twice"));
        const stored: HostArray = { ...host, data: host.data.map((v) => (dtype === "float32" ? Math.fround(v) : v)) };
        expectHost(withBackend(backend, () => toHost(fromHost(host))), stored, { rtol: 0, atol: 0 }, "read");
      },
    })),
  );
  return [
    ...roundTrips,
    {
      name: "NaN, infinities and the sign of zero survive",
      run: () => expectHost(toHost(array([NaN, Infinity, -Infinity, -0, 0])), { shape: [5], dtype: "float32", data: [NaN, Infinity, -Infinity, -0, 0] }, { rtol: 0, atol: 0 }, "read"),
    },
    {
      name: "data is copied in and out",
      run() {
        const backend = make();
        const data = Float32Array.of(1, 2, 3);
        const x = backend.put(data, avalOf([3], "float32"));
        data[0] = 9;
        const out = backend.read(x);
        if (out[0] !== 1) fail("Writing to the array that was put changed the tensor.");
        out[1] = 9;
        if (backend.read(x)[1] !== 2) fail("Writing to the array that was read changed the tensor.");
      },
    },
    {
      name: "readAsync",
      async run() {
        const backend = make();
        const x = backend.put(Float32Array.of(1, 2, 3), avalOf([3], "float32"));
        const [sync, later] = [backend.read(x), await backend.readAsync(x)];
        if (sync.join() !== later.join() || sync.constructor !== later.constructor) fail(`readAsync gave [${later.join()}], read [${sync.join()}].`);
      },
    },
    {
      name: "zeros are known for what they are",
      run() {
        const backend = make();
        if (backend.isZero === undefined) return;
        const zero = (x: Tensor): boolean => withBackend(backend, () => (backend.isZero as (x: Tensor) => boolean)(x));
        const put = (...data: number[]): Tensor => backend.put(Float32Array.from(data), avalOf([data.length], "float32"));
        const wanted: [Tensor, boolean][] = [[put(0, 0), true], [put(0, -0), true], [put(0, NaN), false], [put(0, 1e-45), false], [put(), true], [withBackend(backend, () => broadcastTo(put(0), [2, 3])), true]];
        wanted.forEach(([x, is], i) => zero(x) === is || fail(`isZero of array ${i} is ${!is}.`));
      },
    },
    {
      name: "operations are counted",
      run() {
        const backend = make();
        if (backend.stats === undefined) return;
        const before = Object.values(backend.stats()).reduce((a, b) => a + b, 0);
        withBackend(backend, () => sin(array([1, 2, 3])).dataSync());
        if (!(Object.values(backend.stats()).reduce((a, b) => a + b, 0) > before)) fail("No counter of stats() has grown.");
      },
    },
  ];
}

function operationCases(sample: Sample, dtype: DType, reason: string | undefined): Case[] {
  const name = label(sample, dtype);
  if (sample.expected === undefined) return [];
  if (reason !== undefined) return [skipped(name, reason)];
  const list: Case[] = [
    { name, run: () => checkValue(sample, dtype) },
    { name: `${name} leaves its operands as they are`, run: () => laws.pure({ f: sample.apply, points: [tensorOperands(sample, dtype)] }) },
    { name: `${name} compiled`, run: () => laws.compiled({ f: sample.apply, points: [0, 1].map((variant) => tensorOperands(sample, dtype, variant)) }) },
  ];
  if (dtype !== "float0" && sample.operands.some((o) => o.shape.length > 1)) list.push({ name: `${name} of transposed views`, run: () => checkTransposed(sample, dtype) });
  return list;
}

// The same elements in column-major order: views of which no kernel may assume that they are dense.
function checkTransposed(sample: Sample, dtype: DType): void {
  const hosts = hostOperands(sample, dtype);
  const columnMajor = (x: HostArray): Tensor => {
    const n = x.shape.length;
    if (n < 2) return fromHost(x);
    const reversed = [...x.shape].reverse();
    const data = new Array<number>(sizeOf(x.shape));
    x.data.forEach((v, flat) => {
      let rest = flat;
      let at = 0;
      let stride = sizeOf(x.shape);
      for (let i = n - 1; i >= 0; i--) {
        const d = x.shape[i] as number;
        stride /= d;
        at += (rest % d) * stride;
        rest = Math.floor(rest / d);
      }
      data[at] = v;
    });
    return transpose(fromHost({ shape: reversed, dtype: x.dtype, data }));
  };
  const views = hosts.map(columnMajor);
  views.forEach((v, i) => expectHost(toHost(v), toHost(fromHost(hosts[i] as HostArray)), { rtol: 0, atol: 0 }, `view ${i}`));
  const got = [sample.apply(...views)].flat() as Tensor[];
  const wanted = [sample.expected?.(hosts) ?? []].flat();
  wanted.forEach((w, i) => expectHost(toHost(got[i] as Tensor), w, isFloat(w.dtype) ? (sample.tolerance ?? roundoff(w.dtype)) : roundoff(w.dtype), `result ${i}`));
}

/** Sizes that kernels split into blocks, none of them a multiple of a power of two. */
function large(): Case[] {
  const n = 10_007;
  const random = randomSource("large");
  const data = Float32Array.from({ length: n }, () => 2 * random() - 1);
  return [
    {
      name: "10007 elements, one by one",
      run() {
        const got = sin(mul(array(data), 3)).dataSync();
        data.forEach((v, i) => Math.abs((got[i] as number) - Math.sin(Math.fround(3 * v))) < 1e-6 || fail(`Element ${i} is ${got[i]}, expected ${Math.sin(3 * v)}.`));
      },
    },
    {
      name: "10007 elements summed, to float32 accuracy of the exact sum",
      run() {
        const wanted = data.reduce((a, b) => a + b, 0);
        const got = reduceSum(array(data)).item();
        if (!(Math.abs(got - wanted) < 1e-4)) fail(`The sum is ${got}, expected ${wanted}.`);
      },
    },
    {
      name: "97 × 103 elements broadcast from a column and a row",
      run() {
        const [column, row] = [data.slice(0, 97), data.slice(97, 200)];
        const got = add(array(column, { shape: [97, 1] }), array(row)).dataSync();
        for (let i = 0; i < 97; i++) {
          for (let j = 0; j < 103; j++) {
            const wanted = Math.fround((column[i] as number) + (row[j] as number));
            if (got[i * 103 + j] !== wanted) fail(`Element [${i}, ${j}] is ${got[i * 103 + j]}, expected ${wanted}.`);
          }
        }
      },
    },
    {
      name: "axes of 2053 summed one by one",
      run() {
        const x = array(data.slice(0, 4106), { shape: [2, 2053] });
        const sums = reduceSum(x, 1).dataSync();
        for (let i = 0; i < 2; i++) {
          const wanted = data.slice(2053 * i, 2053 * (i + 1)).reduce((a, b) => a + b, 0);
          if (!(Math.abs((sums[i] as number) - wanted) < 1e-4)) fail(`Sum ${i} is ${sums[i]}, expected ${wanted}.`);
        }
        const columns = reduceSum(x, 0).dataSync();
        columns.forEach((v, j) => v === Math.fround((data[j] as number) + (data[2053 + j] as number)) || fail(`Column ${j} is ${v}.`));
      },
    },
  ];
}

function limits(make: () => Backend): Case[] {
  const composed = definePrimitive("@test/composed", { abstractEval: ([x]) => x as never, decompose: ([x]) => add(x as Tensor, 1) });
  const bare = definePrimitive("@test/bare", { abstractEval: ([x]) => x as never });
  const throws = (name: string, run: () => unknown, wanted: string): Case => ({
    name,
    run() {
      if (thrownBy(run) !== wanted) fail(`It throws ${thrownBy(run)}, expected ${wanted}.`);
    },
  });
  return [
    { name: "what it has no kernel for, it runs by decompose", run: () => expectHost(toHost(bind(composed, [array([1, 2])])), { shape: [2], dtype: "float32", data: [2, 3] }, { rtol: 0, atol: 0 }, "the result") },
    throws("without either it is a MissingRuleError", () => bind(bare, [array([1])]), "MissingRuleError"),
    throws("operands of another shape are not broadcast by the primitive", () => bind(maxP, [array([1, 2]), array([1])]), "ShapeError"),
    throws("operands of another dtype are not promoted by the primitive", () => bind(maxP, [array([1]), array([1], { dtype: "float64" })]), "DTypeError"),
    throws("float0 has no arithmetic", () => add(opaqueTensor(avalOf([2], "float0")), 1), "DTypeError"),
    throws(
      "two of its kind do not mix",
      () => {
        const put = (b: Backend): Tensor => b.put(Float32Array.of(1, 2), avalOf([2], "float32"));
        add(put(make()), put(make()));
      },
      "BackendMismatchError",
    ),
  ];
}
