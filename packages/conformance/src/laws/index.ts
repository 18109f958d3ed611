// The laws of the house for one function at one point. Each compares two ways to the same result, and throws a
// ConformanceError that says where they part.

import { batched, batchedDerivative } from "./batching.js";
import { adjoint, flat, gradient, linearized, primal, undifferentiable } from "./derivatives.js";
import { compiled, compiledBatch, compiledDerivative, pure, refused } from "./evaluation.js";
import { inferred, optimized, printed, wellFormed } from "./programs.js";
import { secondOrder } from "./second-order.js";
import type { Law } from "./subject.js";

export type { Law, Subject } from "./subject.js";

export type LawName = "pure" | "primal" | "adjoint" | "linearized" | "gradient" | "secondOrder" | "batched" | "batchedDerivative" | "compiled" | "compiledDerivative" | "compiledBatch" | "printed" | "inferred" | "wellFormed" | "optimized" | "flat" | "undifferentiable" | "refused";

/** The laws by name. */
export const laws: Readonly<Record<LawName, Law>> = {
  pure,
  primal,
  adjoint,
  linearized,
  gradient,
  secondOrder,
  batched,
  batchedDerivative,
  compiled,
  compiledDerivative,
  compiledBatch,
  printed,
  inferred,
  wellFormed,
  optimized,
  flat,
  undifferentiable,
  refused,
};
