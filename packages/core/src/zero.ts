// Symbolic zeros: the absence of a tangent or cotangent, with the reason for it. They are never arrays: an array that
// happens to hold zeros stays an array.

import { type Aval, tangentAval } from "./aval.js";

/** A zero of an aval that was never computed. `reason` is best effort, for rules and messages. */
export class Zero {
  declare readonly aval: Aval;
  declare readonly reason: string | undefined;

  constructor(aval: Aval, reason?: string) {
    this.aval = aval;
    this.reason = reason;
  }

  get shape(): readonly number[] {
    return this.aval.shape;
  }

  toString(): string {
    return `Zero(${this.aval}${this.reason ? `: ${this.reason}` : ""})`;
  }
}

/** The zero tangent of a value with aval `aval`. */
export const zeroTangent = (aval: Aval, reason?: string): Zero => new Zero(tangentAval(aval), reason);

/** Whether a tangent, a cotangent or a rule's argument is a symbolic zero. */
export const isZero = (x: unknown): x is Zero => x instanceof Zero;
