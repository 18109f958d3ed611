// The structural primitives, second half: the arithmetic that handlers perform when they combine tangents and cotangents.

import type { Aval } from "./aval.js";
import { applyBinary, applyN } from "./apply.js";
import { applyUnary } from "./apply-unary.js";
import { perform1, perform2, performBelow } from "./bind.js";
import type { TensorLike } from "./host.js";
import { isLinear } from "./linear-var.js";
import { definePrimitive, type Primitive } from "./primitive.js";
import { add as addExpr, mul as mulExpr, neg as negExpr, select as selectExpr } from "./scalar.js";
import { fullOf } from "./structural.js";
import type { Tensor } from "./tensor.js";
import { Zero } from "./zero.js";

/** x + y. On booleans: or. */
export const addP: Primitive = /* @__PURE__ */ definePrimitive("add", {
  elementwise: { accepts: "any", body: addExpr },
  partials: [() => 1, () => 1],
  linearIn: [0, 1],
  rules: { transpose: (ct: Tensor, [x, y]) => [isLinear(x) ? ct : null, isLinear(y) ? ct : null] },
});

/** x·y. On booleans: and. */
export const mulP: Primitive = /* @__PURE__ */ definePrimitive("mul", {
  elementwise: { accepts: "any", body: mulExpr },
  partials: [(_x, y) => y, (x) => x],
  multilinearIn: [0, 1],
  rules: {
    transpose: (ct: Tensor, [x, y]) => (isLinear(x) ? [times(ct, y as Tensor), null] : [null, times(x as Tensor, ct)]),
  },
});

/** −x. */
export const negP: Primitive = /* @__PURE__ */ definePrimitive("neg", {
  elementwise: { accepts: "number", body: negExpr },
  partials: [() => -1],
  linearIn: [0],
  rules: { transpose: (ct: Tensor) => [minus(ct)] },
});

/** Where `pred` is true onTrue, elsewhere onFalse. In reverse mode the branch not taken receives zeros, as numbers. */
export const selectP: Primitive = /* @__PURE__ */ definePrimitive("select", {
  elementwise: { accepts: ["bool", "any", "any"], body: selectExpr },
  linearIn: [1, 2],
  rules: {
    jvp([pred, x, y], [, dx, dy]) {
      const out = performBelow(selectP, [pred, x, y] as Tensor[], undefined)[0] as Tensor;
      if (dx instanceof Zero && dy instanceof Zero) return [out, dx];
      return [out, selectStrict(pred as Tensor, dx as Tensor | Zero, dy as Tensor | Zero)];
    },
    transpose: (ct: Tensor, [pred, x, y]) => [
      null,
      isLinear(x) ? selectStrict(pred as Tensor, ct, new Zero(ct.aval)) : null,
      isLinear(y) ? selectStrict(pred as Tensor, new Zero(ct.aval), ct) : null,
    ],
  },
});

const selectStrict = (pred: Tensor, x: Tensor | Zero, y: Tensor | Zero): Tensor =>
  performBelow(selectP, [pred, instantiate(x), instantiate(y)], undefined)[0] as Tensor;

// What handlers and rules do with tangents and cotangents, whose avals are equal: nothing to promote or broadcast, and
// nothing of that in the bundle of a program that has no other use for it.

/** x + y of equal avals. */
export const plus = (x: Tensor, y: Tensor): Tensor => x.aval.kind?.plus(x, y) ?? perform2(addP, x, y, undefined);

/** x·y of equal avals. */
export const times = (x: Tensor, y: Tensor): Tensor => perform2(mulP, x, y, undefined);

/** −x. */
export const minus = (x: Tensor): Tensor => perform1(negP, x, undefined);

/** A tangent or cotangent as an array: zeros in the place of a symbolic zero; a float0 stays without values. */
export const instantiate = (x: Tensor | Zero): Tensor => (x instanceof Zero ? zerosOf(x.aval) : x);

/** Zeros of an aval. */
export const zerosOf = (aval: Aval): Tensor => fullOf(aval, 0);

/** x + y, broadcast and promoted. On booleans: or. */
export function add(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(addP, x, y);
}

/** x·y, broadcast and promoted. On booleans: and. */
export function mul(x: TensorLike, y: TensorLike): Tensor {
  return applyBinary(mulP, x, y);
}

/** −x. @throws DTypeError for booleans */
export function neg(x: TensorLike): Tensor {
  return applyUnary(negP, x);
}

/** Where `pred` is true onTrue, elsewhere onFalse (NumPy's `where`). @throws DTypeError unless pred is bool */
export function select(pred: TensorLike, onTrue: TensorLike, onFalse: TensorLike): Tensor {
  return applyN(selectP, [pred, onTrue, onFalse]);
}
