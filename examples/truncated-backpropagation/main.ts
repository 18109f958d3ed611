// Truncated backpropagation through an unrolled loop. A recurrent state h ← a·h + 1, sixteen times from 0; the derivative of
// the last state by a, through all steps and through the last k only. Cutting is one stopGradient in a plain host loop.
//   dh_T/da = Σ_{j=1..T} a^(j−1) · h_(T−j)      cut after k steps back: the same sum up to j = k
// What is lost shrinks as a^k: for a contracting recurrence a short memory is a good approximation.

import { add, array, grad, makeProgram, mul, stopGradient, type Tensor } from "gradus";

const steps = 16;

/** The last state, with gradients flowing through the last k steps. */
const unrolled = (k: number) => (a: Tensor): Tensor => {
  let h = array(0);
  for (let t = 0; t < steps; t++) {
    if (t === steps - k) h = stopGradient(h);
    h = add(mul(a, h), 1);
  }
  return h;
};

const a = 0.5;
const ks = [1, 2, 4, 8, steps];
const state = (t: number): number => (1 - a ** t) / (1 - a); // h_t = 1 + a + … + a^(t−1)
const closed = (k: number): number => Array.from({ length: k }, (_, j) => a ** j * state(steps - j - 1)).reduce((x, y) => x + y);

const values = ks.map((k) => unrolled(k)(array(a)).item().toFixed(5));
console.log(`h_16 = ${values.join(", ")}: the same for every k`);
console.log(" k   gradient   closed form");
for (const k of ks) {
  const gradient = grad(unrolled(k))(array(a)).item();
  console.log(`${String(k).padStart(2)}    ${gradient.toFixed(5)}       ${closed(k).toFixed(5)}`);
}

// Less work, too: the backward pass of a cut loop never visits the steps before the cut.
const sizes = ks.map((k) => makeProgram(grad(unrolled(k)))(array(a)).equations.length);
console.log(`a smaller k makes a shorter program: ${sizes.every((n, i) => n > (sizes[i - 1] ?? 0))}`);
