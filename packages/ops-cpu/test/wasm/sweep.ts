// Functions of one float32, compiled, at all of the 2³² float32: how far they are from the host's doubles at most, in units of the last
// place, without and with products fused to sums. (Every 257th, where nothing changes any more.) A line for each function named, or for
// all, which takes minutes each; --update records it. With a Node of 22 or later, which fuses:
//   node --conditions=@gradus/source --import=tsx packages/ops-cpu/test/wasm/sweep.ts sin cos --update

import { writeFileSync } from "node:fs";
import { array, DeviceLimitError, type Tensor, useBackend } from "@gradus/core";
import * as ops from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { CompilingCpu } from "../../src/compiling.js";
import { features } from "../../src/wasm/features.js";
import { errorOf, functions, type Name, recorded, type WholeRange, wholeRange } from "./exact.js";

const half = 2 ** 12; // so few that all arrays stay in the cache
const sparse = 257;

function sweep(name: Name): WholeRange {
  const { f, symmetry, isFlat } = functions[name];
  if (!features().fma) throw new DeviceLimitError("This engine has no relaxed SIMD to fuse products with: take a newer one.");
  const backends = [false, true].map((fma) => new CompilingCpu([], { ...features(), fma }));
  const run = jit((x: Tensor) => ops[name](x));
  const worst = backends.map(() => ({ ulps: 0, at: 0 }));
  // Numbers of either sign, whose exact values mostly follow from one another.
  const bits = new Uint32Array(2 * half);
  const numbers = new Float32Array(bits.buffer);
  const exact = new Float64Array(2 * half);
  const check = (from: number, to: number): void => {
    const x = numbers.subarray(from, to);
    const seen = backends.map((backend) => {
      useBackend(backend);
      return run(array(x)).dataSync() as Float32Array;
    });
    compare(seen[0] as Float32Array, seen[1] as Float32Array, exact.subarray(from, to), (value, wanted, k, i) => {
      const ulps = errorOf(value, wanted);
      const most = worst[k] as { ulps: number; at: number };
      if (ulps > most.ulps) [most.ulps, most.at] = [ulps, x[i] as number];
    });
  };
  for (let start = 0, block = 0, step = 1; start < 2 ** 31; start += step * half, block++) {
    for (let i = 0; i < half; i++) bits[i + half] = (bits[i] = start + step * i) + 2 ** 31;
    const areFlat = [0, half].map((i) => isFlat(numbers[i] as number));
    if (step === 1 && areFlat[0] && areFlat[1]) {
      step = sparse;
      for (let i = 0; i < half; i++) bits[i + half] = (bits[i] = start + step * i) + 2 ** 31;
    }
    const isSample = step > 1 || block % sparse === 0;
    const [isFirst, isSecond] = [isSample || !areFlat[0], isSample || !areFlat[1]];
    if (isFirst || symmetry !== undefined) for (let i = 0; i < half; i++) exact[i] = f(numbers[i] as number);
    if (isSecond) for (let i = half; i < 2 * half; i++) exact[i] = symmetry === undefined ? f(numbers[i] as number) : symmetry * (exact[i - half] as number);
    check(isFirst ? 0 : half, isSecond ? 2 * half : half);
  }
  const [unfused, fused] = worst.map(({ ulps, at }) => ({ ulps: Math.ceil(ulps * 1000) / 1000, at })) as [WholeRange["fused"], WholeRange["fused"]];
  return { unfused, fused };
}

/** Calls `off` for what is not the nearest number, or a zero, whose sign is to be looked at. */
function compare(seen: Float32Array, other: Float32Array, exact: Float64Array, off: (value: number, wanted: number, k: number, i: number) => void): void {
  for (let i = 0; i < seen.length; i++) {
    const [value, same, wanted] = [seen[i] as number, other[i] as number, exact[i] as number];
    const nearest = Math.fround(wanted);
    if (value === nearest && same === nearest && value !== 0) continue;
    off(value, wanted, 0, i);
    off(same, wanted, 1, i);
  }
}

const isUpdate = process.argv.includes("--update");
const asked = process.argv.slice(2).filter((name) => name !== "--update") as Name[];
const names = Object.keys(functions) as Name[];
for (const name of asked.length > 0 ? asked : names) {
  const found = sweep(name);
  process.stdout.write(`${name} ${JSON.stringify(found)}\n`);
  if (!isUpdate) continue;
  const known = { ...wholeRange(), [name]: found };
  writeFileSync(recorded, `{\n${names.filter((n) => n in known).map((n) => `  "${n}": ${JSON.stringify(known[n])}`).join(",\n")}\n}\n`);
}
