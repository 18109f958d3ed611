// A structured operation with two results that is not linear: the greatest element so far along the last axis, and where it
// is. Its derivative picks the tangent at that place, so the rule for reverse mode follows from gather's.

import { type Aval, bind, definePrimitive, isZero, moveAxis, type Primitive, ShapeError, type Tensor, type TensorLike, toTensor, withDType, zeroTangent } from "@gradus/core";
import { expandDims, gather } from "@gradus/ops";
import type { Lowering } from "@gradus/ops-cpu/eager";
import "./flops.js";

/** values[i] = max(x[0], …, x[i]) along the last axis, and the index of the first such element, as int32. */
export const runningMaxP: Primitive<void, "many"> = /* @__PURE__ */ definePrimitive<void, "many">("@acme/running_max", {
  multipleResults: true,
  abstractEval([x]) {
    const aval = x as Aval;
    if (aval.ndim === 0) throw new ShapeError(`@acme/running_max needs an axis, and ${aval} has none.`);
    return [aval, withDType(aval, "int32")];
  },
  rules: {
    jvp([x], [dx]) {
      const [values, places] = runningMax(x as Tensor);
      const last = values.ndim - 1;
      const dvalues = isZero(dx) ? dx : gather(dx as Tensor, expandDims(places, values.ndim), { axes: [last], batchDims: last });
      return [[values, places], [dvalues, zeroTangent(places.aval, "a place is no real number")]];
    },
    batch: ([x], [axis]) => [runningMax(moveAxis(x as Tensor, axis as number, 0)), [0, 0]],
    "@acme/flops:count": ([x]) => (x as Aval).size,
  },
});

/** `[values, places]`: the greatest element so far along the last axis, and its index. @throws ShapeError for a scalar */
export const runningMax = (x: TensorLike): [values: Tensor, places: Tensor] => bind(runningMaxP, [toTensor(x, "runningMax")]) as [Tensor, Tensor];

export const runningMaxLowering: Lowering = ([x], _params, [values, places]) => {
  const { data, shape } = x!;
  const n = shape[shape.length - 1] as number;
  let best = 0;
  for (let at = 0; at < data.length; at++) {
    if (at % n === 0 || (data[at] as number) > (data[best] as number)) best = at;
    values!.data[at] = data[best] as number;
    places!.data[at] = best % n;
  }
};
