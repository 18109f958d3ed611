// A loop cut in two by what depends on the tangents: a loop for what does not, which saves what the other needs, and one that is
// linear in them. This is how reverse mode goes through loops of a known and of an unknown number of steps.

import { isZeroValue, NonlinearError, type Tensor } from "@gradus/core";
import { bits, eliminateDeadCode, type Partition, partition, permuted, Program } from "@gradus/tracing";
import { fixpoint, omit, pick, range, split } from "./groups.js";

/** Which constants, carried values and slices of a body are linear. */
export interface LinearGroups {
  readonly consts: readonly boolean[];
  readonly carry: readonly boolean[];
  readonly slices: readonly boolean[];
}

export interface LoopCut {
  /** Which of the carry is unknown, and which of all results of the body. */
  readonly unknownCarry: readonly boolean[];
  readonly outputIsUnknown: readonly boolean[];
  /** From known constants, carry and slices to known results, of which there are `knownOuts`, and what is saved at each step. */
  readonly known: Program;
  readonly knownOuts: number;
  /** The known constants that the linear loop is given, and whether it is given the known slices. */
  readonly fixed: readonly number[];
  readonly takesSlices: boolean;
  /** From fixed and linear constants, linear carry, what was saved, known slices if it takes them, and linear slices, to unknown results. */
  readonly linear: Program;
}

/**
 * Cuts a body. With `recompute` nothing is saved but the known carry of each step: the linear body computes again what it needs.
 * @param init the initial carry
 */
export function cutLoop(body: Program, groups: LinearGroups, init: readonly Tensor[], recompute: boolean): LoopCut {
  const { consts, carry, slices } = groups;
  const cut = (start: readonly boolean[]) =>
    fixpoint(start, (k) => {
      const unknown = [...consts, ...k, ...slices];
      const result: Partition = body.memo(`partial:${bits(unknown)}:${bits(k)}`, () => partition(body, unknown, k));
      return { found: result.outputIsUnknown.slice(0, carry.length), result };
    });
  let parts: ReturnType<typeof cut>;
  try {
    parts = cut(carry);
  } catch (error) {
    // A sum that begins with a constant zero is linear all the same.
    const start = carry.map((l, i) => l || ((init[i] as Tensor).aval.hasTangent && isZeroValue(init[i] as Tensor)));
    if (!(error instanceof NonlinearError) || start.every((l, i) => l === carry[i])) throw error;
    parts = cut(start);
  }
  const { flags, result } = parts;
  const cutGroups = { consts, carry: flags, slices };
  return recompute ? recomputing(body, result, cutGroups) : saving(result, cutGroups);
}

// What the linear part needs is saved, stacked, unless it is the same in every step.
function saving({ known, unknown, outputIsUnknown }: Partition, groups: LinearGroups): LoopCut {
  const [kC, uC, uK] = [omit(groups.consts, groups.consts).length, pick(groups.consts, groups.consts).length, pick(groups.carry, groups.carry).length];
  const knownOuts = omit(outputIsUnknown, outputIsUnknown).length;
  const residuals = known.outputs.slice(knownOuts);
  const invariant = residuals.map((a) => known.inputs.slice(0, kC).indexOf(a as never));
  const isSaved = invariant.map((i) => i < 0);
  const r = residuals.length;
  return {
    unknownCarry: groups.carry,
    outputIsUnknown,
    known: permuted(known, range(0, known.inputs.length), [...range(0, knownOuts), ...pick(range(knownOuts, known.outputs.length), isSaved)]),
    knownOuts,
    fixed: omit(invariant, isSaved),
    takesSlices: false,
    linear: permuted(
      unknown,
      [...omit(range(0, r), isSaved), ...range(r, r + uC + uK), ...pick(range(0, r), isSaved), ...range(r + uC + uK, unknown.inputs.length)],
      range(0, unknown.outputs.length),
    ),
  };
}

// What the known part computes beside its results is left to the linear part, which is the body itself.
function recomputing(body: Program, { known, outputIsUnknown }: Partition, groups: LinearGroups): LoopCut {
  const knownOuts = omit(outputIsUnknown, outputIsUnknown).length;
  const [kC, kK] = [omit(groups.consts, groups.consts).length, omit(groups.carry, groups.carry).length];
  const { inputs, constants, equations, outputs } = known;
  const saved = inputs.slice(kC, kC + kK);
  const [C, K, X] = split(range(0, body.inputs.length), groups.consts.length, groups.carry.length);
  const order = [...omit(C, groups.consts), ...pick(C, groups.consts), ...pick(K, groups.carry), ...omit(K, groups.carry), ...omit(X, groups.slices), ...pick(X, groups.slices)];
  return {
    unknownCarry: groups.carry,
    outputIsUnknown,
    known: eliminateDeadCode(new Program({ inputs, constants, equations, outputs: [...outputs.slice(0, knownOuts), ...saved] })),
    knownOuts,
    fixed: range(0, kC),
    takesSlices: true,
    linear: eliminateDeadCode(permuted(body, order, pick(range(0, body.outputs.length), outputIsUnknown))),
  };
}
