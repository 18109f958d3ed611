// Loops and branches: programs within the program, whose values live in the same arena. What they capture they read where it is;
// the carry has buffers of its own. Slices and results are along axis 0 of arrays, or on stacks.

import type { Aval } from "@gradus/core";
import type { Program, ScanStructure, Structure, WhileStructure } from "@gradus/tracing";
import { type Buffer, type Layout, layoutOf, lengthWord } from "./buffer.js";
import { load } from "./fuse-rules.js";
import type { Move, Operand, Row, Step } from "./ir.js";
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
  hold(aval: Aval, layout?: Layout): Operand;
  /** Fills a buffer before the loop. */
  fill(operand: Operand, value: Value): void;
  inner(program: Program, args: readonly Value[], layouts: readonly Layout[]): Inner;
  /** Adds the step; the number of the first step that may read what it computes. */
  add(step: Step): number;
}

/** Whether all values in a program are such that `isInMemory` holds for their avals. */
export const isPlain = (program: Program, isInMemory: (aval: Aval) => boolean): boolean =>
  [...program.inAvals, ...program.outAvals, ...program.equations.flatMap((eq) => eq.outputs.map((v) => v.aval))].every(isInMemory);

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
      return loop(structure, args, outs, s);
    case "length": {
      const { node, from } = s.ready(args[0] as Value);
      return [{ node: { ...(node as Extract<typeof node, { kind: "load" }>), offset: lengthWord }, shape: [], from }];
    }
    case "branch": {
      const operands = args.slice(1).map((x) => s.ready(x));
      const index = s.dense(args[0] as Value, avals[0] as Aval);
      const held = outs.map((aval) => s.hold(aval));
      const branches = structure.branches.map((branch) => {
        const { steps, results } = s.inner(branch, operands, held.map((h) => h.buffer));
        return { steps, results: moves(held, results) };
      });
      const from = s.add({ kind: "branch", index, branches });
      return held.map((h) => load(h, from));
    }
    default:
      return [];
  }
}

/** The inputs of a program that something reads. */
const usedInputs = ({ equations, outputs }: Program): Set<unknown> => new Set<unknown>([...equations.flatMap((eq) => eq.inputs), ...outputs]);

// What a step of a loop reads or writes of an array or stack.
const rowOf = ({ buffer }: Operand, row: Aval): Layout => buffer.element ?? layoutOf(row, buffer.type);

const moves = (held: readonly Operand[], results: readonly Buffer[]): Move[] => held.map((to, i) => ({ from: results[i] as Buffer, to: to.buffer }));
const rowsOf = (collected: readonly Operand[], results: readonly Buffer[]): Row[] => collected.map((array, i) => ({ array, row: results[i] as Buffer }));

function repeat({ body, consts, carry, length, reverse }: ScanStructure, args: readonly Value[], avals: readonly Aval[], outs: readonly Aval[], s: Surroundings): Value[] {
  const count = length ?? s.dense(args[0] as Value, avals[0] as Aval);
  const [operands, types] = length === null ? [args.slice(1), avals.slice(1)] : [args, avals];
  const first = consts + carry;
  const captured = operands.slice(0, consts).map((x) => s.ready(x));
  const held = body.inAvals.slice(consts, first).map((aval) => s.hold(aval));
  held.forEach((to, i) => s.fill(to, operands[consts + i] as Value));
  const used = usedInputs(body);
  const slices = operands.slice(first).map((x, i) => {
    const array = s.dense(x, types[first + i] as Aval);
    const row = body.inAvals[first + i] as Aval;
    return { array, row: s.hold(row, rowOf(array, row)) };
  });
  const collected = outs.slice(carry).map((aval) => s.hold(aval));
  const inside = [...captured, ...held.map((h) => load(h, 0)), ...slices.map(({ row }) => load(row, 0))];
  const { steps, results } = s.inner(body, inside, [...held.map((h) => h.buffer), ...collected.map((c, i) => rowOf(c, body.outAvals[carry + i] as Aval))]);
  const from = s.add({
    kind: "repeat",
    count,
    reverse,
    slices: slices.filter((_, i) => used.has(body.inputs[first + i])).map(({ array, row }) => ({ array, row: row.buffer })),
    steps,
    rows: rowsOf(collected, results.slice(carry)),
    carried: moves(held, results),
  });
  return [...held, ...collected].map((h) => load(h, from));
}

function loop({ condition, body, conditionConsts, bodyConsts }: WhileStructure, args: readonly Value[], outs: readonly Aval[], s: Surroundings): Value[] {
  const first = conditionConsts + bodyConsts;
  const [forCondition, forBody] = [args.slice(0, conditionConsts).map((x) => s.ready(x)), args.slice(conditionConsts, first).map((x) => s.ready(x))];
  const held = body.inAvals.slice(bodyConsts).map((aval) => s.hold(aval));
  held.forEach((to, i) => s.fill(to, args[first + i] as Value));
  const collected = outs.slice(held.length).map((aval) => s.hold(aval));
  const carry = held.map((h) => load(h, 0));
  const test = s.inner(condition, [...forCondition, ...carry], [{ type: "bool", size: 1 }]);
  const turn = s.inner(body, [...forBody, ...carry], [...held.map((h) => h.buffer), ...collected.map((c) => c.buffer.element as Layout)]);
  const rows = rowsOf(collected, turn.results.slice(held.length));
  const from = s.add({ kind: "while", condition: test.steps, holds: test.results[0] as Buffer, steps: turn.steps, rows, carried: moves(held, turn.results) });
  return [...held, ...collected].map((h) => load(h, from));
}
