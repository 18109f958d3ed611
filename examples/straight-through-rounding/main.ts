// Straight-through rounding. Forward the value is rounded; backward the cotangent goes through as if it had not been. For
// g(x) = round(x) · x at 2.7 that gives 3 · 2.7 = 8.1 with derivative round(x) + x = 5.7, by a rule of one's own and by
// the ready-made estimator alike.
// Bengio, Léonard & Courville 2013, https://arxiv.org/abs/1308.3432

import { array, customVjp, grad, mul, round, straightThrough, type Tensor } from "gradus";

// The rule in full: fwd gives the value and what bwd needs (nothing), bwd passes the cotangent through.
const roundSt = customVjp((x) => round(x)).defvjp(
  (x) => [roundSt(x), null],
  (_residuals, ct) => [ct],
);
const byRule = (x: Tensor): Tensor => mul(roundSt(x), x);

// The same in one word.
const roundThrough = straightThrough(round);
const ready = (x: Tensor): Tensor => mul(roundThrough(x), x);

const plain = (x: Tensor): Tensor => mul(round(x), x);

const show = (x: Tensor): number => Number(x.item().toFixed(4));
const x = array(2.7);

for (const [name, g] of Object.entries({ "plain round": plain, customVjp: byRule, straightThrough: ready })) {
  console.log(`${name.padEnd(15)}  value ${show(g(x))}   gradient ${show(grad(g)(x))}`);
}
