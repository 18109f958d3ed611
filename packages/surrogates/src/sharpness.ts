// The option that all smooth stand-ins share.

import { ArgumentError } from "@gradus/core";

export interface SharpnessOptions {
  /** How close to the hard function, an inverse temperature: positive, 10 unless given. In the limit ∞ it is the hard function. */
  readonly sharpness?: number;
}

/** @throws ArgumentError unless the sharpness is a finite positive number */
export function sharpnessOf({ sharpness = 10 }: SharpnessOptions, what: string): number {
  if (typeof sharpness === "number" && sharpness > 0 && sharpness < Infinity) return sharpness;
  throw new ArgumentError(`${what}: the sharpness is ${String(sharpness)}, and has to be a finite positive JS number; for the limit use the function of that name of @gradus/ops.`);
}
