// The target network of reinforcement learning. A value V(s) is moved towards r + V(s'), its own estimate one step later.
// That target is to be used as a value and treated as a constant; differentiated as well, it gives way to the estimate, and
// learning goes to the wrong place. The states are Sutton & Barto's A-split ("Reinforcement Learning", 2nd ed., example 11.2):
//   A → B or C, each half of the time, reward 0;   B → end, reward 1;   C → end, reward 0.
// True values: V(A) = ½, V(B) = 1, V(C) = 0. The error differentiated in full is least at ½, ¾, ¼ instead.

import { array, concatenate, grad, jit, mul, reduceSum, square, stopGradient, sub, take, type Tensor, zeros } from "gradus";

// All four transitions, equally often: state, reward, next state. States 0, 1, 2 are A, B, C; 3 is the end.
const states = [0, 0, 1, 2];
const rewards = array([0, 0, 1, 0]);
const next = [1, 2, 3, 3];

/** The values of the states, with 0 for the end. */
const values = (v: Tensor): Tensor => concatenate([v, zeros([1])]);
const target = (v: Tensor): Tensor => rewards.add(take(values(v), next));
/** ½ Σ (V(s) − target)² */
const error = (v: Tensor, target: Tensor): Tensor => mul(0.5, reduceSum(square(sub(take(values(v), states), target))));

const inFull = (v: Tensor): Tensor => error(v, target(v));
const stopped = (v: Tensor): Tensor => error(v, stopGradient(target(v)));

const print = (x: Tensor): string => (x.js() as number[]).map((n) => String(Number(n.toFixed(3))).padStart(6)).join(" ");

// δ_s = V(s) − target(s) at V = (0.4, 0.6, 0.2) is −0.2, 0.2, −0.4, 0.2. Stopped, each moves its own state: δ summed by state.
// In full it moves the next state too, by −δ, although nothing was observed about it.
const v = array([0.4, 0.6, 0.2]);
console.log("gradient at V = (0.4, 0.6, 0.2)   A      B      C");
console.log(`  target stopped             ${print(grad(stopped)(v))}   closed form  0 -0.4 0.2`);
console.log(`  differentiated in full     ${print(grad(inFull)(v))}   closed form  0 -0.2 0`);

const descend = (step: (v: Tensor) => Tensor): Tensor => {
  let v = array([0, 0, 0]);
  for (let i = 0; i < 400; i++) v = sub(v, mul(0.1, step(v)));
  return v;
};

// The same with a frozen copy, as deep networks do it: the target comes from parameters that follow every 20 steps.
const towards = jit(grad((v: Tensor, frozen: Tensor) => error(v, target(frozen))));
let frozen = array([0, 0, 0]);
let count = 0;
const withCopy = (v: Tensor): Tensor => {
  if (count++ % 20 === 0) frozen = v;
  return towards(v, frozen);
};

console.log("after 400 steps");
console.log(`  target stopped             ${print(descend(jit(grad(stopped))))}   true values  0.5 1 0`);
console.log(`  frozen copy                ${print(descend(withCopy))}   true values  0.5 1 0`);
console.log(`  differentiated in full     ${print(descend(jit(grad(inFull))))}   its minimum  0.5 0.75 0.25`);
