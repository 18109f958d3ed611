// Reading and writing at computed positions. A shader cannot write elsewhere than at its own element, so an element that is scattered to
// looks through all index vectors: exact, in their order, and slow where there are many.

import type { Aval } from "@gradus/core";
import { gatherP, type GatherParams, type IndexingParams, scatterAddP, scatterMaxP, scatterMinP, scatterMulP, scatterMulTangentP, scatterP } from "@gradus/ops";
import { unraveled } from "./device.js";
import { formatOf, literal } from "./glsl-types.js";
import type { Kernel, KernelFamily, Operand } from "./kernel.js";
import { lowerBody } from "./lower.js";
import { whole } from "./view.js";
import { arg, max, min } from "@gradus/core/scalar";

/** The numbers of a shader, and the names by which its source speaks of them. */
class Numbers {
  readonly list: number[] = [];

  add(...values: readonly number[]): number {
    this.list.push(...values);
    return this.list.length - values.length;
  }

  /** p[k] for one more number. */
  name(value: number): string {
    return `p[${this.add(value)}]`;
  }
}

const sum = (terms: readonly string[]): string => terms.join(" + ");

// Axes of the array that are axes of slices; axes of what is read or written that are axes of the indices.
const sliceAxes = ({ dimensionNumbers: { collapsedSliceDims, operandBatchingDims }, sliceSizes }: IndexingParams): number[] =>
  sliceSizes.map((_, i) => i).filter((i) => !collapsedSliceDims.includes(i) && !operandBatchingDims.includes(i));
const queryAxes = ({ dimensionNumbers: { offsetDims } }: IndexingParams, ndim: number): number[] =>
  Array.from({ length: ndim }, (_, i) => i).filter((i) => !offsetDims.includes(i));

// Statements that set start0, start1, … from the index vector of the query with indices `query`, and `inside`; read1 reads indices.
function starts(numbers: Numbers, params: IndexingParams, shape: readonly number[], { view }: Operand, query: readonly string[]): string {
  const { offset, strides } = view;
  const place = sum([numbers.name(offset), ...query.map((d, i) => `${d} * ${numbers.name(strides[i] as number)}`)]);
  const step = numbers.name(strides[query.length] as number);
  const lines = params.dimensionNumbers.startIndexMap.map((axis, c) => {
    const last = numbers.name((shape[axis] as number) - (params.sliceSizes[axis] as number));
    const out = params.mode === "drop" ? `inside = inside && start${c} >= 0 && start${c} <= ${last};` : "";
    return `int start${c} = read1(vector + ${c} * ${step}); ${out} start${c} = clamp(start${c}, 0, max(${last}, 0));`;
  });
  return [`int vector = ${place};`, "bool inside = true;", ...lines].join("\n  ");
}

const gather: Kernel<GatherParams> = (device, [x, indices], params, [out]) => {
  const numbers = new Numbers();
  const { startIndexMap, operandBatchingDims, startIndicesBatchingDims, offsetDims } = params.dimensionNumbers;
  const { dtype, shape, size } = out as Aval;
  const { strides, offset } = x!.view;
  const shapeAt = numbers.add(...shape);
  const query = queryAxes(params, shape.length).map((a) => `d${a}`);
  const found = starts(numbers, params, x!.shape, indices!, query);
  const at = sum([
    numbers.name(offset),
    ...operandBatchingDims.map((a, b) => `${query[startIndicesBatchingDims[b] as number]} * ${numbers.name(strides[a] as number)}`),
    ...startIndexMap.map((a, c) => `start${c} * ${numbers.name(strides[a] as number)}`),
    ...sliceAxes(params).map((a, k) => `d${offsetDims[k]} * ${numbers.name(strides[a] as number)}`),
  ]);
  const source = `${formatOf(dtype).scalar} element(int i) {
  ${unraveled(shape.length, shapeAt)}
  ${found}
  return inside ? read0(${at}) : ${literal(params.fillValue, dtype)};
}`;
  return whole(device.run({ out: dtype, size, inputs: [x!.view.storage, indices!.view.storage], ints: numbers.list, source }), shape);
};

