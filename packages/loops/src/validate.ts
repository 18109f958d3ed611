// The validator of loop programs, for tests of the stages: it throws where a later stage would go wrong
// silently.

import { ArgumentError } from "@gradus/core";
import { type Buffer, forEachNode, type LoopProgram, type Nest, type Node, type Place, type Step } from "./ir.js";
import { innerSteps, scheduleOf } from "./schedule.js";

const fail = (message: string): never => {
  throw new ArgumentError(message);
};

/** @throws ArgumentError if a buffer is read before it is written, a place is outside of its buffer, or types do not fit */
export function validateLoops(program: LoopProgram): void {
  const { inputs, constants, outputs } = program;
  const written = new Set<Buffer>();
  for (const x of [...inputs, ...constants.map(([, x]) => x)]) if (x !== undefined && "buffer" in x) written.add(x.buffer);
  const schedule = scheduleOf(program);
  // A stack that nobody writes is empty.
  const filled = new Set(schedule.flatMap((e) => e.writes));
  schedule.forEach(({ nest, reads, writes }, i) => {
    for (const b of reads) if (!written.has(b) && (b.element === undefined || filled.has(b))) fail(`Step ${i} reads b${b.id} before it is written.`);
    for (const b of writes) written.add(b);
    if (nest !== undefined) validateNest(nest, `Step ${i}`);
  });
  validateKernels(program.steps);
  for (const o of outputs) if ("buffer" in o && !written.has(o.buffer)) fail(`The result b${o.buffer.id} is never written.`);
}

// The nests of kernels.
function validateKernels(steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind === "kernel") step.nests?.forEach((nest, i) => validateNest(nest, `Nest ${i} of the kernel ${step.name}`));
    innerSteps(step).forEach(validateKernels);
  }
}

function validateNest({ dims, reduced, stores }: Nest, where: string): void {
  if (reduced.length !== dims.length) fail(`${where} has ${dims.length} loops and ${reduced.length} flags.`);
  const isEmpty = dims.includes(0);
  const inside = (p: Place, size: number, what: string, along = dims): void => {
    if (p.strides.length !== dims.length) fail(`${where}: ${what} has ${p.strides.length} strides in ${dims.length} loops.`);
    const ends = p.strides.map((s, i) => s * ((along[i] as number) - 1));
    const lowest = p.offset + ends.reduce((n, e) => n + Math.min(e, 0), 0);
    const highest = p.offset + ends.reduce((n, e) => n + Math.max(e, 0), 0);
    if (!isEmpty && (lowest < 0 || highest >= size)) fail(`${where}: ${what} is at ${lowest}…${highest} of ${size}.`);
  };
  forEachNode(stores.map((s) => s.value), (n) => {
    if (n.kind === "load") {
      inside(n, n.buffer.size, `b${n.buffer.id}`);
      if (n.type !== n.buffer.type) fail(`${where} reads b${n.buffer.id} of ${n.buffer.type} as ${n.type}.`);
    }
    if (n.kind === "call") validateTypes(n, where);
  });
  for (const s of stores) {
    inside(s, s.buffer.size, `the result b${s.buffer.id}`);
    if (s.fold === undefined ? s.value.type !== s.buffer.type : !reduced.includes(true)) fail(`${where} stores ${s.value.type} in b${s.buffer.id} of ${s.buffer.type}${s.fold === undefined ? "" : ", joining nothing"}.`);
    if (s.fold !== undefined && s.strides.some((n, i) => reduced[i] === true && n !== 0)) fail(`${where}: a fold is stored at places that change while it runs.`);
  }
}

function validateTypes(node: Extract<Node, { kind: "call" }>, where: string): void {
  const isChoice = node.op.arity === 3;
  node.args.forEach((a, i) => {
    const wanted = isChoice && i === 0 ? "bool" : node.on;
    if (a.type !== wanted) fail(`${where}: ${node.op.name} takes ${wanted}, and operand ${i} is ${a.type}.`);
  });
  if (node.args.length !== node.op.arity) fail(`${where}: ${node.op.name} has ${node.args.length} operands.`);
}
