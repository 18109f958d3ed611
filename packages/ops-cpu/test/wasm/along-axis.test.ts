import { allocate, avalOf, type DType, type Tensor, type TypedArray } from "@gradus/core";
import * as s from "@gradus/core/scalar";
import { cummaxP, cumminP, cumprodP, cumsumP, sortP } from "@gradus/ops";
import { expect, test } from "vitest";
import { cpu } from "../../src/index.js";
import { type CodesOf, type Cumulation, cumulationScratch, emitCumulation } from "../../src/wasm/cumulative.js";
import { Constants, ModuleBuilder } from "../../src/wasm/encoder.js";
import { HostFunctions } from "../../src/wasm/lane-code.js";
import { laneCode } from "../../src/wasm/lanes.js";
import { emitSortWords } from "../../src/wasm/radix-sort.js";
import { emitSort, type Sort, sortScratch } from "../../src/wasm/sorting.js";
import { featuresOf, kinds } from "./loops.js";
import { values } from "./values.js";

const backend = cpu();
const eager = (p: never, arrays: readonly TypedArray[], dtypes: readonly DType[], shape: readonly number[], params: unknown): TypedArray[] => {
  const outs = backend.perform(p, arrays.map((data, k) => backend.put(data, avalOf(shape, dtypes[k] as DType))), params);
  return (Array.isArray(outs) ? outs : [outs]).map((x: Tensor) => backend.read(x));
};

/** Runs a function of addresses on copies of arrays, with NaN behind everything: results of the given dtypes. */
function execute(m: ModuleBuilder, code: object, imports: WebAssembly.ModuleImports, arrays: readonly TypedArray[], dtypes: readonly DType[], size: number, scratch: number): TypedArray[] {
  (code as { exported?: string }).exported = "run";
  const aligned = (n: number): number => Math.ceil(n / 16) * 16;
  const bytes = arrays.map((a) => a.byteLength);
  const outs = dtypes.map((d) => allocate(d, size));
  let at = 64;
  const places = [...bytes, ...outs.map((o) => o.byteLength)].map((b) => {
    const here = at;
    at += aligned(b) + 16;
    return here;
  });
  m.memory(Math.ceil((at + scratch + 64) / 65536), "memory");
  const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(m.assemble()), { math: imports }).exports as { run: (...at: number[]) => void; memory: WebAssembly.Memory };
  const all = new Uint8Array(memory.buffer).fill(255);
  arrays.forEach((a, k) => all.set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), places[k] as number));
  run(...places, at);
  expect([...all.subarray(at + scratch, at + scratch + 64)]).toEqual(Array.from({ length: 64 }, () => 255));
  outs.forEach((o, k) => {
    const from = places[arrays.length + k] as number;
    new Uint8Array(o.buffer).set(all.subarray(from, from + o.byteLength));
    expect([...all.subarray(from + o.byteLength, from + o.byteLength + 8)]).toEqual(Array.from({ length: 8 }, () => 255));
  });
  return outs;
}

const dtypes: readonly DType[] = ["float32", "float64", "int32", "uint32", "bool"];

function checkSort(sort: Sort, spread: number): void {
  const [outer, n, inner] = sort.sizes;
  const size = outer * n * inner;
  const arrays = sort.dtypes.map((d) => values(d, size, spread));
  const m = new ModuleBuilder();
  const seen = execute(m, emitSort(m, emitSortWords(m), sort), {}, arrays, sort.dtypes, size, sortScratch(sort));
  const expected = eager(sortP as never, arrays, sort.dtypes, [outer, n, inner], { axis: 1, numKeys: sort.numKeys, descending: sort.descending });
  expect(seen.map((x) => [...x])).toEqual(expected.map((x) => [...x]));
}

test.each(dtypes)("sorts %s along any axis as the eager kernel does", (dtype) => {
  for (const descending of [false, true]) {
    for (const n of [0, 1, 2, 5, 40, 41, 300]) {
      for (const inner of [1, 3]) checkSort({ dtypes: [dtype], numKeys: 1, descending, sizes: [3, n, inner] }, n);
    }
    checkSort({ dtypes: [dtype], numKeys: 1, descending, sizes: [1, 5000, 1] }, 1e6);
    // Equal ones in the order in which they came, which a second array shows.
    checkSort({ dtypes: [dtype, "int32"], numKeys: 1, descending, sizes: [2, 200, 1] }, 20);
  }
});

test("several keys, of several dtypes", () => {
  for (const descending of [false, true]) {
    for (const n of [30, 200]) checkSort({ dtypes: ["bool", "float64", "int32", "float32"], numKeys: 3, descending, sizes: [2, n, 2] }, 6);
  }
});

const primitives = [["add", cumsumP], ["mul", cumprodP], ["max", cummaxP], ["min", cumminP]] as const;

test.each(kinds)("%s: cumulative sums, products and extrema as the eager kernels have them", (kind) => {
  for (const dtype of ["float32", "float64", "int32", "uint32"] as const) {
    for (const [name, primitive] of primitives) {
      const op = (s[name](0, 0) as Extract<s.Expr, { kind: "call" }>).op;
      for (const reverse of [false, true]) {
        for (const sizes of [[1, 37, 1], [3, 5, 1], [2, 6, 11], [1, 1, 4], [2, 0, 3], [2, 3, 0], [0, 3, 2]] as const) {
          const of: Cumulation = { dtype, op, reverse, sizes };
          const size = sizes[0] * sizes[1] * sizes[2];
          const x = values(dtype, size, 9);
          const m = new ModuleBuilder();
          const host = new HostFunctions(m);
          const codes: CodesOf = (f) => {
            const context = { f, constants: new Constants(m, f), features: featuresOf(kind), host };
            return { one: laneCode(context, 1), ...(kind === "scalar" ? {} : { four: laneCode(context, 4) }) };
          };
          const [seen] = execute(m, emitCumulation(m, codes, of), host.imports, [x], [dtype], size, cumulationScratch(of));
          const [expected] = eager(primitive as never, [x], [dtype], sizes, { axis: 1, reverse });
          expect({ of, out: [...seen!] }).toEqual({ of, out: [...expected!] });
        }
      }
    }
  }
});
