// Programs of two thousand operations: one that fuses into few loops, one that does not, since each of its parts reads a maximum of all
// before it.

import { add, mul, reduceMax, sin, sub, type Tensor } from "gradus";

export const operations = 2000;

export function chain(x: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < operations / 4; i++) y = sub(sin(mul(y, 1.01)), mul(y, 0.3 + i / 1000));
  return y;
}

export function maxima(x: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < operations / 5; i++) y = add(mul(y, 0.3 + i / 1000), sin(sub(y, reduceMax(y))));
  return y;
}
