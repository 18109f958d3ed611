// Expressions of a nest as GLSL: every node that is shared is one local variable, in the loop that it depends on and no deeper.
// Where four elements of a result are computed at once, nodes that differ between them are vectors; or, where elementary functions
// are called, numbers in a loop over the four, since devices put functions in place of their calls.

import type { DType } from "@gradus/core";
import { type Buffer, type Call, type Constant, type Conversion, type Index, type Load, type Node, type Place } from "@gradus/loops";
import { converted, formatOf, literal } from "../glsl-types.js";
import { intrinsic } from "../lower.js";
import { held, type LoopPass } from "./loop-pass.js";
import { liftedConversion, liftedIntrinsic, vectorConversion, vectorOf, vectorOperator } from "./vector-functions.js";
import type { Axis } from "./walk.js";

/** An expression; `isWide` if it is four elements, or one of four in turn. */
export interface Term {
  readonly text: string;
  readonly dtype: DType;
  readonly isWide: boolean;
}

/** Where things are before and while a shader runs. */
export interface Placement {
  /** Buffers of one number that the host knows. */
  readonly numbers: ReadonlySet<Buffer>;
  /** Buffers that may begin anywhere in their textures, not at a texel. */
  readonly unaligned: ReadonlySet<Buffer>;
}

export class Emission {
  readonly inputs: Buffer[] = [];
  readonly ints: number[] = [];
  readonly starts: { at: number; input: number }[] = [];
  readonly integers: { at: number; buffer: Buffer }[] = [];
  readonly floats: Buffer[] = [];
  readonly #placement: Placement;
  readonly #axes: readonly Axis[];
  readonly #wide: Axis | undefined;
  /** Whether lanes are computed in turn. */
  readonly isLooped: boolean;
  readonly #functions = new Map<string, string>();
  readonly #terms = new Map<Node, Term>();
  readonly #loads = new Map<string, Term>();
  readonly #lines: [outside: string[], inside: string[]] = [[], []];
  readonly #lanes: string[] = [];
  #locals = 0;

  /** Of points along `axes`, of which four neighbours along `wide` are computed at once, or in turn. */
  constructor(placement: Placement, axes: readonly Axis[], wide: Axis | undefined, isLooped: boolean) {
    this.#placement = placement;
    this.#axes = axes;
    this.#wide = wide;
    this.isLooped = wide !== undefined && isLooped;
  }

  /** A number of the shader's that is no part of its text. */
  int(value: number): string {
    return `p[${this.ints.push(value) - 1}]`;
  }

  /** Lines computed outside of the loop over joined elements, and inside. */
  get outside(): readonly string[] {
    return this.#lines[0];
  }
  get inside(): readonly string[] {
    return this.#lines[1];
  }

  /** Lines computed for lane k in turn. */
  get lanes(): readonly string[] {
    return this.#lanes;
  }

  /** The functions that the lines call beside those of the library. */
  get functions(): string {
    return [...this.#functions.values()].join("\n");
  }

  /** What a pass is told beside its source. */
  get tables(): Pick<LoopPass, "inputs" | "ints" | "starts" | "integers" | "floats"> {
    const { inputs, ints, starts, integers, floats } = this;
    return { inputs, ints, starts, integers, floats };
  }

  /** The statements that give the indices of axes from a number of points, the last axis running fastest. */
  unravel(axes: readonly Axis[], from: string, prefix: string): string {
    const lines: string[] = [];
    let rest = from;
    for (let k = axes.length - 1; k > 0; k--) {
      const size = this.int((axes[k] as Axis).size);
      lines.push(`int ${prefix}${k} = ${rest} / ${size};`, `int ${this.#name(axes[k] as Axis)} = ${rest} - ${prefix}${k} * ${size};`);
      rest = `${prefix}${k}`;
    }
    if (axes.length > 0) lines.push(`int ${this.#name(axes[0] as Axis)} = ${rest};`);
    return lines.join("\n  ");
  }

  #name = (axis: Axis): string => `d${this.#axes.indexOf(axis)}`;

  term(node: Node): Term {
    let found = this.#terms.get(node);
    if (found === undefined) this.#terms.set(node, (found = this.#make(node)));
    return found;
  }

  #make(node: Node): Term {
    switch (node.kind) {
      case "const":
        return { text: literal((node as Constant).value, held(node.type)), dtype: held(node.type), isWide: false };
      case "load":
        return this.#load(node);
      case "index":
        return this.#index(node);
      case "cast":
        return this.#cast(node);
      case "call":
        return this.#call(node);
    }
  }

