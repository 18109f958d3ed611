// Random programs: made from numbers that fast-check draws and shrinks, run on tensors, looked at near kinks, and printed as TypeScript.

import { type DType, roundTo, type Shape, type Tensor } from "@gradus/core";
import * as catalogue from "@gradus/ops";
import fc from "fast-check";
import { fromHost, type HostArray, sizeOf } from "../host-array.js";
import { randomSource } from "../random.js";
import { elementwise } from "./elementwise.js";
import { fusing } from "./fusing.js";
import { higherOrder } from "./higher-order.js";
import { reducing } from "./reducing.js";
import { shaping } from "./shaping.js";
import { type Choose, type Instruction, type Kink, largest, type Step, type Value } from "./value.js";

const instructions = new Map<string, Instruction>([...elementwise, ...shaping, ...reducing, ...higherOrder, ...fusing]);

/** What fast-check draws: a recipe from which {@link build} makes a program. */
export interface Recipe {
  readonly inputs: readonly { readonly shape: Shape; readonly kind: InputKind; readonly seed: number }[];
  readonly lines: readonly (readonly [name: string, choices: readonly number[]])[];
  /** Of which sizes arrays are; see {@link Sizes}. */
  readonly sizes?: Sizes;
  /** Whether inputs hold NaN, infinities, −0 and numbers too small to be normal, too. */
  readonly isSpecial?: boolean;
}

/** `small`: what a person can look at. `odd`: sizes that fill no vector or block, and arrays of several of them. */
export type Sizes = "small" | "odd";

/** `grid` is real, in whole eighths: there discrete operations are exact on every path. */
type InputKind = "real" | "grid" | "int" | "bool";

export interface Program {
  readonly dtype: DType;
  readonly inputs: readonly Value[];
  /** Points to look at it: three, to be mapped over. */
  readonly points: readonly (readonly HostArray[])[];
  /** Which inputs may be moved by a little: those that are real and on no grid. */
  readonly smooth: readonly boolean[];
  readonly lines: readonly (Step & { readonly name: string })[];
  /** The values that are returned. */
  readonly results: readonly Value[];
}

const shapes: Readonly<Record<Sizes, readonly Shape[]>> = {
  small: [[], [3], [2, 3], [1], [2], [3, 2], [2, 2], [4], [3, 1], [2, 1, 3], [0], [0, 2]],
  odd: [[], [5], [3, 5], [7], [5, 7], [1], [17], [7, 3], [5, 1], [1, 7], [67], [3, 5, 7], [4, 8], [2, 1, 9], [9, 2], [259], [0], [5, 0]],
};
/** Arrays have at most so many elements. */
const most: Readonly<Record<Sizes, number>> = { small: 36, odd: largest };

/** Recipes of up to `length` lines. They shrink to fewer lines, simpler ones, and smaller inputs. */
export const recipes = (length: number, sizes: Sizes = "small", isSpecial = false): fc.Arbitrary<Recipe> => {
  const usual = shapes[sizes].length - 2;
  return fc.record({
    inputs: fc.array(
      // An empty array now and then.
      fc.record({ shape: fc.nat(63).map((i) => shapes[sizes][i < 62 ? i % usual : usual + (i % 2)]!), kind: fc.constantFrom<InputKind>("real", "real", "grid", "real", "int", "grid", "bool", "int"), seed: fc.nat(999) }),
      { minLength: 1, maxLength: 4 },
    ),
    lines: fc.array(fc.tuple(fc.constantFrom(...instructions.keys()), fc.array(fc.nat(59), { minLength: 8, maxLength: 8 })), { minLength: 1, maxLength: length }),
    sizes: fc.constant(sizes),
    isSpecial: fc.constant(isSpecial),
  });
};

/** The program of a recipe: lines that fit no value are left out. */
export function build({ inputs, lines, sizes = "small", isSpecial = false }: Recipe, dtype: DType): Program {
  const values: Value[] = [];
  const smooth: boolean[] = [];
  inputs.forEach(({ shape, kind }, i) => {
    // The first input can be differentiated by.
    const k = i === 0 ? "real" : kind;
    values.push({ name: `x${i}`, shape, kind: k === "grid" ? "real" : k, bound: k === "int" ? 4 : k === "bool" ? 1 : 2, grid: k === "real" ? null : k === "grid" ? 3 : 0 });
    smooth.push(k === "real");
  });
  const made: (Step & { name: string })[] = [];
  const given = [...values];
  for (const [name, choices] of lines) {
    const step = (instructions.get(name) as Instruction)(chooser(values, choices, dtype));
    if (step === undefined || sizeOf(step.result.shape) > most[sizes]) continue;
    const line = { ...step, name: `v${made.length}` };
    made.push(line);
    values.push({ ...step.result, name: line.name });
  }
  const last = values.at(-1)!;
  const real = values.filter((v) => v.kind === "real").at(-1)!;
  const points = [0, 1, 2].map((variant) => given.map((v, i) => hostInput(v, dtype, `${inputs[i]!.seed} ${variant}`, isSpecial)));
  return { dtype, inputs: given, points, smooth, lines: made, results: last === real ? [real] : [real, last] };
}

