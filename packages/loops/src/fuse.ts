// Second stage: from a simplified program to loop nests. Equations are taken in order. An elementwise operation joins the
// latest nest of its shape that has, or can load, its operands; a reduction ends in the nest of its operand; a view moves
// the places that expressions read. What is left is a step of the eager kernels.

import { type Aval, avalOf, type AxesParams, type Elementwise, rowMajor, type Shape, type Tensor } from "@gradus/core";
import { type Atom, type Equation, Literal, type Program, Var } from "@gradus/tracing";
import { type Buffer, isInMemory, type Layout, layoutOf, storedType, type Type } from "./buffer.js";
import { control, type Inner, isPlain, programsIn, type Surroundings } from "./control.js";
import type { Fused, FuseOptions, Remark } from "./fuse-options.js";
import { foldOf, isCheaperAgain, isOpen, isRowMajor, load, readBy } from "./fuse-rules.js";
import { type Fold, forEachNode, type Host, type Node, type Opaque, type Operand, type Result, type Step } from "./ir.js";
import { lowerings } from "./lowerings.js";
import { nestOf } from "./nest.js";
import { copyOf, sameLayout } from "./stacks.js";
import { writtenBy } from "./schedule.js";
import { constantOf, convert, instantiate } from "./typed.js";
import type { Builder, Group, Value } from "./value.js";
import { costOf, viewed, type ViewOf } from "./views.js";

const reach = 64; // how many steps back an operation may go to join a nest

/** What a program and those within it have in common. */
interface Shared extends FuseOptions {
  readonly buffers: Buffer[];
  readonly remarks: Remark[];
  readonly constants: (readonly [Tensor, Operand | Opaque])[];
  opaques: number;
}

export function fuse(program: Program, options: FuseOptions): Fused {
  const shared: Shared = { ...options, buffers: [], remarks: [], constants: [], opaques: 0 };
  const fusion = new Fusion(program, shared);
  const inputs = fusion.enter();
  fusion.run();
  const outputs = fusion.results();
  return { program: { inputs, constants: shared.constants, steps: fusion.finish(), outputs, buffers: shared.buffers }, remarks: shared.remarks };
}

class Fusion implements Surroundings {
  readonly #program: Program;
  readonly #shared: Shared;
  readonly #values = new Map<Var, Value | Opaque>();
  readonly #steps: (Group | Step)[] = [];
  /** The first step that may read a buffer; any may read one from outside. */
  readonly #ready = new Map<Buffer, number>();

  constructor(program: Program, shared: Shared) {
    this.#program = program;
    this.#shared = shared;
  }

