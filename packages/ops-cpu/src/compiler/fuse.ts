// Second stage: from a simplified program to loop nests. Equations are taken in order. An elementwise operation joins the
// latest nest of its shape that has, or can load, its operands; a reduction ends in the nest of its operand; a view moves
// the places that expressions read. What is left is a step of the eager kernels.

import { type AnyPrimitive, type Aval, type AxesParams, type Elementwise, rowMajor, type Shape, type Tensor, type Traits } from "@gradus/core";
import { arg } from "@gradus/core/scalar";
import { type Atom, type Equation, Literal, type Program, Var } from "@gradus/tracing";
import { type Buffer, type Fold, forEachNode, type Host, type LoopProgram, type Node, type Opaque, type Operand, type Result, type Step, type Store, storedType, type Type } from "./ir.js";
import { nestOf } from "./nest.js";
import { constantOf, convert, instantiate } from "./typed.js";
import { costOf, viewed, type ViewOf } from "./views.js";

const mostOperations = 256; // in one nest: engines take long for long functions, and run out of registers
const reach = 64; // how many steps back an operation may go to join a nest

/** A nest that is still being filled. */
interface Group {
  readonly kind: "group";
  readonly at: number;
  readonly shape: Shape;
  readonly stores: Store[];
  readonly names: string[];
  axes: readonly number[] | undefined;
}

/** An expression of arrays in buffers, which any later step may compute; or one in a nest, which others have to load. */
interface Value {
  readonly node: Node;
  readonly shape: Shape;
  /** The nest that computes it. */
  readonly group?: Group | undefined;
  /** The first step that may read it. */
  readonly from: number;
  stored?: Value;
}

/** Why an operation was not fused, or what runs it. */
export interface Remark {
  readonly name: string;
  readonly reason: string;
}

export interface Fused {
  readonly program: LoopProgram;
  readonly remarks: readonly Remark[];
}

/** Whether the user gave the backend a kernel for a primitive, which comes before anything made here. */
export type HasOwnKernel = (primitive: AnyPrimitive) => boolean;

export function fuse(program: Program, hasOwnKernel: HasOwnKernel = () => false): Fused {
  return new Fusion(program, hasOwnKernel).run();
}

class Fusion {
  readonly #program: Program;
  readonly #hasOwnKernel: HasOwnKernel;
  readonly #values = new Map<Var, Value | Opaque>();
  readonly #uses = new Map<Atom, number>();
  readonly #steps: (Group | Step)[] = [];
  readonly #buffers: Buffer[] = [];
  /** The first step that may read a buffer. */
  readonly #ready = new Map<Buffer, number>();
  readonly #remarks: Remark[] = [];
  #opaques = 0;

  constructor(program: Program, hasOwnKernel: HasOwnKernel) {
    this.#program = program;
    this.#hasOwnKernel = hasOwnKernel;
  }

