// An operation for which nobody has written a derivative. It computes; the moment a differentiated value reaches it, the
// error names the operation, the transformation and the ways to mend it. Three of them follow.

import {
  array, customJvp, definePrimitive, type Elementwise, applyUnary, grad, MissingRuleError, mul, scalar as s, stopGradient, straightThrough, sub, type Tensor,
} from "gradus";

// A triangle wave of period 2 between 0 and 1: |x − 2·round(x/2)|. Its body is all that evaluation needs.
const body: Elementwise["body"] = (x) => s.abs(s.sub(x, s.mul(2, s.round(s.div(x, 2)))));
const triangleP = definePrimitive("@acme/triangle", { elementwise: { accepts: "float", body } });
const triangle = (x: Tensor): Tensor => applyUnary(triangleP, x);

const x = array(1.75);
const show = (x: Tensor): number => Number(x.item().toFixed(4));
console.log(`triangle(1.75) = ${show(triangle(x))}`);

try {
  grad((x) => mul(triangle(x), x))(x);
} catch (error) {
  if (!(error instanceof MissingRuleError)) throw error;
  console.log(`${error.name}: ${error.message}`);
}

// 1 where the wave rises, −1 where it falls: the sign of the distance from the nearest even number.
const slope = (x: Tensor): Tensor => sub(x, x.div(2).round().mul(2)).sign();

// The gradient of t(x)·x is t + x·t'. At 1.75 the wave falls: t' = −1.
const mends = {
  "stopped: t": (x: Tensor) => triangle(stopGradient(x)),
  "straight through: t + x": straightThrough(triangle),
  "by a rule: t − x": customJvp((x) => triangle(x)).defjvp(([x], [dx]) => [triangle(x), mul(dx, slope(x))]),
};

for (const [name, wave] of Object.entries(mends)) {
  console.log(`${name.padEnd(25)}${show(grad((x) => mul(wave(x), x))(x))}`);
}
