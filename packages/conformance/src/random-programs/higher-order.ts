// Lines that hold functions: branches, loops, compiled calls, inner derivatives and mapped functions.

import { vmap } from "@gradus/batching";
import { cond, foriLoop, scan } from "@gradus/control-flow";
import type { Tensor } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import * as ops from "@gradus/ops";
import { jit } from "@gradus/tracing";
import { grad } from "@gradus/vjp";
import { bounded, smoothBinary, smoothUnary } from "./elementwise.js";
import { type Choose, hasAxis, type Instruction, isBool, isFull, isReal, meet, real, type Value } from "./value.js";

const oneOf = <T>(choose: Choose, xs: readonly T[]): T => xs[choose.below(xs.length)]!;
/** Two values of one shape. */
const alike = (choose: Choose, fits: (x: Value) => boolean = isReal): [Value, Value] | undefined => {
  const x = choose.value((v) => isReal(v) && fits(v));
  const y = x && choose.value((v) => isReal(v) && v.shape.join() === x.shape.join());
  return y && [x, y];
};

const branches: Instruction = (choose) => {
  const p = choose.value(isBool);
  const found = p && alike(choose);
  if (p === undefined || found === undefined) return undefined;
  const [x, y] = found;
  const [f, g] = [oneOf(choose, smoothUnary), oneOf(choose, smoothBinary)];
  // The second branch closes over a value.
  return bounded({
    operands: [p, x, y],
    result: real(x.shape, Math.max(f.bound(x.bound), g.bound(x.bound, y.bound))),
    text: `cond(reduceOr(${p.name}), (a) => ${f.text("a")}, (a) => ${g.text("a", y.name)}, ${x.name})`,
    apply: (c, a, b) => cond(ops.reduceOr(c!), (u: Tensor) => f.apply(u), (u: Tensor) => g.apply(u, b!), a!),
  });
};

const scanned: Instruction = (choose) => {
  const xs = choose.value((v) => isReal(v) && hasAxis(v));
  const init = xs && choose.value((v) => isReal(v) && v.shape.join() === xs.shape.slice(1).join());
  if (xs === undefined || init === undefined) return undefined;
  const [f, g] = [oneOf(choose, smoothBinary), oneOf(choose, smoothUnary)];
  const isCarry = choose.below(2) === 0;
  const reverse = choose.below(2) === 1;
  return bounded({
    operands: [init, xs],
    result: isCarry ? real(init.shape, Math.max(1, init.bound)) : real(xs.shape, g.bound(Math.max(1, init.bound))),
    text: `scan((c, x) => [tanh(${f.text("c", "x")}), ${g.text("c")}], ${init.name}, ${xs.name}, { reverse: ${reverse} })[${isCarry ? 0 : 1}]`,
    apply: (c, x) => scan((u: Tensor, v: Tensor) => [ops.tanh(f.apply(u, v)), g.apply(u)] as const, c!, x, { reverse })[isCarry ? 0 : 1] as Tensor,
  });
};

const repeated: Instruction = (choose) => {
  const found = alike(choose);
  if (found === undefined) return undefined;
  const [x, y] = found;
  const f = oneOf(choose, smoothBinary);
  const n = choose.below(4);
  return { operands: [x, y], result: real(x.shape, Math.max(1, x.bound)), text: `foriLoop(0, ${n}, (_i, c) => tanh(${f.text("c", y.name)}), ${x.name})`, apply: (a, b) => foriLoop(0, n, (_i, c: Tensor) => ops.tanh(f.apply(c, b!)), a!) };
};

const compiled: Instruction = (choose) => {
  const x = choose.value(isReal);
  const y = x && choose.value((v) => isReal(v) && meet(x.shape, v.shape) !== undefined);
  if (x === undefined || y === undefined) return undefined;
  const [f, g] = [oneOf(choose, smoothUnary), oneOf(choose, smoothBinary)];
  const bound = g.bound(x.bound, y.bound);
  return bounded({ operands: [x, y], result: real(meet(x.shape, y.shape)!, f.bound(bound)), text: `jit((a) => ${f.text(g.text("a", y.name))})(${x.name})`, apply: (a, b) => jit((u: Tensor) => f.apply(g.apply(u, b!)))(a!) });
};

const gradient: Instruction = (choose) => {
  const found = alike(choose);
  if (found === undefined) return undefined;
  const [x, y] = found;
  const f = oneOf(choose, smoothUnary);
  const text = `tanh(grad((a) => reduceSum(mul(${f.text("a")}, ${y.name})))(${x.name}))`;
  return { operands: [x, y], result: real(x.shape, 1), text, apply: (a, b) => ops.tanh(grad((u: Tensor) => ops.reduceSum(ops.mul(f.apply(u), b!)))(a!) as Tensor) };
};

const pushed: Instruction = (choose) => {
  const found = alike(choose);
  if (found === undefined) return undefined;
  const [x, y] = found;
  const f = oneOf(choose, smoothBinary);
  return { operands: [x, y], result: real(x.shape, 1), text: `tanh(jvp((a) => ${f.text("a", x.name)}, [${x.name}], [${y.name}])[1])`, apply: (a, b) => ops.tanh(jvp((u: Tensor) => f.apply(u, a!), [a!], [b!])[1]) };
};

const mapped: Instruction = (choose) => {
  const found = alike(choose, (v) => hasAxis(v) && isFull(v));
  if (found === undefined) return undefined;
  const [x, y] = found;
  const f = oneOf(choose, smoothBinary);
  return bounded({ operands: [x, y], result: real(x.shape, f.bound(x.bound, y.bound * 36)), text: `vmap((a, b) => ${f.text("a", "reduceSum(b)")})(${x.name}, ${y.name})`, apply: (a, b) => vmap((u: Tensor, v: Tensor) => f.apply(u, ops.reduceSum(v)))(a!, b!) });
};

export const higherOrder: readonly (readonly [name: string, Instruction])[] = [
  ["cond", branches],
  ["scan", scanned],
  ["foriLoop", repeated],
  ["jit", compiled],
  ["grad", gradient],
  ["jvp", pushed],
  ["vmap", mapped],
];
