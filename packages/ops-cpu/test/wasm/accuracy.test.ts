// How far vectors of float32 are from the host's doubles: at every 4099th number, and never further than all of them are (see sweep.ts).
import * as s from "@gradus/core/scalar";
import { describe, expect, test } from "vitest";
import { errorOf, functions, type Name, wholeRange } from "./exact.js";
import { compileLoop, kinds } from "./loops.js";

const stride = 4099;
const block = 1 << 16;

function worst(seen: Float32Array, x: Float32Array, f: (x: number) => number, most: { ulps: number; at: number }): void {
  for (let i = 0; i < x.length; i++) {
    const ulps = errorOf(seen[i] as number, f(x[i] as number));
    if (ulps > most.ulps) [most.ulps, most.at] = [ulps, x[i] as number];
  }
}

/** Those that are one intrinsic. */
const intrinsics = (Object.keys(functions) as Name[]).filter((name): name is Exclude<Name, "rsqrt" | "sigmoid"> => name !== "rsqrt" && name !== "sigmoid");
const opOf = (make: (...x: s.Operand[]) => s.Expr): s.Intrinsic => (make(0, 0) as Extract<s.Expr, { kind: "call" }>).op;
const known = wholeRange();

describe.each(kinds.filter((k) => k !== "scalar"))("%s", (kind) => {
  test.each(intrinsics)("%s is within 2 ulp", (name) => {
    const op = opOf(s[name]);
    const { f } = functions[name];
    const run = compileLoop(kind, ["float32"], "float32", (code, args) => code.apply(op, "float32", args), block);
    const bits = new Uint32Array(block);
    const most = { ulps: 0, at: 0 };
    let at = 0;
    while (at < 2 ** 32) {
      for (let i = 0; i < block; i++, at += stride) bits[i] = at;
      worst(run([bits]) as Float32Array, new Float32Array(bits.buffer), f, most);
    }
    // A machine may compute products and sums apart where others fuse them.
    if (!(most.ulps <= Math.min(2, 0.01 + Math.max(known[name]?.unfused.ulps ?? 2, known[name]?.fused.ulps ?? 2)))) expect.fail(`${name}(${most.at}) is ${run([Float32Array.of(most.at, 0, 0, 0)])[0]}, not ${f(most.at)}: ${most.ulps} ulp`);
  });

  test.each(["pow", "atan2", "rem"] as const)("%s is within 2 ulp", (name) => {
    const op = opOf(s[name]);
    const run = compileLoop(kind, ["float32", "float32"], "float32", (code, args) => code.apply(op, "float32", args), block);
    const [x, y] = [new Float32Array(block), new Float32Array(block)];
    const most = { ulps: 0, at: 0 };
    let seed = 1;
    const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) | 0) >>> 0;
    const asFloat = new Float32Array(1);
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < block; i++) {
        // Any bits, then magnitudes at which results are neither 0 nor ∞.
        for (const z of [x, y]) {
          new Uint32Array(asFloat.buffer)[0] = random();
          z[i] = round < 2 ? (asFloat[0] as number) : Math.sign((asFloat[0] as number) || 1) * 2 ** ((random() / 2 ** 32 - 0.5) * (z === x ? 60 : 12));
        }
        if (name === "pow" && round > 3) x[i] = 1 + (random() / 2 ** 32 - 0.5) * 2 ** -round;
        if (name === "pow" && round === 3) y[i] = Math.round(y[i] as number);
      }
      const seen = run([x, y]) as Float32Array;
      for (let i = 0; i < block; i++) worst(seen.subarray(i, i + 1), x.subarray(i, i + 1), (a) => op.float(a, y[i] as number, 0), most);
    }
    expect(most.ulps).toBeLessThanOrEqual(2);
  });
});