  /** A term as so many elements, of a dtype. */
  as(term: Term, dtype: DType, isWide: boolean): string {
    const one = term.dtype === dtype ? term : this.#converted(term, dtype);
    return isWide && !one.isWide && !this.isLooped ? `${vectorOf(dtype)}(${one.text})` : one.text;
  }

  #converted(term: Term, dtype: DType): Term {
    if (!term.isWide || this.isLooped) return { text: converted(term.text, term.dtype, dtype), dtype, isWide: term.isWide };
    return { text: this.vector(term.text, term.dtype, dtype), dtype, isWide: true };
  }

  /** A vector as one of another dtype. */
  vector(text: string, from: DType, to: DType): string {
    return vectorConversion(text, from, to) ?? `${this.#function(`v_${from}_as_${to}`, (name) => liftedConversion(name, from, to))}(${text})`;
  }

  #function(name: string, source: (name: string) => string): string {
    if (!this.#functions.has(name)) this.#functions.set(name, source(name));
    return name;
  }

  #cast(node: Conversion): Term {
    const x = this.term(node.args[0]);
    const dtype = held(node.type);
    return x.dtype === dtype ? x : this.#local(this.#converted(x, dtype), node);
  }

  #call(node: Call): Term {
    const { op, args } = node;
    const on = held(node.on);
    const terms = args.map((a, i) => (isAbsorbing(node, i) ? this.#hidden(a as Constant) : this.term(a)));
    const isWide = terms.some((t) => t.isWide);
    const types = terms.map((_, i): DType => (op.arity === 3 && i === 0 ? "bool" : on));
    const texts = terms.map((t, i) => this.as(t, types[i] as DType, isWide));
    const dtype = held(node.type);
    if (!isWide || this.isLooped) return this.#local({ text: intrinsic(op, on, texts), dtype, isWide }, node);
    return this.#local({ text: this.wide(op, on, types, dtype, texts), dtype, isWide }, node);
  }

  // A number that the shader is given.
  #hidden({ value }: Constant): Term {
    return { text: `intBitsToFloat(${this.int(Object.is(value, -0) ? -(2 ** 31) : 0)})`, dtype: "float32", isWide: false };
  }

  /** An intrinsic of vectors. */
  wide(op: Call["op"], on: DType, types: readonly DType[], result: DType, texts: readonly string[]): string {
    return vectorOperator(op.name, on, texts) ?? `${this.#function(`v_${op.name}_${on}`, (name) => liftedIntrinsic(name, op, on, types, result))}(${texts.join(", ")})`;
  }

  #index(node: Index): Term {
    const at = this.#place(node, this.int(node.offset));
    const along = this.#alongWide(node);
    const isWide = along !== 0;
    return this.#local({ text: isWide ? `${at} + ${this.#stride(along)} * ${this.isLooped ? "k" : "ivec4(0, 1, 2, 3)"}` : at, dtype: "int32", isWide }, node);
  }

  #load(node: Load): Term {
    const { buffer, strides, offset } = node;
    const dtype = held(buffer.type);
    const key = `${buffer.id} ${this.#axes.map((a) => strides[a.loop]).join()} ${offset}`;
    let found = this.#loads.get(key);
    if (found === undefined) this.#loads.set(key, (found = this.#placement.numbers.has(buffer) ? this.#number(buffer, dtype) : this.#loaded(this.#read(node, dtype), node)));
    return found;
  }

  #number(buffer: Buffer, dtype: DType): Term {
    if (dtype === "float32") return { text: `q[${this.floats.push(buffer) - 1}]`, dtype, isWide: false };
    const at = this.ints.length;
    this.integers.push({ at, buffer });
    return { text: converted(this.int(0), "int32", dtype), dtype, isWide: false };
  }

  #read(node: Load, dtype: DType): Term {
    const { buffer, strides, offset } = node;
    let input = this.inputs.indexOf(buffer);
    if (input < 0) input = this.inputs.push(buffer) - 1;
    this.starts.push({ at: this.ints.length, input });
    const place = this.#place(node, this.int(offset));
    const along = this.#alongWide(node);
    if (along === 0) return { text: `read${input}(${place})`, dtype, isWide: false };
    const others = this.#axes.filter((a) => a !== this.#wide && strides[a.loop] !== 0);
    const isTexel = along === 1 && !this.#placement.unaligned.has(buffer) && offset % 4 === 0 && others.every((a) => (strides[a.loop] as number) % 4 === 0);
    if (isTexel) {
      const texel = `texel${input}((${place}) >> 2)`;
      return { text: dtype === "bool" ? `notEqual(${texel}, uvec4(0u))` : texel, dtype, isWide: true };
    }
    const at = this.#local({ text: place, dtype: "int32", isWide: false }, node).text;
    const step = this.#stride(along);
    const places = [at, `${at} + ${step}`, `${at} + 2 * ${step}`, `${at} + 3 * ${step}`];
    return { text: `${vectorOf(dtype)}(${places.map((x) => `read${input}(${x})`).join(", ")})`, dtype, isWide: true };
  }

  #alongWide = ({ strides }: Place): number => (this.#wide === undefined ? 0 : (strides[this.#wide.loop] as number));

  #stride = (stride: number): string => (stride === 1 ? "1" : this.int(stride));

  #place({ strides }: Place, start: string): string {
    const steps = this.#axes.flatMap((axis) => {
      const stride = strides[axis.loop] as number;
      return stride === 0 ? [] : [stride === 1 ? this.#name(axis) : `${this.#name(axis)} * ${this.#stride(stride)}`];
    });
    return [start, ...steps].join(" + ");
  }

  // Whatever depends on the place along joined axes is computed for each.
  #isInside(node: Node): boolean {
    switch (node.kind) {
      case "const":
        return false;
      case "load":
      case "index":
        return !(node.kind === "load" && this.#placement.numbers.has(node.buffer)) && this.#axes.some((a) => a.isJoined && node.strides[a.loop] !== 0);
      default:
        return (node.args as readonly Node[]).some((a) => this.#insides.get(a) ?? this.#known(a));
    }
  }
  readonly #insides = new Map<Node, boolean>();
  #known(node: Node): boolean {
    const is = this.#isInside(node);
    this.#insides.set(node, is);
    return is;
  }

  #local(term: Term, node: Node): Term {
    if (!term.isWide || !this.isLooped) return this.#loaded(term, node);
    const name = `v${this.#locals++}`;
    this.#lanes.push(`${formatOf(term.dtype).scalar} ${name} = ${term.text};`);
    return { ...term, text: name };
  }

  // What is read is read for all lanes at once.
  #loaded(term: Term, node: Node): Term {
    const name = `v${this.#locals++}`;
    const type = term.isWide ? vectorOf(term.dtype) : formatOf(term.dtype).scalar;
    this.#lines[this.#insides.get(node) ?? this.#known(node) ? 1 : 0]!.push(`${type} ${name} = ${term.text};`);
    return { ...term, text: term.isWide && this.isLooped ? `${name}[k]` : name };
  }
}

// Devices that see the 0 take x·0 and 0/x for 0, also where x is NaN, infinite or 0.
function isAbsorbing({ op, on, args }: Call, place: number): boolean {
  const x = args[place] as Node;
  return x.kind === "const" && x.value === 0 && held(on) === "float32" && (op.name === "mul" || (op.name === "div" && place === 0));
}
