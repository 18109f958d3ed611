// Checkpoint policies: which values of a checkpointed function its forward pass keeps for the backward pass. Everything else is
// computed again.

import type { AnyPrimitive, Aval } from "@gradus/core";

/** A value that may be kept: the operation that it is a result of, and its names. */
export interface Saveable {
  readonly primitive: AnyPrimitive;
  /** The avals of the operands. */
  readonly avals: readonly Aval[];
  readonly params: unknown;
  /** The names that `checkpointName` gave the value. */
  readonly names: readonly string[];
}

/** Whether a value may be kept. Jitted functions are looked into; a loop or a branch is one operation. */
export type CheckpointPolicy = (value: Saveable) => boolean;

/** Keeps every value: as without checkpoint. */
export const everythingSaveable: CheckpointPolicy = () => true;

/** Keeps no value: the backward pass has the arguments alone. What `checkpoint` does unless told otherwise. */
export const nothingSaveable: CheckpointPolicy = () => false;

// A product summed over shared axes: linear in each of two operands, and not element by element.
const isDot = ({ primitive: { traits } }: Saveable): boolean => traits.multilinearIn?.length === 2 && traits.elementwise === undefined;

/** Keeps the results of matrix products, which are dear to compute again. */
export const dotsSaveable: CheckpointPolicy = isDot;

/** Keeps the results of matrix products without batch axes, such as weights times a batch of activations. */
export const dotsWithNoBatchDimsSaveable: CheckpointPolicy = (value) =>
  isDot(value) && ((value.params as { batch?: readonly (readonly number[])[] } | undefined)?.batch ?? []).every((axes) => axes.length === 0);

/** Keeps the values that `checkpointName` gave one of these names, nothing else. */
export const saveOnlyTheseNames =
  (...names: string[]): CheckpointPolicy =>
  (value) =>
    value.names.some((n) => names.includes(n));

/** Keeps the values that have a name which is none of these, and nothing without a name. */
export const saveAnyNamesButThese =
  (...names: string[]): CheckpointPolicy =>
  (value) =>
    value.names.some((n) => !names.includes(n));

/** Keeps every value but those with one of these names, which are computed again from what was kept. */
export const saveAnythingExceptTheseNames =
  (...names: string[]): CheckpointPolicy =>
  (value) =>
    !value.names.some((n) => names.includes(n));

/** Keeps what either of two policies keeps. */
export const saveFromBothPolicies =
  (first: CheckpointPolicy, second: CheckpointPolicy): CheckpointPolicy =>
  (value) =>
    first(value) || second(value);
