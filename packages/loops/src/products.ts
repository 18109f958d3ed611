// First stage: a product whose result is transposed alone is the product of its operands in the other order, (a·b)ᵀ = bᵀ·aᵀ. Sums
// are over the same axes, in the same order.

import { transposeP } from "@gradus/core";
import { type DotGeneralParams, dotGeneralP } from "@gradus/ops";
import { type Atom, type Equation, Program, type Var } from "@gradus/tracing";

/** The program without transpositions of results of products, where nothing else uses these. */
export function withoutTransposedProducts(program: Program): Program {
  const products = new Map<Atom, Equation>();
  const uses = new Map<Atom, number>();
  const use = (a: Atom): unknown => uses.set(a, (uses.get(a) ?? 0) + 1);
  for (const eq of program.equations) eq.inputs.forEach(use);
  program.outputs.forEach(use);
  const turned = (eq: Equation): Equation => {
    if (eq.primitive === dotGeneralP) products.set(eq.outputs[0] as Var, eq);
    const [x] = eq.inputs as [Atom];
    const product = eq.primitive === transposeP && uses.get(x) === 1 ? products.get(x) : undefined;
    if (product === undefined) return eq;
    const [a, b] = product.inputs as [Atom, Atom];
    const { contract, batch } = product.params as DotGeneralParams;
    const nb = batch[0].length;
    const na = a.aval.ndim - nb - contract[0].length;
    const n = x.aval.ndim;
    const { perm } = eq.params as { readonly perm: readonly number[] };
    // Batch axes stay where they are, and the free axes of b come before those of a.
    if (!perm.every((axis, i) => axis === (i < nb ? i : i < n - na ? i + na : i - (n - na) + nb))) return eq;
    return { ...eq, primitive: dotGeneralP, inputs: [b, a], params: { contract: [contract[1], contract[0]], batch: [batch[1], batch[0]] } satisfies DotGeneralParams };
  };
  const { inputs, constants, outputs, inTree, outTree } = program;
  return new Program({ inputs, constants, equations: program.equations.map(turned), outputs, inTree, outTree });
}
