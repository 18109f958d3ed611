// The placeholder of a linear value: an input or an intermediate of a linear program.

import type { Aval } from "./aval.js";

/** A variable of a linear program. Transpose rules meet it in the place of each argument that is linear. */
export class LinearVar {
  declare readonly aval: Aval;
  /** @internal Its place in the program. */
  declare readonly index: number;

  /** @internal */
  constructor(aval: Aval, index: number) {
    this.aval = aval;
    this.index = index;
  }
}

/** Whether an argument of a transpose rule is linear: its value is not known, and it wants a cotangent. */
export const isLinear = (x: unknown): x is LinearVar => x instanceof LinearVar;