/** A scatter: `join` makes the element from `value` and an update `u` (and its tangent `du`); `result` is what is given in the end. */
const scattering =
  (join: string, { needs = () => "", start = "", result = "value" }: { needs?: (dtype: Aval["dtype"]) => string; start?: string; result?: string } = {}): Kernel<IndexingParams> =>
  (device, args, params, [out]) => {
    const [x, indices, updates] = args as [Operand, Operand, Operand];
    const numbers = new Numbers();
    const { startIndexMap, operandBatchingDims, startIndicesBatchingDims, offsetDims } = params.dimensionNumbers;
    const { dtype, shape, size } = out as Aval;
    const { scalar } = formatOf(dtype);
    const from = sum([numbers.name(x.view.offset), ...x.view.strides.map((s, a) => `d${a} * ${numbers.name(s)}`)]);
    const shapeAt = numbers.add(...shape);
    const queries = indices.shape.slice(0, -1);
    const count = numbers.name(queries.reduce((n, d) => n * d, 1));
    // Index vector j has indices q0, q1, …
    const walk = ["int left = j;", ...queries.map((d, i) => [d, i] as const).reverse().map(([d, i]) => `int q${i} = left % ${numbers.name(Math.max(d, 1))}; left /= ${numbers.name(Math.max(d, 1))};`)];
    const found = starts(numbers, params, shape, indices, queries.map((_, i) => `q${i}`));
    const rest = sliceAxes(params);
    const shared = operandBatchingDims.map((a, b) => `inside = inside && d${a} == q${startIndicesBatchingDims[b]};`);
    // How far into the slice the element is along each axis.
    const within = shape.flatMap((_, a) => {
      if (operandBatchingDims.includes(a)) return [];
      const c = startIndexMap.indexOf(a);
      return [`int o${a} = d${a}${c < 0 ? "" : ` - start${c}`}; inside = inside && o${a} >= 0 && o${a} < ${numbers.name(params.sliceSizes[a] as number)};`];
    });
    const place = ({ view }: Operand): string => {
      const axes = queryAxes(params, view.strides.length);
      return sum([
        numbers.name(view.offset),
        ...axes.map((a, i) => `q${i} * ${numbers.name(view.strides[a] as number)}`),
        ...rest.map((a, k) => `o${a} * ${numbers.name(view.strides[offsetDims[k] as number] as number)}`),
      ]);
    };
    const read = args.slice(2).map((t, k) => `${scalar} ${k === 0 ? "u" : "du"} = read${k + 2}(${place(t)});`);
    const source = `${needs(dtype)}
${scalar} element(int i) {
  ${unraveled(shape.length, shapeAt)}
  ${scalar} value = read0(${from});
  ${start}
  for (int j = 0; j < ${count}; j++) {
    ${[...walk, found, ...shared, ...within].join("\n    ")}
    if (inside) {
      ${read.join(" ")}
      ${join}
    }
  }
  return ${result};
}`;
    // Without updates x stays; there is nothing to read.
    if (updates.aval.size === 0) return start === "" ? x.view : whole(device.run({ out: dtype, size, inputs: [], source: `${scalar} element(int i) { return ${scalar}(0); }` }), shape);
    const inputs = args.map((t) => t.view.storage);
    return whole(device.run({ out: dtype, size, inputs, ints: numbers.list, source }), shape);
  };

const extremum = (body: typeof max): Kernel<IndexingParams> =>
  scattering("value = join(value, u);", { needs: (dtype) => lowerBody("join", body(arg(0), arg(1)), [dtype, dtype], dtype) });

/** gather and the scatters. */
export const indexing: KernelFamily = [
  [gatherP, gather],
  [scatterP, scattering("value = u;")],
  [scatterAddP, scattering("value += u;")],
  [scatterMulP, scattering("value *= u;")],
  // Σⱼ duⱼ·(x·Π of the others): the product rule, update by update
  [scatterMulTangentP, scattering("tangent = tangent * u + value * du; value *= u;", { start: "float tangent = 0.0;", result: "tangent" })],
  [scatterMaxP, /* @__PURE__ */ extremum(max)],
  [scatterMinP, /* @__PURE__ */ extremum(min)],
];
