// The gradient of round is zero, and why. A step function is flat between its steps and has no derivative at them, so
// "zero" is the honest answer almost everywhere. It is also the end of learning: nothing that follows a plain round can
// reach what came before it. Each such operation says so itself; the other answers are one-line changes.

import {
  array, ceilP, cosP, floorP, grad, greaterP, mul, round, roundP, sigmoid, signP, stopGradient, straightThrough, sub, type Tensor,
} from "gradus";

const show = (x: Tensor): number => Number(x.item().toFixed(4));

console.log(`round(2.7) = ${show(round(2.7))}, gradient ${show(grad((x) => round(x))(2.7))}`);
console.log("because:");
for (const p of [roundP, floorP, ceilP, signP, greaterP, cosP]) {
  console.log(`  ${p.name.padEnd(8)} ${p.traits.zeroGradient ?? "(flows)"}`);
}

// One weight, rounded, to be fitted to 3 from 0.2: the loss ½(round(w) − 3)² under four answers to "what is round's slope?"
const slopes = {
  "round as it is": round,
  "stopGradient, the same on purpose": (w: Tensor) => stopGradient(round(w)),
  "straightThrough: slope 1": straightThrough(round),
  // A smooth stand-in for the steps at ½, 3/2 and 5/2, with sharpness 4: the derivative is its own.
  "straightThrough: slope of smooth steps": straightThrough(round, (w: Tensor) =>
    [0.5, 1.5, 2.5].map((step) => sigmoid(mul(4, sub(w, step)))).reduce((a, b) => a.add(b)),
  ),
};
console.log("20 steps of gradient descent on ½(round(w) − 3)², from w = 0.2:");
for (const [name, rounded] of Object.entries(slopes)) {
  const loss = (w: Tensor): Tensor => rounded(w).sub(3).square().mul(0.5);
  let w = array(0.2);
  for (let i = 0; i < 20; i++) w = w.sub(grad(loss)(w).mul(0.25));
  console.log(`  ${name.padEnd(39)} w = ${show(w)}, round(w) = ${show(round(w))}`);
}
