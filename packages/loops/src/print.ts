// Loop programs as text.

import { isTensor } from "@gradus/core";
import { argsOf, type Buffer, forEachNode, type Host, type Kernel, type LoopProgram, type Move, type Nest, type Node, type Opaque, type Operand, type Place, type Result, type Step } from "./ir.js";

const short = (type: string): string => type.replace(/^(.)\D+(?=32|64)/, "$1");
const name = (b: Buffer): string => `b${b.id}`;

const indices = "ijklmnpqrstuvw";
const at = ({ strides, offset }: Place): string => {
  const terms = strides.flatMap((s, i) => (s === 0 ? [] : [`${s === 1 ? "" : `${s}·`}${indices[i]}`]));
  return [...terms, ...(offset === 0 && terms.length > 0 ? [] : [String(offset)])].join(" + ");
};

function expression(node: Node, names: ReadonlyMap<Node, string>): string {
  const known = names.get(node);
  if (known !== undefined) return known;
  switch (node.kind) {
    case "const":
      return Object.is(node.value, -0) ? "-0" : String(node.value);
    case "load":
      return `${name(node.buffer)}[${at(node)}]`;
    case "index":
      return `(${at(node)})`;
    case "cast":
      return `${short(node.type)}(${expression(node.args[0], names)})`;
    case "call":
      return `${node.op.name}(${node.args.map((a) => expression(a, names)).join(", ")})`;
  }
}

function printNest({ dims, reduced, stores }: Nest): string[] {
  const head = dims.length === 0 ? "once" : `for ${dims.map((d, i) => `${indices[i]} < ${d}${reduced[i] ? " (joined)" : ""}`).join(", ")}`;
  const uses = new Map<Node, number>();
  const roots = stores.map((s) => s.value);
  const use = (n: Node): unknown => uses.set(n, (uses.get(n) ?? 0) + 1);
  roots.forEach(use);
  forEachNode(roots, (n) => argsOf(n).forEach(use));
  const names = new Map<Node, string>();
  const lines: string[] = [];
  forEachNode(roots, (n) => {
    if ((uses.get(n) ?? 0) < 2 || n.kind === "const" || n.kind === "load") return;
    const text = expression(n, names);
    names.set(n, `t${names.size}`);
    lines.push(`  ${names.get(n)} = ${text}`);
  });
  for (const s of stores) {
    const value = expression(s.value, names);
    const target = `${name(s.buffer)}[${at(s)}]`;
    lines.push(s.fold === undefined ? `  ${target} = ${value}` : `  ${target} = ${s.fold.op.name} of ${value}, from ${s.fold.init}`);
  }
  return [head, ...lines];
}

const operand = (x: Operand | Opaque): string => ("opaque" in x ? `opaque${x.opaque}` : `${name(x.buffer)}:${x.aval}`);

const printHost = ({ primitive, args, outs }: Host): string[] => [
  `${outs.map(operand).join(", ")} = host ${primitive.name}(${args.map((a) => (isTensor(a) ? String(a.payload) : operand(a))).join(", ")})`,
];

const indented = (lines: readonly string[]): string[] => lines.map((l) => `  ${l}`);

const printKernel = ({ name: kernel, args, outs, nests = [] }: Kernel): string[] => [
  `${outs.map(operand).join(", ")} = kernel ${kernel}(${args.map(operand).join(", ")})`,
  ...indented(nests.flatMap(printNest)),
];

const printMoves = (moves: readonly Move[]): string[] => (moves.length === 0 ? [] : [`  ${moves.map((m) => `${name(m.to)} = ${name(m.from)}`).join(", ")}`]);

export function printStep(step: Step): string[] {
  switch (step.kind) {
    case "nest":
      return printNest(step);
    case "kernel":
      return printKernel(step);
    case "host":
      return printHost(step);
    case "repeat":
      return [
        `${typeof step.count === "number" ? step.count : `${name(step.count.buffer)}[${step.count.offset}]`} times${step.reverse ? ", backwards" : ""}`,
        ...step.slices.map(({ array, row }) => `  ${name(row)} = row of ${name(array.buffer)}`),
        ...indented(step.steps.flatMap(printStep)),
        ...step.rows.map(({ array, row }) => `  row of ${name(array.buffer)} = ${name(row)}`),
        ...printMoves(step.carried),
      ];
    case "while":
      return ["while", ...indented(step.condition.flatMap(printStep)), `holds ${name(step.holds)}`, ...indented(step.steps.flatMap(printStep)), ...step.rows.map(({ array, row }) => `  push ${name(row)} on ${name(array.buffer)}`), ...printMoves(step.carried)];
    case "branch":
      return step.branches.flatMap(({ steps, results }, k) => [`if ${name(step.index.buffer)} is ${k}`, ...indented(steps.flatMap(printStep)), ...printMoves(results)]);
  }
}

function printResult(r: Result): string {
  if (isTensor(r)) return r.ndim === 0 ? String(r.payload) : String(r.aval);
  return "argument" in r ? `argument ${r.argument}` : operand(r);
}

/** A loop program as text: a line for each input, the steps, and the results. */
export function printLoops({ inputs, constants, steps, outputs }: LoopProgram): string {
  return [
    `in ${inputs.map((x) => (x === undefined ? "unused" : operand(x))).join(", ")}${constants.length === 0 ? "" : `; constants ${constants.map(([, x]) => operand(x)).join(", ")}`}`,
    ...steps.flatMap(printStep),
    `out ${outputs.map(printResult).join(", ")}`,
  ].join("\n");
}
