// What the tests of loops compare: a program with control flow and the same one written out.

import { type Tensor, useBackend } from "@gradus/core";
import { cpu } from "@gradus/ops-cpu";
import { expect, it } from "vitest";

useBackend(cpu());

/** Values of a tensor, flat. */
export const flat = (x: Tensor): number[] => Array.from(x.dataSync());

/** A test that two computations give one result, to single precision. */
export function agree(name: string, got: () => Tensor, expected: () => Tensor): void {
  it(name, () => {
    const [a, b] = [got(), expected()];
    expect(a.shape).toEqual(b.shape);
    const [x, y] = [flat(a), flat(b)];
    x.forEach((v, i) => expect(v).toBeCloseTo(y[i] as number, 4));
  });
}
