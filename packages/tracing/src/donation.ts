// Donation: arguments of a call that nobody uses again. Their memory is free as soon as the call is done; whoever uses one
// after all gets an error instead of numbers.

import { ArgumentError, base, stack, Tensor, tree } from "@gradus/core";
import { allPrograms, Literal, type Program } from "./program.js";

const refuse = (): never => {
  throw new ArgumentError(
    "This array was donated to a function that jit made (donateArgnums), so its memory is no longer its own: go on with a result of that call, copy the array before it (add(x, 0)), or leave the argument out of donateArgnums.",
  );
};

/** What a donated tensor holds: whatever a backend does with it throws. */
const gone: object = /* @__PURE__ */ new Proxy({}, { get: refuse, set: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse });

/** What programs captured and gave as results. */
const lent = /* @__PURE__ */ new WeakSet<Tensor>();

/** The tensors that a program, or one within it, captures and may give as results. */
export function capturedIn(program: Program): Set<Tensor> {
  const found = new Set<Tensor>();
  for (const { constants, outputs } of allPrograms(program)) {
    for (const x of constants.values()) found.add(x);
    for (const x of outputs) if (x instanceof Literal) found.add(x.value);
  }
  return found;
}

/** Results, those that the program captured as tensors of their own: the program needs them again, so donating these gives nothing away. */
export function lend(results: readonly Tensor[], captured: ReadonlySet<Tensor>): Tensor[] {
  return results.map((y) => {
    if (!captured.has(y)) return y;
    const own = new Tensor(y.aval, y.payload, null, y.backend);
    lent.add(own);
    return own;
  });
}

/** The tensors of donated arguments. There are none under a transformation, which may want to use them in its own way. */
export function donated(args: readonly unknown[], argnums: readonly number[]): Set<Tensor> {
  const found = new Set<Tensor>();
  if (stack.top !== base) return found;
  for (const n of argnums) {
    for (const x of tree.leaves(args.at(n))) if (x instanceof Tensor && x.frame === null && !lent.has(x)) found.add(x);
  }
  return found;
}

/** Takes tensors from their owner; a result that is one of them comes as a tensor of its own, the same wherever it is a result. */
export function give(tensors: ReadonlySet<Tensor>, results: readonly Tensor[]): Tensor[] {
  const kept = new Map<Tensor, Tensor>();
  for (const y of results) if (tensors.has(y) && !kept.has(y)) kept.set(y, new Tensor(y.aval, y.payload, null, y.backend));
  for (const x of tensors) {
    if (!kept.has(x)) x.backend?.release?.(x, results);
    (x as { payload: unknown }).payload = gone;
  }
  return results.map((y) => kept.get(y) ?? y);
}
