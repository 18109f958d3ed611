// Numbers of the Poisson distribution: products of uniform numbers for small means, rejection for greater ones.

import { add, cast, type DType, full, mul, neg, select, type Shape, type Tensor, type TensorLike, toTensor, broadcastTo } from "@gradus/core";
import { whileLoop } from "@gradus/control-flow";
import { abs, and, div, equal, floor, greater, greaterEqual, isNan, less, lessEqual, lgamma, log, not, or, reduceOr, sqrt, square, sub, take } from "@gradus/ops";
import { stopGradient } from "@gradus/stop-gradient";
import { split } from "./keys.js";
import { checkedShape, type FloatType, uniform } from "./uniform.js";

/** Up to this mean numbers are counted one by one. */
const counted = 10;

// How many uniform numbers it takes until their product is below e^−mean.
// Source: Knuth, "The art of computer programming", volume 2, section 3.4.1
function byProducts(k: Tensor, mean: Tensor): Tensor {
  type State = { k: Tensor; count: Tensor; logs: Tensor };
  const isOpen = ({ logs }: State): Tensor => greater(logs, neg(cast(mean, "float32")));
  const { count } = whileLoop(
    (s: State) => reduceOr(isOpen(s)),
    (s: State): State => {
      const keys = split(s.k);
      return { k: take(keys, 0, 0), count: add(s.count, cast(isOpen(s), "int32")), logs: add(s.logs, log(uniform(take(keys, 1, 0), mean.shape))) };
    },
    { k, count: full(mean.shape, 0, "int32"), logs: full(mean.shape, 0, "float32") } as never,
  ) as unknown as State;
  return sub(count, 1);
}

// Source: Hörmann, "The transformed rejection method for generating Poisson random variables", 1993, https://doi.org/10.1016/0167-6687(93)90997-4
function byRejection(k: Tensor, mean: Tensor): Tensor {
  const dtype = mean.dtype as FloatType;
  const b = add(mul(sqrt(mean), 2.53), 0.931);
  const a = add(mul(b, 0.02483), -0.059);
  const inverse = add(div(1.1328, sub(b, 3.4)), 1.1239);
  const least = sub(0.9277, div(3.6224, sub(b, 2)));
  type State = { k: Tensor; found: Tensor; isDone: Tensor };
  const { found } = whileLoop(
    (s: State) => reduceOr(not(s.isDone)),
    (s: State): State => {
      const keys = split(s.k, 3);
      const u = sub(uniform(take(keys, 1, 0), mean.shape, dtype), 0.5);
      const v = uniform(take(keys, 2, 0), mean.shape, dtype);
      const away = sub(0.5, abs(u));
      const n = floor(add(add(mul(add(div(mul(a, 2), away), b), u), mean), 0.43));
      const left = log(div(mul(v, inverse), add(div(a, square(away)), b)));
      const right = sub(sub(mul(n, log(mean)), mean), lgamma(add(n, 1)));
      const isInside = and(greaterEqual(away, 0.07), lessEqual(v, least));
      const isOutside = or(less(n, 0), and(less(away, 0.013), greater(v, away)));
      const isAccepted = or(isInside, and(not(isOutside), lessEqual(left, right)));
      return { k: take(keys, 0, 0), found: select(isAccepted, n, s.found), isDone: or(s.isDone, isAccepted) };
    },
    { k, found: full(mean.shape, -1, dtype), isDone: full(mean.shape, false) } as never,
  ) as unknown as State;
  return found;
}

/** Numbers of events, int32 unless a dtype is given, of the Poisson distribution of a mean, which broadcasts to the shape. They carry no gradient. @throws ShapeError @throws DTypeError for what is no key */
export function poisson(k: Tensor, mean: TensorLike, shape?: Shape, dtype: DType = "int32"): Tensor {
  const given = stopGradient(toTensor(mean, "random.poisson"));
  const lam = broadcastTo(given.dtype === "float64" ? given : cast(given, "float32"), shape !== undefined ? checkedShape(shape, "poisson") : given.shape);
  const isSmall = or(isNan(lam), less(lam, counted));
  const few = byProducts(k, select(isSmall, lam, 0));
  // Where it does not count, a mean with few rejections.
  const many = byRejection(k, select(isSmall, 1e5, lam));
  return select(equal(lam, 0), full([], 0, dtype), select(isSmall, cast(few, dtype), cast(many, dtype)));
}
