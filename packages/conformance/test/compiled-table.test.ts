// The table of operations, compiled: what runs in the module, and what the module calls the eager kernels for.

import { type DType, useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { operations } from "../src/index.js";
import { tensorOperands } from "../src/operation.js";

/** Operations on arrays with elements that are not worth their code: each a call of the host. */
const inHost: Partial<Record<DType, readonly string[]>> = {
  float32: ["betainc", "cholesky", "cofactor", "eigh", "fft", "igamma", "igammac", "lu", "qr", "svd", "triangular_solve", "zeta"],
  float64: ["betainc", "cholesky", "cofactor", "eigh", "fft", "igamma", "igammac", "lu", "qr", "svd", "triangular_solve", "zeta"],
  int32: [],
  uint32: [],
  bool: [],
};

test.each(Object.keys(inHost) as DType[])("these operations on %s leave the module and no others, and plans say so", { timeout: 180_000 }, (dtype) => {
  const backend = cpu();
  useBackend(backend);
  const found = new Set<string>();
  let plans = 0;
  for (const { samples } of operations) {
    for (const sample of samples.filter((s) => s.dtypes.includes(dtype))) {
      const xs = tensorOperands(sample, dtype);
      if (xs.some((x) => x.size === 0)) continue;
      const plan = jit((...args) => [sample.apply(...args)].flat()).explainPlan(...xs);
      const hosts = [...plan.matchAll(/^ {2}(\w+): there is no kernel in WebAssembly: the eager kernel runs it/gm)].map(([, name]) => name as string);
      // The first line counts what the last ones name.
      expect(Number(/(\d+) host call/.exec(plan)?.[1]) > 0, plan).toBe(hosts.length > 0);
      for (const name of hosts) found.add(name);
      plans++;
    }
  }
  expect([...found].sort()).toEqual(inHost[dtype]);
  expect(backend.stats()["programs"]).toBe(plans);
});