  run(): Fused {
    const { inputs, constants, equations, outputs } = this.#program;
    for (const a of [...equations.flatMap((eq) => eq.inputs), ...outputs]) this.#uses.set(a, (this.#uses.get(a) ?? 0) + 1);
    const entries = inputs.map((v) => (this.#uses.has(v) ? this.#entry(v) : undefined));
    const captured = [...constants].map(([v, value]) => [value, this.#entry(v)] as const);
    for (const eq of equations) this.#equation(eq);
    const results = outputs.map((a) => this.#result(a));
    const steps = this.#steps.flatMap((s) => (s.kind === "group" ? nestOf(s.shape, s.stores, s.axes ?? [], s.names) : [s]));
    return {
      program: { inputs: entries, constants: captured, steps, outputs: results, buffers: this.#buffers },
      remarks: this.#remarks,
    };
  }

  #entry(v: Var): Operand | Opaque {
    const { aval } = v;
    if (aval.dtype === "float0") {
      const opaque = this.#newOpaque(aval);
      this.#values.set(v, opaque);
      return opaque;
    }
    const operand = this.#newOperand(aval, 0);
    this.#values.set(v, load(operand, 0));
    return operand;
  }

  #newOpaque = (aval: Aval): Opaque => ({ opaque: this.#opaques++, aval });

  #newBuffer(type: Type, size: number, ready: number): Buffer {
    const buffer = { id: this.#buffers.length, type, size };
    this.#buffers.push(buffer);
    this.#ready.set(buffer, ready);
    return buffer;
  }

  #newOperand(aval: Aval, ready: number): Operand {
    return { buffer: this.#newBuffer(storedType(aval), aval.size, ready), shape: aval.shape, strides: rowMajor(aval.shape), offset: 0, aval };
  }

  #value(a: Atom): Value | Opaque {
    if (a instanceof Var) return this.#values.get(a) as Value | Opaque;
    const { aval, payload } = a.value;
    return { node: constantOf(payload as number, storedType(aval)), shape: aval.shape, from: 0 };
  }

  #equation(eq: Equation): void {
    const { primitive, inputs, outputs, params } = eq;
    const values = inputs.map((a) => this.#value(a));
    const { elementwise, view, reduce, fill } = primitive.traits;
    const isArray = values.every((v): v is Value => !("opaque" in v)) && outputs.every((v) => v.aval.dtype !== "float0");
    const [out] = outputs as [Var];
    if (isArray && outputs.length === 1 && eq.effect === undefined && (elementwise !== undefined || !this.#hasOwnKernel(primitive))) {
      const type = storedType(out.aval);
      if (elementwise !== undefined) return this.#define(out, this.#elementwise(eq, elementwise, values));
      if (fill !== undefined) return this.#define(out, { node: constantOf(fill(params), type), shape: out.aval.shape, from: 0 });
      if (view !== undefined) return this.#define(out, this.#view(eq, values[0] as Value, (from) => view(from, params)));
      const fold = reduce && foldOf(reduce, out.aval);
      if (fold !== undefined) return this.#define(out, this.#reduce(primitive.name, values[0] as Value, out.aval, (params as AxesParams).axes, fold));
    }
    this.#host(eq, values);
  }

  #define(v: Var, value: Value): void {
    const type = storedType(v.aval);
    this.#values.set(v, value.node.type === type ? value : { ...value, node: convert(value.node, type) });
  }

  #elementwise({ primitive, params, outputs, inputs }: Equation, { body }: Elementwise, values: readonly Value[]): Value {
    const { aval } = outputs[0] as Var;
    const group = this.#groupFor(aval.shape, values);
    group.names.push(primitive.name);
    // Weak scalars are computed as the doubles that they are.
    const isWeak = aval.ndim === 0 && inputs.every((a) => a.aval.weak || a.aval.dtype === "bool");
    const args = values.map((v, i) => {
      const { dtype } = (inputs[i] as Atom).aval;
      return convert(this.#nodeIn(group, v), isWeak && dtype === "float32" ? "float64" : (dtype as Type));
    });
    const expr = (body as (...args: unknown[]) => ReturnType<typeof arg>)(...args.map((_, i) => arg(i)), params);
    return { node: instantiate(expr, args, storedType(aval), aval.ndim === 0), shape: aval.shape, group, from: group.at + 1 };
  }

  // The nest that a new expression of these operands joins: the first that may, from the latest operand on.
  #groupFor(shape: Shape, operands: readonly Value[], axes?: readonly number[]): Group {
    const size = shape.reduce((n, d) => n * d, 1);
    const lowest = operands.reduce((at, v) => Math.max(at, v.group?.shape === shape ? v.group.at : v.from), 0);
    for (let at = Math.max(lowest, this.#steps.length - reach); at < this.#steps.length; at++) {
      const group = this.#steps[at] as Group | Step;
      if (group.kind !== "group" || group.shape !== shape || group.names.length >= mostOperations) continue;
      if (axes !== undefined && group.axes !== undefined && axes.join() !== group.axes.join()) continue;
      // Small nests cost a call each; of large ones those pay that have something in common.
      if (size <= 64 || operands.some((v) => v.group === group) || sharesLoad(group, operands)) return group;
    }
    const group: Group = { kind: "group", at: this.#steps.length, shape, stores: [], names: [], axes: undefined };
    this.#steps.push(group);
    return group;
  }

  /** What an expression in `group` writes for a value. */
  #nodeIn(group: Group, v: Value): Node {
    return v.group === undefined || v.group === group ? v.node : this.#stored(v).node;
  }

  /** The value as an expression of buffers alone. */
  #stored(v: Value): Value {
    if (v.group === undefined) return v;
    if (v.stored !== undefined) return v.stored;
    const { group, node, shape } = v;
    const buffer = this.#newBuffer(node.type, shape.reduce((n, d) => n * d, 1), group.at + 1);
    const strides = rowMajor(shape);
    group.stores.push({ buffer, strides, offset: 0, value: node });
    v.stored = { node: { kind: "load", type: node.type, buffer, strides, offset: 0 }, shape, from: group.at + 1 };
    return v.stored;
  }

  #view(eq: Equation, v: Value, view: ViewOf): Value {
    const { aval } = eq.outputs[0] as Var;
    const operandSize = v.shape.reduce((n, d) => n * d, 1);
    // An expression is computed again at its new places if that is next to nothing, or nobody else wants it.
    const again = v.group === undefined || v.stored !== undefined || costOf(v.node) <= (aval.size > operandSize ? 0 : 4);
    const source = again ? (v.stored ?? v) : this.#stored(v);
    const node = viewed(source.node, v.shape, view);
    if (node !== undefined) return { node, shape: aval.shape, from: this.#readyAt(node) };
    if (v.group === undefined) this.#remarks.push({ name: eq.primitive.name, reason: "its elements have to move first: copied in row-major order" });
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
      if (n.kind === "load") at = Math.max(at, this.#ready.get(n.buffer) as number);
    });
    return at;
  }

  #reduce(name: string, v: Value, aval: Aval, axes: readonly number[], fold: Fold): Value {
    const group = this.#groupFor(v.shape, [v], axes);
    group.axes = axes;
    group.names.push(name);
    const buffer = this.#newBuffer(storedType(aval), aval.size, group.at + 1);
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
      if (v.aval.dtype === "float0") {
        const opaque = this.#newOpaque(v.aval);
        this.#values.set(v, opaque);
        return opaque;
      }
      const operand = this.#newOperand(v.aval, at + 1);
      this.#values.set(v, load(operand, at + 1));
      return operand;
    });
    this.#steps.push({ kind: "host", primitive, params, args, outs } satisfies Host);
    const why = effect === undefined ? "there is no kernel in WebAssembly: the eager kernel runs it" : "it has an effect: applied as without jit";
    this.#remarks.push({ name: primitive.name, reason: why });
  }

  /** The value in a buffer, wherever in it its elements are. */
  #operand(v: Value, aval: Aval): Operand {
    let stored = this.#stored(v);
    if (stored.node.kind !== "load" || stored.node.type !== stored.node.buffer.type) stored = this.#copied(stored);
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
    const operand = this.#operand(v, a.aval);
    const { buffer, offset, strides, shape } = operand;
    const isWhole = buffer.size === a.aval.size && offset === 0 && buffer.type === storedType(a.aval) && isRowMajor(shape, strides);
    const isOwn = (this.#ready.get(buffer) as number) > 0;
    return isWhole && isOwn ? operand : this.#operand(this.#copied(v), a.aval);
  }
}