function chooser(values: readonly Value[], choices: readonly number[], dtype: DType): Choose {
  let next = 0;
  const draw = (): number => choices[next++ % choices.length]!;
  return {
    dtype,
    below: (n) => draw() % n,
    // Mostly values that were made lately: programs are deep rather than wide.
    value(fits) {
      const fitting = values.filter(fits);
      return fitting.length === 0 ? undefined : fitting[fitting.length - 1 - (draw() % Math.min(fitting.length, 4))];
    },
  };
}

// Numbers too small to be normal come last: they are of no grid.
const special = [NaN, Infinity, -Infinity, -0, 0, 1e-45, -1e-40];

// Few digits, so that a printed program is short.
function hostInput({ shape, kind, grid }: Value, dtype: DType, seed: string, isSpecial: boolean): HostArray {
  const random = randomSource(`input ${seed}`);
  const draw = (): number => isSpecial && kind === "real" && random() < 0.25 ? special[Math.floor((grid === null ? special.length : 5) * random())]! : (kind === "bool" ? Math.floor(2 * random()) : kind === "int" ? Math.floor(8 * random()) - 3 : grid === null ? Math.round(3800 * random() - 1900) / 1000 : Math.floor(33 * random() - 16) / 8);
  const type: DType = kind === "bool" ? "bool" : kind === "int" ? "int32" : dtype;
  return { shape, dtype: type, data: Array.from({ length: sizeOf(shape) }, () => roundTo(type, draw())) };
}

/** A program as a function of its inputs. */
export const asFunction = (program: Program) => (...xs: Tensor[]): Tensor[] => {
  const values = evaluate(program, xs);
  return program.results.map((v) => values.get(v.name)!);
};

function evaluate(program: Program, xs: readonly Tensor[], look?: (line: Step, operands: Tensor[]) => void): Map<string, Tensor> {
  const values = new Map(program.inputs.map((v, i) => [v.name, xs[i]!]));
  for (const line of program.lines) {
    const operands = line.operands.map((v) => values.get(v.name)!);
    look?.(line, operands);
    values.set(line.name, line.apply(...operands));
  }
  return values;
}

/** How near a kink a run of the program comes without being on it, and on which sides of kinks it passes. */
export function examine(program: Program, xs: readonly HostArray[]): { margin: number; sides: string } {
  let margin = Infinity;
  const sides: number[] = [];
  const look = ({ kink }: Step, operands: Tensor[]): void => {
    if (kink === undefined) return;
    for (const d of kink.distances(...operands)) {
      sides.push(sideOf(kink, d));
      const distance = Math.abs(kink.at === "zero" ? d : d - Math.round(d));
      // Exactly at a kink are copies of one value, which are equal on every path, wherever they move.
      if (distance > 0) margin = Math.min(margin, distance);
    }
  };
  if (program.lines.some((line) => line.kink)) evaluate(program, xs.map((x) => fromHost(x)), look);
  return { margin, sides: sides.join() };
}

const sideOf = ({ at }: Kink, d: number): number => (at === "zero" ? Math.sign(d) : Math.floor(d));

const transformations = ["cond", "foriLoop", "scan", "switchCase", "whileLoop", "jit", "grad", "jvp", "vmap"];

/** The program as TypeScript that runs when it is pasted into a file. */
export function print(program: Program): string {
  const lines = program.lines.map(({ name, text }) => `  const ${name} = ${text};`);
  const args = program.points[0]!.map(({ shape, dtype, data }) => {
    const elements = dtype === "bool" ? data.map(Boolean) : data.map((x) => (Object.is(x, -0) ? "-0" : x));
    return shape.length === 0 ? `array(${elements[0]}, { dtype: "${dtype}" })` : `array([${elements.join(", ")}], { dtype: "${dtype}", shape: [${shape}] })`;
  });
  const code = [
    `const f = (${program.inputs.map((v) => `${v.name}: Tensor`).join(", ")}) => {`,
    ...lines,
    `  return [${program.results.map((v) => v.name).join(", ")}];`,
    "};",
    "const args = [",
    ...args.map((a) => `  ${a},`),
    "] as const;",
    "console.log(f(...args).map(String));",
  ].join("\n");
  const called = new Set(Array.from(code.matchAll(/\b([a-zA-Z]\w*)\(/g), ([, name]) => name as string));
  const names = [...called].filter((name) => name === "array" || name in catalogue || transformations.includes(name)).sort();
  return `import { ${[...names, "type Tensor"].join(", ")} } from "gradus";\n\n${code}`;
}
