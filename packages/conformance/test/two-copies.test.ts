// Two loaded copies of core, as after a careless install, and a copy without a backend: named errors, not silent nonsense.
import { add, array, type Backend, isTensor, mul, Tensor, useBackend, withBackend } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { vmap } from "@gradus/batching";
import { concatenate, sin } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { grad, vjp } from "@gradus/vjp";
import { beforeAll, describe, expect, test, vi } from "vitest";

beforeAll(() => useBackend(cpu()));

/** A second instance of every module. */
async function secondCopy() {
  vi.resetModules();
  return { core: await import("@gradus/core"), ops: await import("@gradus/ops"), cpu: (await import("@gradus/ops-cpu")).cpu, vjp: await import("@gradus/vjp") };
}

describe("two copies of core", () => {
  test("are two copies", async () => {
    const other = await secondCopy();
    expect(other.core.Tensor).not.toBe(Tensor);
  });

  test("a tensor of the other copy is refused wherever it arrives, by name and with the mend", async () => {
    const other = await secondCopy();
    other.core.useBackend(other.cpu());
    const theirs = other.core.array([1, 2]) as unknown as Tensor;
    const ours = array([1, 2]);
    const uses: [string, () => unknown][] = [
      ["add", () => add(ours, theirs)],
      ["add, first", () => add(theirs, ours)],
      ["sin", () => sin(theirs)],
      ["concatenate", () => concatenate([ours, theirs])],
      ["array", () => array(theirs as never)],
      ["isTensor", () => isTensor(theirs)],
      ["grad", () => grad((x: Tensor) => x)(theirs)],
      ["jvp", () => jvp(sin as never, [theirs], [ours])],
      ["a tangent", () => jvp(sin as never, [ours], [theirs])],
      ["a cotangent", () => vjp(sin as never, [ours])[1](theirs as never)],
      ["jit", () => jit(sin as (x: Tensor) => Tensor)(theirs)],
      ["vmap", () => vmap(sin as (x: Tensor) => Tensor)(theirs)],
      ["a captured one", () => grad((x: Tensor) => mul(x, theirs))(1)],
      ["a captured one under jit", () => jit((x: Tensor) => mul(x, theirs))(ours)],
      ["a result", () => vmap((_x: Tensor) => theirs, null, { axisSize: 2 })(ours)],
      ["their function of our tensor", () => other.ops.sin(ours as never)],
      ["their grad of our tensor", () => other.vjp.grad(((x: unknown) => x) as never)(ours as never)],
    ];
    for (const [name, use] of uses) {
      let error: unknown;
      try {
        use();
      } catch (e) {
        error = e;
      }
      expect(error, name).toMatchObject({ name: "DuplicateCoreError", code: "duplicate-core", message: expect.stringMatching(/another loaded copy of @gradus\/core.*npm ls @gradus\/core.*dedupe/) });
    }
  });

  test("a backend of the other copy is found out at the first operation", async () => {
    const other = await secondCopy();
    expect(() => withBackend(other.cpu() as unknown as Backend, () => add(array([1, 2]), 1))).toThrow(expect.objectContaining({ code: "duplicate-core" }));
  });
});

describe("no backend", () => {
  test("the first operation says what to install and what to call", async () => {
    const { core, ops, vjp: reverse } = await secondCopy();
    const attempts: [string, () => unknown][] = [
      ["array", () => core.array([1, 2])],
      ["add", () => core.add(1, 2)],
      ["sin", () => ops.sin(1)],
      ["zeros", () => ops.zeros([2])],
      ["grad", () => reverse.grad((x) => core.mul(x as never, 2))(1)],
    ];
    for (const [name, attempt] of attempts) {
      let error: unknown;
      try {
        attempt();
      } catch (e) {
        error = e;
      }
      expect(error, name).toMatchObject({ name: "NoBackendError", code: "no-backend", message: expect.stringMatching(/no backend is in place.*@gradus\/ops-cpu.*useBackend\(cpu\(\)\).*gradus/s) });
    }
  });

  test("tracing needs none", async () => {
    vi.resetModules();
    const { makeProgram, evalShape } = await import("@gradus/tracing");
    const ops = await import("@gradus/ops");
    expect(makeProgram((x: never) => ops.sin(x))(1 as never).toString()).toContain("= sin");
    expect(String(evalShape((x: never) => ops.sin(x), 1 as never))).toBe("~f32[]");
  });
});