  /** Room for the arguments. */
  enter(): (Operand | Opaque | undefined)[] {
    const { inputs, equations, outputs } = this.#program;
    const used = new Set<Atom>([...equations.flatMap((eq) => eq.inputs), ...outputs]);
    return inputs.map((v) => (used.has(v) ? this.#entry(v) : undefined));
  }

  /** The arguments are values from outside. */
  bind(args: readonly Value[]): void {
    this.#program.inputs.forEach((v, i) => this.#define(v, { ...(args[i] as Value), from: 0 }));
  }

  run(): void {
    for (const [v, value] of this.#program.constants) this.#shared.constants.push([value, this.#entry(v)]);
    for (const eq of this.#program.equations) this.#equation(eq);
  }

  results(): Result[] {
    return this.#program.outputs.map((a) => this.#result(a));
  }

  /** Buffers that hold the results in these layouts, each computed here. */
  computed(layouts: readonly Layout[]): Buffer[] {
    return this.#program.outputs.map((a, i) => {
      const v = this.#value(a) as Value;
      const layout = layouts[i] as Layout;
      const { type } = layout;
      if (layout.element !== undefined) return this.#wholeStack(v, a.aval, layout).buffer;
      return this.#whole(v.node.type === type ? v : { node: convert(v.node, type), shape: v.shape, group: v.group, from: v.from }, a.aval).buffer;
    });
  }

  /** The steps, when nothing more joins them. */
  finish(): Step[] {
    return this.#steps.flatMap((s) => (s.kind === "group" ? nestOf(s.shape, s.stores, s.axes ?? [], s.names) : [s]));
  }

  #entry(v: Var): Operand | Opaque {
    const { aval } = v;
    if (!this.#isInMemory(aval)) {
      const opaque = this.#newOpaque(aval);
      this.#values.set(v, opaque);
      return opaque;
    }
    const operand = this.#newOperand(aval, 0);
    this.#values.set(v, load(operand, 0));
    return operand;
  }

  #newOpaque = (aval: Aval): Opaque => ({ opaque: this.#shared.opaques++, aval });

  #isInMemory = (aval: Aval): boolean => aval.dtype !== "float0" || (this.#shared.hasStacks === true && isInMemory(aval));

  #newBuffer({ type, size, element }: Layout, ready: number): Buffer {
    const buffer = { id: this.#shared.buffers.length, type, size, ...(element && { element }) };
    this.#shared.buffers.push(buffer);
    this.#ready.set(buffer, ready);
    return buffer;
  }

  #newOperand(aval: Aval, ready: number, layout: Layout = layoutOf(aval)): Operand {
    return { buffer: this.#newBuffer(layout, ready), shape: aval.shape, strides: rowMajor(aval.shape), offset: 0, aval };
  }

  #value(a: Atom): Value | Opaque {
    if (a instanceof Var) return this.#values.get(a) as Value | Opaque;
    const { aval, payload } = a.value;
    // A stack that is known is empty, as rooms of stacks are at first.
    if (aval.element !== undefined && this.#isInMemory(aval)) return load(this.#newOperand(aval, 0), 0);
    return { node: constantOf(payload as number, storedType(aval)), shape: aval.shape, from: 0 };
  }

  #equation(eq: Equation): void {
    const { primitive, inputs, outputs, params } = eq;
    const values = inputs.map((a) => this.#value(a));
    const { elementwise, view, reduce, fill } = primitive.traits;
    const isArray = values.every((v): v is Value => !("opaque" in v)) && outputs.every((v) => this.#isInMemory(v.aval));
    const [out] = outputs as [Var];
    if (isArray && outputs.length === 1 && eq.effect === undefined && (elementwise !== undefined || !this.#shared.hasOwnKernel(primitive))) {
      const type = storedType(out.aval);
      if (elementwise !== undefined) return this.#define(out, this.#elementwise(eq, elementwise, values));
      if (fill !== undefined) return this.#define(out, { node: constantOf(fill(params), type), shape: out.aval.shape, from: 0 });
      if (view !== undefined) return this.#define(out, this.#view(primitive.name, values[0] as Value, out.aval, (from) => view(from, params)));
      const lowering = lowerings.get(primitive);
      if (lowering !== undefined) return this.#define(out, lowering(params, values, out.aval, this.#builder(primitive.name)));
      const fold = reduce && foldOf(reduce, out.aval);
      if (fold !== undefined) return this.#define(out, this.#reduce(primitive.name, values[0] as Value, out.aval, (params as AxesParams).axes, fold));
    }
    if (isArray && this.#structured(eq, values as Value[])) return;
    if (isArray && eq.effect === undefined && !this.#shared.hasOwnKernel(primitive) && this.#kernel(eq, values as Value[])) return;
    this.#host(eq, values);
  }

  // A barrier, loop or branch; false if it is none, or some of its values are not in the arena.
  #structured({ primitive, params, inputs, outputs }: Equation, values: readonly Value[]): boolean {
    const structure = primitive.rules["tracing/structure"]?.(params);
    if (structure === undefined || structure.kind === "call") return false;
    if (structure.kind === "barrier") {
      const ready = values.map((v) => this.#stored(v));
      const from = ready.reduce((n, v) => Math.max(n, v.from), 0);
      outputs.forEach((v, i) => this.#define(v, { ...(ready[i] as Value), from }));
      return true;
    }
    if (structure.kind === "scan" && structure.length === null && this.#shared.hasStacks !== true) return false;
    if (!programsIn(structure).every((p) => isPlain(p, this.#isInMemory))) return false;
    const results = control(structure, values, inputs.map((a) => a.aval), outputs.map((v) => v.aval), this);
    outputs.forEach((v, i) => this.#define(v, results[i] as Value));
    return true;
  }

  ready(v: Value): Value {
    return this.#stored(v);
  }

  // Its elements are in row-major order.
  dense(v: Value, aval: Aval): Operand {
    const operand = this.#operand(v, aval);
    return isRowMajor(operand.shape, operand.strides) ? operand : this.#operand(this.#copied(v), aval);
  }

  hold(aval: Aval, layout: Layout = layoutOf(aval)): Operand {
    return this.#newOperand(aval, 0, layout);
  }

  fill(operand: Operand, v: Value): void {
    if (operand.buffer.element === undefined) this.#builder("copy").store(v, operand, operand);
    else this.#copyStack(this.#operand(v, operand.aval).buffer, operand.buffer);
  }

  inner(program: Program, args: readonly Value[], layouts: readonly Layout[]): Inner {
    const fusion = new Fusion(this.#shared.simplify(program), this.#shared);
    fusion.bind(args);
    fusion.run();
    const results = fusion.computed(layouts);
    return { steps: fusion.finish(), results };
  }

  add(step: Step): number {
    const from = this.#steps.push(step);
    for (const b of writtenBy(step)) this.#ready.set(b, from);
    return from;
  }

  #copyStack(from: Buffer, to: Buffer): void {
    for (const step of copyOf(from, to, (layout) => this.#newBuffer(layout, 0))) this.add(step);
  }

  // A stack that was computed here, as this layout.
  #wholeStack(v: Value, aval: Aval, layout: Layout = layoutOf(aval)): Operand {
    const operand = this.#operand(v, aval);
    if (sameLayout(operand.buffer, layout) && (this.#ready.get(operand.buffer) ?? 0) > 0) return operand;
    const copy = this.#newOperand(aval, 0, layout);
    this.#copyStack(operand.buffer, copy.buffer);
    return copy;
  }

  // A step with code of its own, if there is some for these operands.
  #kernel({ primitive, params, inputs, outputs }: Equation, values: readonly Value[]): boolean {
    const maker = this.#shared.kernels.get(primitive);
    if (maker === undefined) return false;
    const scratch: Buffer[] = [];
    const args = values.map((v, i) => this.#operand(v, (inputs[i] as Atom).aval));
    const made = maker(params, args, outputs.map((v) => v.aval), {
      dense: (i) => this.dense(values[i] as Value, (inputs[i] as Atom).aval),
      rearranged: (i, perm) => this.#rearranged(values[i] as Value, (inputs[i] as Atom).aval, perm),
      scratch: (type, size) => {
        const buffer = this.#newBuffer({ type, size }, 0);
        scratch.push(buffer);
        return buffer;
      },
    });
    if (made === undefined) return false;
    const at = this.#steps.length;
    const outs = outputs.map((v) => this.#newOperand(v.aval, at + 1));
    outputs.forEach((v, i) => this.#values.set(v, load(outs[i] as Operand, at + 1)));
    this.#steps.push({ kind: "kernel", name: made.name, args: made.args, outs, scratch, code: made.code(outs) });
    return true;
  }

  // The elements in the order of other axes, copied.
  #rearranged(v: Value, aval: Aval, perm: readonly number[]): Operand {
    const { node } = this.#stored(v);
    const moved = viewed(node, v.shape, ({ strides, offset }) => ({ strides: perm.map((i) => strides[i] as number), offset })) as Node;
    const to = avalOf(perm.map((i) => v.shape[i] as number), aval.dtype, aval.weak);
    return this.#operand(this.#copied({ node: moved, shape: to.shape, from: this.#readyAt(moved) }), to);
  }

  #define(v: Var, value: Value): void {
    const type = storedType(v.aval);
    this.#values.set(v, value.node.type === type ? value : { ...value, node: convert(value.node, type) });
  }

  #elementwise({ primitive, params, outputs, inputs }: Equation, trait: Elementwise, values: readonly Value[]): Value {
    const { aval } = outputs[0] as Var;
    const group = this.#groupFor(aval.shape, values);
    group.names.push(primitive.name);
    // Weak scalars are computed as the doubles that they are.
    const isWeak = aval.ndim === 0 && inputs.every((a) => a.aval.weak || a.aval.dtype === "bool");
    const args = values.map((v, i) => {
      const { dtype } = (inputs[i] as Atom).aval;
      return convert(this.#nodeIn(group, v), isWeak && dtype === "float32" ? "float64" : (dtype as Type));
    });
    return { node: instantiate(trait, params, args, storedType(aval), aval.ndim === 0), shape: aval.shape, group, from: group.at + 1 };
  }

  // The nest that a new expression of these operands joins: the first that may, from the latest operand on.
  #groupFor(shape: Shape, operands: readonly Value[], axes?: readonly number[], after = 0): Group {
    const read = readBy(operands);
    const lowest = operands.reduce((at, v) => Math.max(at, v.group?.shape === shape ? v.group.at : v.from), after);
    // Small nests cost a call each; of large ones those pay that have something in common.
    const isDear = this.#shared.nestsAreDear === true || shape.reduce((n, d) => n * d, 1) <= 64;
    const joins = (step: Group | Step): step is Group => isOpen(step, shape, axes) && (isDear || operands.some((v) => v.group === step) || read.some((b) => step.reads.has(b)));
    let group = this.#steps.slice(Math.max(lowest, this.#steps.length - reach)).find(joins);
    if (group === undefined) this.#steps.push((group = { kind: "group", at: this.#steps.length, shape, stores: [], names: [], reads: new Set(), axes: undefined }));
    for (const b of read) group.reads.add(b);
    return group;
  }

  /** What an expression in `group` writes for a value. */
  #nodeIn(group: Group, v: Value): Node {
    const isComputed = v.group === undefined || v.group === group || (this.#shared.nestsAreDear === true && isCheaperAgain(v));
    return isComputed ? v.node : this.#stored(v).node;
  }

  /** The value as an expression of buffers alone. */
  #stored(v: Value): Value {
    if (v.group === undefined) return v;
    if (v.stored !== undefined) return v.stored;
    const { group, node, shape } = v;
    const buffer = this.#newBuffer({ type: node.type, size: shape.reduce((n, d) => n * d, 1) }, group.at + 1);
    const strides = rowMajor(shape);
    group.stores.push({ buffer, strides, offset: 0, value: node });
    v.stored = { node: { kind: "load", type: node.type, buffer, strides, offset: 0 }, shape, from: group.at + 1 };
    return v.stored;
  }

  #view(name: string, v: Value, aval: Aval, view: ViewOf): Value {
    const operandSize = v.shape.reduce((n, d) => n * d, 1);
    // An expression is computed again at its new places if that is next to nothing, or nobody else wants it.
    const again = v.group === undefined || v.stored !== undefined || costOf(v.node) <= (aval.size > operandSize ? 0 : 4);
    const source = again ? (v.stored ?? v) : this.#stored(v);
    const node = viewed(source.node, v.shape, view);
    if (node !== undefined) return { node, shape: aval.shape, from: this.#readyAt(node) };
    if (v.group === undefined) this.#shared.remarks.push({ name, reason: "its elements have to move first: copied in row-major order" });
    const copy = v.group === undefined ? this.#copied(v) : this.#stored(v);
    const moved = viewed(copy.node, v.shape, view) as Node;
    return { node: moved, shape: aval.shape, from: copy.from };
  }

  // A copy in row-major order.
  #copied(v: Value): Value {
    const source = this.#stored(v);
    const group = this.#groupFor(v.shape, [source]);
    return this.#stored({ ...source, group, from: group.at + 1 });
  }

  #readyAt(node: Node): number {
    let at = 0;
    forEachNode([node], (n) => {
      if (n.kind === "load") at = Math.max(at, this.#ready.get(n.buffer) ?? 0);
    });
    return at;
  }

  #builder(name: string): Builder {
    return {
      array: (aval) => this.#newOperand(aval, 0),
      store: (v, { buffer }, { strides, offset }, after) => {
        const group = this.#groupFor(v.shape, [v], undefined, after);
        group.names.push(name);
        group.stores.push({ buffer, strides, offset, value: convert(this.#nodeIn(group, v), buffer.type) });
        return group.at;
      },
      filled: (array, last) => {
        this.#ready.set(array.buffer, last + 1);
        return load(array, last + 1);
      },
      view: (v, aval, place) => this.#view(name, v, aval, place),
    };
  }

  #reduce(name: string, v: Value, aval: Aval, axes: readonly number[], fold: Fold): Value {
    const group = this.#groupFor(v.shape, [v], axes);
    group.axes = axes;
    group.names.push(name);
    const buffer = this.#newBuffer(layoutOf(aval), group.at + 1);
    const kept = rowMajor(aval.shape);
    const strides = v.shape.map((_, i) => (axes.includes(i) ? 0 : (kept[i - axes.filter((a) => a < i).length] as number)));
    group.stores.push({ buffer, strides, offset: 0, value: this.#nodeIn(group, v), fold });
    return { node: { kind: "load", type: buffer.type, buffer, strides: kept, offset: 0 }, shape: aval.shape, from: group.at + 1 };
  }

  #host({ primitive, params, inputs, outputs, effect }: Equation, values: readonly (Value | Opaque)[]): void {
    const args = inputs.map((a, i) => {
      const v = values[i] as Value | Opaque;
      if (a instanceof Literal) return a.value;
      return "opaque" in v ? v : this.#operand(v, a.aval);
    });
    const at = this.#steps.length;
    const outs = outputs.map((v): Operand | Opaque => {
      if (!this.#isInMemory(v.aval)) {
        const opaque = this.#newOpaque(v.aval);
        this.#values.set(v, opaque);
        return opaque;
      }
      const operand = this.#newOperand(v.aval, at + 1);
      this.#values.set(v, load(operand, at + 1));
      return operand;
    });
    this.#steps.push({ kind: "host", primitive, params, effect, args, outs } satisfies Host);
    const why = effect === undefined ? (this.#shared.whyHost?.(primitive) ?? "there is no kernel in WebAssembly: the eager kernel runs it") : "it has an effect: applied as without jit";
    this.#shared.remarks.push({ name: primitive.name, reason: why });
  }

  /** The value in a buffer, wherever in it its elements are. */
  #operand(v: Value, aval: Aval): Operand {
    let stored = this.#stored(v);
    if (stored.node.kind !== "load" || stored.node.type !== stored.node.buffer.type) stored = v.copy ??= this.#copied(stored);
    const { buffer, strides, offset } = stored.node as Extract<Node, { kind: "load" }>;
    return { buffer, strides, offset, shape: v.shape, aval };
  }

  #result(a: Atom): Result {
    if (a instanceof Literal) return a.value;
    const { inputs, constants } = this.#program;
    const argument = inputs.indexOf(a);
    if (argument >= 0) return { argument };
    const constant = constants.get(a);
    if (constant !== undefined) return constant;
    const v = this.#values.get(a) as Value | Opaque;
    if ("opaque" in v) return v;
    return this.#whole(v, a.aval);
  }

  // The value in a buffer that was computed here and holds nothing else.
  #whole(v: Value, aval: Aval): Operand {
    if (aval.element !== undefined) return this.#wholeStack(v, aval);
    const operand = this.#operand(v, aval);
    const { buffer, offset, strides, shape } = operand;
    const isWhole = buffer.size === aval.size && offset === 0 && buffer.type === v.node.type && isRowMajor(shape, strides);
    return isWhole && (this.#ready.get(buffer) ?? 0) > 0 ? operand : this.#operand(this.#copied(v), aval);
  }
}
