// ARCHITECTURE.md names files that exist, stays short, and prints programs as they print.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bind, definePrimitive, type Primitive } from "@gradus/core";
import { makeProgram } from "@gradus/tracing";
import { array, grad, jit, less, mul, reduceSum, sin, type Tensor, whileLoop } from "gradus";
import { describe, expect, it } from "vitest";

const root = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const text = readFileSync(root("ARCHITECTURE.md"), "utf8");
const paths = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+|[A-Z]+\.md)`/g)].map((m) => m[1] as string);
const example = (program: string): string => program.replaceAll(/^/gm, "    ");
const tapP: Primitive<{ name: string }> = definePrimitive<{ name: string }>("@acme/tap", { abstractEval: ([x]) => x as NonNullable<typeof x>, effect: "unordered" });

describe("ARCHITECTURE.md", () => {
  it("has at most 60 lines", () => expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(60));

  it("names files that exist", () => {
    expect(paths.length).toBeGreaterThan(15);
    expect(paths.filter((p) => !existsSync(root(p)))).toEqual([]);
  });

  it("shows residuals as operands as they print", () => {
    const f = (y: Tensor): Tensor => reduceSum(sin(y));
    expect(text).toContain(example(makeProgram((x: Tensor) => grad(jit(f))(x))(array([1, 2, 3])).toString()));
  });

  it("shows stacks, effects and sources as they print", () => {
    const squared = (x: Tensor): Tensor => whileLoop((c: Tensor) => less(c, 9), (c: Tensor) => mul(c, c), x) as Tensor;
    const lines = makeProgram(grad(squared))(array(3)).toString().replaceAll(/=\{ lambda [^]*?in \([^)]*\) \}/g, "=…").split("\n");
    expect(lines).toHaveLength(4);
    for (const line of lines.slice(1, 3)) expect(text).toContain(line);
    const traced = makeProgram((x: Tensor) => {
      bind(tapP, [x], { name: "loss" });
      return sin(x);
    }, { sources: true })(1);
    const [tap] = traced.toString().split("\n").slice(1) as [string];
    expect(tap).toMatch(/# .*architecture\.test\.ts:\d+:\d+$/);
    expect(text).toContain(tap.replace(/ {2}# .*/, "  # main.ts:7:29"));
  });
});
