// First stage, second half: operations that give back what they are given, bit for bit but for which NaN it is: x·1, x/1, x − 0,
// x + (−0), −(−x), and bodies that are their operand. −0 + 0 is 0, so adding 0 to a float stays, and so does 0·x, which may be NaN. A
// loop that collects the slices that it is given, as reverse mode saves them, gives back the array that they are slices of.

import { addP, type AnyPrimitive, isFloat, mulP, negP } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import { divP, subP } from "@gradus/ops";
import { type Atom, type Equation, Literal, Program, type ScanStructure, Var } from "@gradus/tracing";

/** Whether an operation with a constant gives back its other operand, by the place of that operand. */
type Neutral = (constant: number, operand: 0 | 1, isFloating: boolean) => boolean;

const neutral: ReadonlyMap<AnyPrimitive, Neutral> = /* @__PURE__ */ new Map<AnyPrimitive, Neutral>([
  [mulP, (c) => c === 1],
  [divP, (c, operand) => operand === 0 && c === 1],
  [subP, (c, operand) => operand === 0 && Object.is(c, 0)],
  [addP, (c, _operand, isFloating) => (isFloating ? Object.is(c, -0) : c === 0)],
]);

/** Results of a loop that are one of its operands, with that. Stacks are left alone: they may be longer than the loop. */
function sameAsOperands({ body, consts, carry, length }: ScanStructure, { inputs, outputs }: Equation): (readonly [Var, Atom])[] {
  if (length === null) return [];
  const inside = body.memo("sameAsOperands", () => new Map<Atom, Atom>(body.equations.flatMap((eq) => sameInLoop(eq))));
  return body.outputs.slice(carry).flatMap((a, k) => {
    const at = body.inputs.indexOf((inside.get(a) ?? a) as Var, consts + carry);
    const [array, result] = [inputs[at], outputs[carry + k] as Var];
    return array !== undefined && array.aval === result.aval && array.aval.element === undefined ? [[result, array] as const] : [];
  });
}

function sameInLoop(eq: Equation): (readonly [Var, Atom])[] {
  const structure = eq.primitive.rules["tracing/structure"]?.(eq.params);
  return structure?.kind === "scan" ? sameAsOperands(structure, eq) : [];
}

/** The program without operations that give back an operand. */
export function withoutIdentities(program: Program): Program {
  const replaced = new Map<Atom, Atom>();
  const constants = new Map<Atom, number>(); // arrays of one number
  const negated = new Map<Atom, Atom>();
  const resolve = (a: Atom): Atom => replaced.get(a) ?? a;
  const numberIn = (a: Atom): number | undefined => (a instanceof Literal ? (a.value.payload as number) : constants.get(a));

  const same = ({ primitive, inputs, params }: Equation): Atom | undefined => {
    const [x, y] = inputs as [Atom, Atom];
    const { elementwise } = primitive.traits;
    if (elementwise === undefined) return undefined;
    if (inputs.length === 1) {
      if (primitive === negP) return negated.get(x);
      const body = (elementwise.body as (...args: unknown[]) => ReturnType<typeof arg>)(arg(0), params);
      return body.kind === "arg" ? x : undefined;
    }
    const isNeutral = neutral.get(primitive);
    if (isNeutral === undefined) return undefined;
    for (const operand of [0, 1] as const) {
      const constant = numberIn(operand === 0 ? y : x);
      const kept = operand === 0 ? x : y;
      if (constant !== undefined && isNeutral(constant, operand, isFloat(kept.aval.dtype))) return kept;
    }
    return undefined;
  };

  const equations: Equation[] = [];
  for (const eq of program.equations) {
    const inputs = eq.inputs.map(resolve);
    const resolved = { ...eq, inputs };
    for (const [result, array] of sameInLoop(resolved)) replaced.set(result, array);
    const [out] = eq.outputs as [Var];
    const kept = eq.effect === undefined && eq.outputs.length === 1 ? same(resolved) : undefined;
    if (kept !== undefined && kept.aval === out.aval) {
      replaced.set(out, kept);
      continue;
    }
    const { fill, view } = eq.primitive.traits;
    if (fill !== undefined) constants.set(out, fill(eq.params));
    else if (view !== undefined && eq.outputs.length === 1) {
      const constant = numberIn(inputs[0] as Atom);
      if (constant !== undefined) constants.set(out, constant);
    } else if (eq.primitive === negP) negated.set(out, inputs[0] as Atom);
    equations.push(resolved);
  }
  const { inputs, inTree, outTree } = program;
  return new Program({ inputs, constants: program.constants, equations, outputs: program.outputs.map(resolve), inTree, outTree });
}
