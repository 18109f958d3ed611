// What an editor shows for inferred types: the compiler prints them, and they read as structures of tensors.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const project = fileURLToPath(new URL("readable-types/tsconfig.json", import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const out = mkdtempSync(join(tmpdir(), "gradus-types-"));
const printed = new Map<string, string>();

beforeAll(() => {
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", project, "--outDir", out], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
  const text = readFileSync(join(out, "packages/gradus/test/readable-types/expressions.d.ts"), "utf8");
  for (const [, name, type] of text.matchAll(/export declare const (\w+): ([\s\S]*?);\n(?=export|$)/g)) {
    printed.set(name!, type!.replace(/import\("[^"]*"\)\./g, "").replace(/\s+/g, " "));
  }
}, 60_000);
afterAll(() => rmSync(out, { recursive: true }));

const model = "{ layers: { readonly weight: Tensor; readonly bias: Tensor; }[]; scale: Tensor; }";
const given = "{ layers: { readonly weight: TensorLike; readonly bias: TensorLike; }[]; scale: TensorLike; }";
const result = "{ y: Tensor; parts: [Tensor, Tensor]; }";

test.each([
  ["gradient", model],
  ["gradientFunction", `(model: ${given}, x: TensorLike) => ${model}`],
  ["severalGradients", `readonly [Tensor, ${model}]`],
  ["lastGradient", "Tensor"],
  ["valueAndGradient", `[Tensor, ${model}]`],
  ["gradientWithAux", "[Tensor, { note: string; }]"],
  ["dual", `[${result}, ${result}]`],
  ["linearized", `[${result}, (model: ${given}, x: TensorLike) => ${result}]`],
  ["pulledBack", `[model: ${model}, x: Tensor]`],
  ["transposed", `[model: ${model}, x: Tensor]`],
  ["forwardJacobian", "{ y: Tensor; }"],
  ["reverseJacobian", "{ y: readonly [{ w: Tensor; }]; }"],
  ["secondDerivative", "{ w: { w: Tensor; b: Tensor; }; b: { w: Tensor; b: Tensor; }; }"],
  ["product", "[a: { w: Tensor; }]"],
  ["mapped", `(model: ${given}, x: TensorLike) => ${result}`],
  ["compiled", result],
  ["again", `(model: ${given}, x: TensorLike) => ${result}`],
  ["shapes", "{ y: Aval; parts: [Aval, Aval]; }"],
  ["stopped", model],
  ["through", "(a: Tensor) => Tensor"],
  ["branch", "{ y: Tensor; }"],
  ["loop", "[{ h: Tensor; }, [Tensor, Tensor]]"],
])("%s reads as a structure of tensors", (name, type) => {
  expect(printed.get(name)).toBe(type);
});
