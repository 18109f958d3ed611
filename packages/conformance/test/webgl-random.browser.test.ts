// The random programs of the CPU, on WebGL in Chromium: operation by operation against the CPU, and compiled.
import { cpu } from "@gradus/ops-cpu";
import { webgl } from "@gradus/ops-webgl";
import { test, vi } from "vitest";
import { type RandomCheck, type RandomProgramOptions, testRandomPrograms } from "../src/index.js";

// A software rasteriser on a busy machine takes its time to compile shaders.
vi.setConfig({ testTimeout: 300_000 });

/** What has no shader is tested elsewhere to say so. */
const skip = (text: string): boolean => /\b(argsort|sort|topK|cholesky|triangularSolve|fft|zeta|igammac?|betainc)\(/.test(text);
const programs = (options: RandomProgramOptions & { checks: readonly RandomCheck[] }): ReturnType<typeof testRandomPrograms> =>
  testRandomPrograms(() => webgl(), { dtype: "float32", reference: cpu(), skip, ...options });

const cases = [
  ...programs({ seed: 1, runs: 150, checks: ["reference"] }),
  ...programs({ seed: 2, runs: 60, sizes: "odd", checks: ["reference"] }),
  ...programs({ seed: 3, runs: 100, checks: ["compiled"] }),
  ...programs({ seed: 4, runs: 40, checks: ["reference", "compiled"] }),
];

test.each(cases.map((c) => [c.name, c] as const))("%s", (_name, c) => c.run());
