// How elements were computed, so that they can be computed again.

export interface Recipe<S> {
  readonly inputs: readonly S[];
  readonly results: readonly S[];
  /** Draws the results, which have textures; `inUse` stays on the device meanwhile. */
  readonly draw: (results: readonly S[], inUse: readonly S[]) => void;
  /** The number of the earliest pass that would have to be drawn again for this one, and the bytes copied until then. */
  readonly since: number;
  readonly copied: number;
}
