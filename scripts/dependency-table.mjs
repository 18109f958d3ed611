// Which package may stand on which, at run time. The architecture in one table: check-boundaries holds sources and
// manifests to it. A new package gets a row here first.

/** @type {Record<string, { packages: string[], external?: string[] }>} */
export const dependencyTable = {
  "@gradus/core": { packages: [] },
  "@gradus/ops": { packages: ["@gradus/core"] },
  "@gradus/batching": { packages: ["@gradus/core"] },
  "@gradus/tracing": { packages: ["@gradus/core"] },
  "@gradus/jvp": { packages: ["@gradus/core", "@gradus/batching"] },
  "@gradus/vjp": { packages: ["@gradus/core", "@gradus/jvp", "@gradus/tracing", "@gradus/batching"] },
  "@gradus/stop-gradient": { packages: ["@gradus/core"] },
  "@gradus/custom-rules": { packages: ["@gradus/core", "@gradus/tracing"] },
  "@gradus/control-flow": { packages: ["@gradus/core", "@gradus/ops", "@gradus/tracing"] },
  "@gradus/loops": { packages: ["@gradus/core", "@gradus/ops", "@gradus/tracing"] },
  "@gradus/ops-cpu": { packages: ["@gradus/core", "@gradus/loops", "@gradus/ops", "@gradus/tracing"] },
  "@gradus/ops-webgl": { packages: ["@gradus/core", "@gradus/loops", "@gradus/ops", "@gradus/tracing"] },
  "@gradus/surrogates": { packages: ["@gradus/core", "@gradus/custom-rules", "@gradus/ops", "@gradus/stop-gradient"] },
  // numpy for the random numbers of first weights: its keys and its bits.
  "@gradus/nn": { packages: ["@gradus/core", "@gradus/custom-rules", "@gradus/numpy", "@gradus/ops", "@gradus/stop-gradient", "@gradus/surrogates"] },
  // batching for vectorize and applyAlongAxis, control-flow for random numbers by rejection.
  "@gradus/numpy": { packages: ["@gradus/batching", "@gradus/control-flow", "@gradus/core", "@gradus/ops", "@gradus/stop-gradient", "@gradus/surrogates"] },
  "@gradus/conformance": {
    packages: [
      "@gradus/batching",
      "@gradus/control-flow",
      "@gradus/core",
      "@gradus/custom-rules",
      "@gradus/jvp",
      "@gradus/ops",
      "@gradus/ops-cpu",
      "@gradus/stop-gradient",
      "@gradus/tracing",
      "@gradus/vjp",
    ],
    external: ["fast-check"],
  },
  gradus: {
    packages: [
      "@gradus/batching",
      "@gradus/control-flow",
      "@gradus/core",
      "@gradus/custom-rules",
      "@gradus/jvp",
      "@gradus/nn",
      "@gradus/numpy",
      "@gradus/ops",
      "@gradus/ops-cpu",
      "@gradus/stop-gradient",
      "@gradus/surrogates",
      "@gradus/tracing",
      "@gradus/vjp",
    ],
  },
};

/** What tests may import from npm besides the dependencies of their package. */
export const testExternals = ["fast-check", "vitest", "@vitest/browser", "@vitest/browser-playwright"];
