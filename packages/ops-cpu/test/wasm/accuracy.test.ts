// How far vectors of float32 are from the host's doubles: samples here, all of them with ACCURACY_STRIDE=1, which takes minutes a function.
import * as s from "@gradus/core/scalar";
import { describe, expect, test } from "vitest";
import { compileLoop, kinds } from "./loops.js";

const stride = Number(process.env["ACCURACY_STRIDE"] ?? 4099);
const block = 1 << 16;

/** The distance of two numbers in units of the last place of the second, which is rounded to float32 for that. */
const view = new DataView(new ArrayBuffer(4));
function ulp(x: number): number {
  view.setFloat32(0, x);
  const exponent = (view.getInt32(0) >> 23) & 255;
  return 2 ** (Math.min(Math.max(exponent, 1), 254) - 150);
}

function worst(seen: Float32Array, x: Float32Array, f: (x: number) => number, most: { ulps: number; at: number }): void {
  for (let i = 0; i < x.length; i++) {
    const exact = f(x[i] as number);
    const value = seen[i] as number;
    const rounded = Math.fround(exact);
    if (value === rounded ? value !== 0 || Object.is(value, rounded) : Number.isNaN(value) && Number.isNaN(rounded)) continue;
    let ulps = Math.abs(value - exact) / ulp(exact);
    // Beyond the largest number lies ∞, one step further.
    if (!Number.isFinite(rounded) || !Number.isFinite(value)) ulps = Math.abs(value) >= 3.4028234e38 && Math.abs(exact) > 3.4028234e38 && value * exact > 0 ? 1 : Infinity;
    if (!(ulps <= most.ulps)) [most.ulps, most.at] = [Number.isNaN(ulps) ? Infinity : ulps, x[i] as number];
  }
}

const functions = ["exp", "exp2", "expm1", "log", "log2", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "cbrt", "sqrt"] as const;
const opOf = (make: (...x: s.Operand[]) => s.Expr): s.Intrinsic => (make(0, 0) as Extract<s.Expr, { kind: "call" }>).op;
const only = process.env["ACCURACY_OF"]?.split(",");

describe.each(kinds.filter((k) => k !== "scalar"))("%s", (kind) => {
  test.each(functions.filter((name) => only?.includes(name) ?? true))("%s is within 2 ulp", { timeout: 36e5 }, (name) => {
    const op = opOf(s[name]);
    const f = op.float as (x: number) => number;
    const run = compileLoop(kind, ["float32"], "float32", (code, args) => code.apply(op, "float32", args), block);
    const bits = new Uint32Array(block);
    const most = { ulps: 0, at: 0 };
    let at = 0;
    while (at < 2 ** 32) {
      for (let i = 0; i < block; i++, at += stride) bits[i] = at;
      worst(run([bits]) as Float32Array, new Float32Array(bits.buffer), f, most);
    }
    if (process.env["ACCURACY_STRIDE"] !== undefined) process.stdout.write(`${kind} ${name}: ${most.ulps.toFixed(2)} ulp at ${most.at}\n`);
    if (!(most.ulps <= 2)) expect.fail(`${name}(${most.at}) is ${run([Float32Array.of(most.at, 0, 0, 0)])[0]}, not ${f(most.at)}: ${most.ulps} ulp`);
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
    if (process.env["ACCURACY_STRIDE"] !== undefined) process.stdout.write(`${kind} ${name}: ${most.ulps.toFixed(2)} ulp at ${most.at}\n`);
    expect(most.ulps).toBeLessThanOrEqual(2);
  });
});
