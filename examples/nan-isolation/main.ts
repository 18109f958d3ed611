// A NaN that comes from a branch nobody took. √x where x > 0 and 0 elsewhere looks safe: its value at 0 is 0. But both
// branches are computed, and the derivative of √x at 0 is ∞; the branch not taken contributes 0 · ∞ = NaN.

import { array, grad, greater, isNan, mul, select, sqrt, square, stopGradient, type Tensor, vmap } from "gradus";

const isPositive = (x: Tensor): Tensor => greater(x, 0);

const ways = {
  // Wrong: select chooses the value after √ has seen the 0.
  "select after √": (x: Tensor) => select(isPositive(x), sqrt(x), 0),
  // Right: choose the argument too, so that √ never sees what is not wanted. ("double where")
  "select before and after": (x: Tensor) => select(isPositive(x), sqrt(select(isPositive(x), x, 1)), 0),
  // Also no NaN, but no gradient anywhere: the whole path has become a constant.
  "stopGradient on the path": (x: Tensor) => select(isPositive(x), stopGradient(sqrt(x)), 0),
};

const points = array([0, 4]);
const print = (x: Tensor): string => (x.js() as number[]).map((n) => String(Number(n.toFixed(3))).padStart(6)).join("");

console.log("x                              0     4");
console.log(`expected gradient         ${print(array([0, 0.25]))}`);
for (const [name, f] of Object.entries(ways)) console.log(`${name.padEnd(26)}${print(vmap(grad(f))(points))}`);

// Where the cause cannot be mended, stopGradient keeps one bad term from spoiling its neighbours: here x² + u(x) with a
// term u from elsewhere whose derivative at 0 is NaN. The value keeps both terms; the gradient is that of x² alone.
const u = ways["select after √"];
const spoilt = (x: Tensor): Tensor => square(x).add(mul(0.1, u(x)));
const isolated = (x: Tensor): Tensor => square(x).add(mul(0.1, stopGradient(u(x))));
console.log(`gradient of x² + u(x)     ${print(vmap(grad(spoilt))(points))}`);
console.log(`with u stopped            ${print(vmap(grad(isolated))(points))}`);
console.log(`values agree: ${vmap(spoilt)(points).equal(vmap(isolated)(points)).reduceAnd().item<boolean>()}, any NaN: ${isNan(vmap(grad(isolated))(points)).reduceOr().item<boolean>()}`);