// A fold that is one operation of two operands, and may be taken in any order.
function foldOf({ combine, init }: NonNullable<Traits["reduce"]>, { dtype }: Aval): Fold | undefined {
  const e = combine(arg(0), arg(1));
  if (e.kind !== "call" || !regrouped.has(e.op.name) || e.args.some((a, i) => a.kind !== "arg" || a.index !== i)) return undefined;
  return { op: e.op, init: init(dtype) };
}

const regrouped = new Set(["add", "mul", "max", "min", "and", "or"]);

const load = ({ buffer, strides, shape }: Operand, from: number): Value => ({ node: { kind: "load", type: buffer.type, buffer, strides, offset: 0 }, shape, from });

function isRowMajor(shape: Shape, strides: readonly number[]): boolean {
  return rowMajor(shape).every((s, i) => s === strides[i] || shape[i] === 1);
}

// Whether a nest reads an array that one of the operands reads.
function sharesLoad(group: Group, operands: readonly Value[]): boolean {
  const read = new Set<Buffer>();
  forEachNode(group.stores.map((s) => s.value), (n) => {
    if (n.kind === "load") read.add(n.buffer);
  });
  let shared = false;
  for (const v of operands) {
    if (v.group !== undefined && v.stored === undefined) continue;
    forEachNode([(v.stored ?? v).node], (n) => {
      if (n.kind === "load" && n.buffer.size > 1 && read.has(n.buffer)) shared = true;
    });
  }
  return shared;
}
