// The table of operations, compiled: what runs in the module, and what the module calls the eager kernels for.

import { useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";
import { operations } from "../src/index.js";
import { tensorOperands } from "../src/operation.js";

/** Operations on full float32 arrays that are not worth their code: each a call of the host. Fewer are welcome. */
const inHost = [
  "betainc", "cholesky", "cofactor", "conv_general", "cumlogsumexp", "dynamic_slice", "eigh", "fft", "igamma", "igammac", "lu", "qr",
  "reduce_window_max", "reduce_window_min", "reduce_window_sum", "svd", "top_k", "triangular_solve", "window_place", "zeta",
];

test("no more operations than these leave the module, and plans say so", { timeout: 180_000 }, () => {
  const backend = cpu();
  useBackend(backend);
  const found = new Set<string>();
  let plans = 0;
  for (const { samples } of operations) {
    for (const sample of samples.filter((s) => s.dtypes.includes("float32"))) {
      const xs = tensorOperands(sample, "float32");
      if (xs.some((x) => x.size === 0)) continue;
      const plan = jit((...args) => [sample.apply(...args)].flat()).explainPlan(...xs);
      const hosts = [...plan.matchAll(/^ {2}(\w+): there is no kernel in WebAssembly: the eager kernel runs it/gm)].map(([, name]) => name as string);
      // The first line counts what the last ones name.
      expect(Number(/(\d+) host call/.exec(plan)?.[1]) > 0, plan).toBe(hosts.length > 0);
      for (const name of hosts) found.add(name);
      plans++;
    }
  }
  expect([...found].filter((name) => !inHost.includes(name)).sort()).toEqual([]);
  expect(backend.stats()["programs"]).toBe(plans);
  expect(plans).toBeGreaterThan(300);
});
