// Loops and branches: programs within the program, whose values live in the same arena. What they capture they read where it is;
// the carry has buffers of its own.

import type { Aval } from "@gradus/core";
import type { Program, ScanStructure, Structure, WhileStructure } from "@gradus/tracing";
import { load } from "./fuse-rules.js";
import { type Buffer, type Operand, type Step, storedType, type Type } from "./ir.js";
import type { Value } from "./value.js";

/** What a program within the program becomes. */
export interface Inner {
  readonly steps: readonly Step[];
  /** Its results, each in a buffer of its own or one that it computed. */
  readonly results: readonly Buffer[];
}

/** What loops need of the program around them. */
export interface Surroundings {
  /** The value as an expression of buffers alone, which any later step may read. */
  ready(value: Value): Value;
  /** The value in a buffer in row-major order. */
  dense(value: Value, aval: Aval): Operand;
  /** A buffer for values of an aval. */
  hold(aval: Aval, type?: Type): Operand;
  /** Fills a buffer before the loop. */
  fill(operand: Operand, value: Value): void;
  inner(program: Program, args: readonly Value[], types: readonly Type[]): Inner;
  /** Adds the step; the number of the first step that may read what it computes. */
  add(step: Step): number;
}

/** Whether all values in a program are in the arena. */
export const isPlain = (program: Program): boolean =>
  [...program.inAvals, ...program.outAvals, ...program.equations.flatMap((eq) => eq.outputs.map((v) => v.aval))].every((a) => a.dtype !== "float0");

/** The programs within a structure. */
export function programsIn(structure: Structure): readonly Program[] {
  if (structure.kind === "while") return [structure.condition, structure.body];
  return structure.kind === "branch" ? structure.branches : structure.kind === "scan" ? [structure.body] : [];
}


/** The values of a loop or branch of plain programs, applied to `args`; its results have the avals `outs`. */
export function control(structure: Structure, args: readonly Value[], avals: readonly Aval[], outs: readonly Aval[], s: Surroundings): Value[] {
  switch (structure.kind) {
    case "scan":
      return repeat(structure, args, avals, outs, s);
    case "while":
      return loop(structure, args, s);
    case "branch": {
      const operands = args.slice(1).map(s.ready);
      const index = s.dense(args[0] as Value, avals[0] as Aval);
      const held = outs.map((aval) => s.hold(aval));
      const branches = structure.branches.map((branch) => {
        const { steps, results } = s.inner(branch, operands, outs.map(storedType));
        return { steps, results: held.map((to, i) => ({ from: results[i] as Buffer, to: to.buffer })) };
      });
      const from = s.add({ kind: "branch", index, branches });
      return held.map((h) => load(h, from));
    }
    default:
      return [];
  }
}

function repeat({ body, consts, carry, length, reverse }: ScanStructure, args: readonly Value[], avals: readonly Aval[], outs: readonly Aval[], s: Surroundings): Value[] {
  const first = consts + carry;
  const captured = args.slice(0, consts).map(s.ready);
  const held = body.inAvals.slice(consts, first).map((aval) => s.hold(aval));
  held.forEach((to, i) => s.fill(to, args[consts + i] as Value));
  const slices = args.slice(first).map((x, i) => {
    const array = s.dense(x, avals[first + i] as Aval);
    return { array, row: s.hold(body.inAvals[first + i] as Aval, array.buffer.type) };
  });
  const collected = outs.slice(carry).map((aval) => s.hold(aval));
  const inside = [...captured, ...held.map((h) => load(h, 0)), ...slices.map(({ row }) => load(row, 0))];
  const { steps, results } = s.inner(body, inside, [...held, ...collected].map((h) => h.buffer.type));
  const from = s.add({
    kind: "repeat",
    count: length,
    reverse,
    slices: slices.map(({ array, row }) => ({ array, row: row.buffer })),
    steps,
    rows: collected.map((array, i) => ({ array, row: results[carry + i] as Buffer })),
    carried: held.map((to, i) => ({ from: results[i] as Buffer, to: to.buffer })),
  });
  return [...held, ...collected].map((h) => load(h, from));
}

function loop({ condition, body, conditionConsts, bodyConsts }: WhileStructure, args: readonly Value[], s: Surroundings): Value[] {
  const first = conditionConsts + bodyConsts;
  const [forCondition, forBody] = [args.slice(0, conditionConsts).map(s.ready), args.slice(conditionConsts, first).map(s.ready)];
  const held = body.inAvals.slice(bodyConsts).map((aval) => s.hold(aval));
  held.forEach((to, i) => s.fill(to, args[first + i] as Value));
  const carry = held.map((h) => load(h, 0));
  const test = s.inner(condition, [...forCondition, ...carry], ["bool"]);
  const turn = s.inner(body, [...forBody, ...carry], held.map((h) => h.buffer.type));
  const carried = held.map((to, i) => ({ from: turn.results[i] as Buffer, to: to.buffer }));
  const from = s.add({ kind: "while", condition: test.steps, holds: test.results[0] as Buffer, steps: turn.steps, carried });
  return held.map((h) => load(h, from));
}
