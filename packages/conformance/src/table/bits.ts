// Rows of counts of bits, bit casts and random bits: bit by bit, by DataView, and in BigInt.

import type { DType, Tensor } from "@gradus/core";
import * as ops from "@gradus/ops";
import { at } from "../host-array.js";
import type { Operation, Sample } from "../operation.js";
import { elementwise } from "./elementwise.js";
import { composed, result, sample, structured } from "./structured.js";

const binaryDigits = (x: number): string => (x >>> 0).toString(2).padStart(32, "0");
const ofIntegers = "it takes integers, which numbers are not";
const count = (name: string, apply: (x: any) => Tensor, primitive: Operation["primitives"][number], reference: (x: number) => number): Operation => ({
  ...elementwise(name, apply, primitive, { domain: "shift", derivative: "zero", operands: [{}], reference }),
  numbers: ofIntegers,
});

function reread(x: number, from: DType, to: DType): number {
  const view = new DataView(new ArrayBuffer(8));
  if (from === "float64") view.setFloat64(0, x);
  else if (from === "float32") view.setFloat32(0, x);
  else view.setInt32(0, x);
  return to === "float64" ? view.getFloat64(0) : to === "float32" ? view.getFloat32(0) : to === "int32" ? view.getInt32(0) : view.getUint32(0);
}
const castBits = (to: DType, from: readonly DType[]): Sample =>
  sample(`bitcast to ${to}`, (x) => ops.bitcast(x as Tensor, to), [{ shape: [3, 2], values: [1, -2.5, 0, 0.75, 1e9, -0] }], ([x]) => result([3, 2], to, (index) => reread(at(x!, index), x!.dtype, to)), {
    dtypes: from,
    derivative: "zero",
    except: { gradient: "the bits of a number are taken as integers, without a gradient, even where they are read as what they were" },
  });

const halves = (to: DType): Sample =>
  sample(`bitcast to halves in ${to}`, (x) => ops.bitcast(x as Tensor, to), [{ shape: [3, 2], values: [1, -2.5, 0, 0.75, 1e9, -0] }], ([x]) => result([3, 2, 2], to, ([i, j, half]) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, at(x!, [i!, j!]), true);
    return to === "int32" ? view.getInt32(4 * half!, true) : view.getUint32(4 * half!, true);
  }), { dtypes: ["float64"], derivative: "zero" });
const joined: Sample = sample("bitcast of halves", (x) => ops.bitcast(x as Tensor, "float64"), [{ shape: [2, 3, 2], integers: [0, 1073741824] }], ([x]) => result([2, 3], "float64", ([i, j]) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setInt32(0, at(x!, [i!, j!, 0]), true);
  view.setInt32(4, at(x!, [i!, j!, 1]), true);
  return view.getFloat64(0, true);
}), { dtypes: ["int32", "uint32"], derivative: "zero" });

const mask = 0xffffffffn;
function cipher(k0: number, k1: number, x0: number, x1: number): [number, number] {
  const keys = [BigInt(k0), BigInt(k1), BigInt(k0) ^ BigInt(k1) ^ 0x1bd11bdan];
  let [a, b] = [(BigInt(x0) + keys[0]!) & mask, (BigInt(x1) + keys[1]!) & mask];
  for (let block = 1; block <= 5; block++) {
    for (const r of block % 2 === 1 ? [13n, 15n, 26n, 6n] : [17n, 29n, 16n, 24n]) {
      a = (a + b) & mask;
      b = (((b << r) & mask) | (b >> (32n - r))) ^ a;
    }
    a = (a + keys[block % 3]!) & mask;
    b = (b + keys[(block + 1) % 3]! + BigInt(block)) & mask;
  }
  return [Number(a), Number(b)];
}

const u32: readonly DType[] = ["uint32"];
const key = { shape: [2], values: [0, 42, 4294967295, 7] };

export const bits: readonly Operation[] = [
  count("populationCount", ops.populationCount, ops.populationCountP, (x) => binaryDigits(x).replaceAll("0", "").length),
  count("clz", ops.clz, ops.clzP, (x) => `${binaryDigits(x)}1`.indexOf("1")),
  structured("bitcast", ops.bitcastP, [castBits("int32", ["float32", "uint32"]), castBits("uint32", ["float32", "int32"]), castBits("float32", ["float32"]), castBits("float64", ["float64"]), halves("int32"), halves("uint32"), joined], "a number has no bits until it has a dtype", { refuses: ["bool", "float0"] }),
  structured("threefry2x32", ops.threefry2x32P, [
    sample("threefry2x32", (k, a, b) => ops.threefry2x32(k as Tensor, a as Tensor, b as Tensor), [key, { shape: [2, 2], values: [0, 1, 4294967295] }, { shape: [2, 2], values: [5, 2147483648, 3] }], ([k, a, b]) =>
      [0, 1].map((word) => result([2, 2], "uint32", (index) => cipher(k!.data[0]!, k!.data[1]!, at(a!, index), at(b!, index))[word]!)), { dtypes: u32, derivative: "zero" }),
  ], ofIntegers),
  composed(
    "randomBits",
    [[3, 2], [], [0]].map((shape) => sample(`randomBits [${shape}]`, (k) => ops.randomBits(k as Tensor, shape), [key], ([k]) =>
      result(shape, "uint32", (index) => {
        const [a, b] = cipher(k!.data[0]!, k!.data[1]!, 0, index.reduce((n, i, axis) => n * shape[axis]! + i, 0));
        return (a ^ b) >>> 0;
      }), { dtypes: u32, derivative: "zero" })),
    ofIntegers,
  ),
];
