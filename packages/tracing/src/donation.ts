// Donation: arguments of a call that nobody uses again. Their memory is free as soon as the call is done.

import { give, lend, ownedIn, refusal, Tensor } from "@gradus/core";
import { allPrograms, Literal, type Program } from "./program.js";

/** What a donated tensor holds. */
const gone: object = /* @__PURE__ */ refusal(
  "This array was donated to a function that jit made (donateArgnums), so its memory is no longer its own: go on with a result of that call, copy the array before it (add(x, 0)), or leave the argument out of donateArgnums.",
);

/** The tensors that a program, or one within it, captures and may give as results. */
export function capturedIn(program: Program): Set<Tensor> {
  const found = new Set<Tensor>();
  for (const { constants, outputs } of allPrograms(program)) {
    for (const x of constants.values()) found.add(x);
    for (const x of outputs) if (x instanceof Literal) found.add(x.value);
  }
  return found;
}

/** Results, those that the program captured as tensors of their own: the program needs them again, so giving these away gives nothing away. */
export const lendCaptured = (results: readonly Tensor[], captured: ReadonlySet<Tensor>): Tensor[] => results.map((y) => (captured.has(y) ? lend(y) : y));

/** The tensors of donated arguments. */
export const donated = (args: readonly unknown[], argnums: readonly number[]): Set<Tensor> => new Set(argnums.flatMap((n) => ownedIn(args.at(n))));

/** Takes tensors from their owner; a result that is one of them comes as a tensor of its own, the same wherever it is a result. */
export function giveAll(tensors: ReadonlySet<Tensor>, results: readonly Tensor[]): Tensor[] {
  const kept = new Map<Tensor, Tensor>();
  for (const y of results) if (tensors.has(y) && !kept.has(y)) kept.set(y, new Tensor(y.aval, y.payload, null, y.backend));
  const outs = results.map((y) => kept.get(y) ?? y);
  for (const x of tensors) give(x, outs, gone);
  return outs;
}
