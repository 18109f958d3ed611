// Laws of programs: they print alike, are well formed, infer the avals of evaluation, and passes change no bit.

import { vmap } from "@gradus/batching";
import type { Aval, Tensor } from "@gradus/core";
import { checkProgram, eliminateCommonSubexpressions, eliminateDeadCode, evalProgram, evalShape, makeProgram, type Program } from "@gradus/tracing";
import { exactly, expectAval, expectTree, fail, thrownBy } from "../compare.js";
import { fromHost, randomHost } from "../host-array.js";
import { randomSource } from "../random.js";
import { at, backward, cotangents, directions, forward, type Law, outputs, stackPoints, type Subject } from "./subject.js";

/** 7. Printing is deterministic, and re-tracing the evaluation of a program prints the same text. */
export const printed: Law = (s) => {
  for (const [what, program] of programs(s)) {
    const text = program.toString();
    const again = makeProgram((...xs: Tensor[]) => evalProgram(program, xs))(...program.inAvals.map(argument));
    if (again.toString() !== text) fail(`${what}: re-traced, the program prints\n${again.toString()}\nexpected\n${text}`);
  }
  const [first, second] = [makeProgram(outputs(s))(...at(s)).toString(), makeProgram(outputs(s))(...at(s)).toString()];
  if (first !== second) fail(`Traced twice, f prints\n${first}\nand\n${second}`);
};

const argument = (aval: Aval): Tensor => fromHost(randomHost(aval, randomSource(0)), aval.weak);

/** The programs of f and of its transforms. */
function programs(s: Subject): [string, Program][] {
  const xs = at(s);
  const list: [string, Program][] = [["f", makeProgram(outputs(s))(...xs)]];
  if (xs.length > 0) list.push(["vmap(f)", makeProgram(vmap(outputs(s)))(...xs.map((_, i) => stackPoints(s.points, i, 0)))]);
  if (differentiable(s)) {
    list.push(["jvp(f)", makeProgram((ts: Tensor[], vs: Tensor[]) => forward(s)(ts, vs))(xs, directions(xs))]);
    list.push(["vjp(f)", makeProgram((ts: Tensor[], cts: Tensor[]) => backward(s)(ts, cts))(xs, cotangents(outputs(s)(...xs)))]);
  }
  return list;
}

/** Whether the derivative of f can be asked for: it reaches no operation without a rule. */
const differentiable = (s: Subject): boolean => thrownBy(() => forward(s)(at(s), directions(at(s)))) === "nothing";

/** The avals that tracing infers are those of evaluation: shape, dtype and weakness. */
export const inferred: Law = (s) => {
  const xs = at(s);
  const wanted = outputs(s)(...xs);
  const traced = makeProgram(outputs(s))(...xs).outAvals;
  wanted.forEach((y, i) => expectAval(traced[i] as Aval, y.aval, `the traced output ${i}`));
  const shapes = evalShape(outputs(s), ...xs) as unknown as Aval[];
  wanted.forEach((y, i) => expectAval(shapes[i] as Aval, y.aval, `evalShape of output ${i}`));
};

/** Programs of f and of its transforms are well formed, with the avals that their primitives infer. */
export const wellFormed: Law = (s) => {
  for (const [what, program] of programs(s)) {
    const error = messageOf(() => checkProgram(program));
    if (error !== undefined) fail(`The program of ${what} is not well formed: ${error}\n${program.toString()}`);
  }
};

function messageOf(f: () => void): string | undefined {
  try {
    f();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

/** 9. Removing dead code and merging equal equations change no bit of any result. */
export const optimized: Law = (s) => {
  for (const [what, program] of programs(s)) {
    const args = program.inAvals.map((aval, i) => (what === "f" ? (at(s)[i] as Tensor) : argument(aval)));
    const wanted = evalProgram(program, args);
    const reduced = eliminateDeadCode(eliminateCommonSubexpressions(program));
    checkProgram(reduced);
    expectTree(evalProgram(reduced, args), wanted, `${what} after DCE and CSE`, exactly);
  }
};
