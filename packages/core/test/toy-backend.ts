// The smallest backend that computes: elementwise bodies are interpreted, the structural primitives looped over. It has no fast
// path, so that what the wrappers and the stack do is seen; and two of it are two backends.

import {
  type AnyPrimitive, type Aval, type Backend, broadcastP, castP, type DType, fullP, inferAvals, MissingRuleError, reduceSumP, reshapeP, roundTo, allocate, Tensor, transposeP, type TypedArray,
} from "../src/index.js";
import { arg, constant, dtypeOf, type Expr } from "../src/scalar.js";

/** Row-major positions of an array, and the position that each has in another. */
function positions(shape: readonly number[], of: (index: number[]) => number): number[] {
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: size }, (_, flat) => {
    const index: number[] = [];
    let rest = flat;
    for (let i = shape.length - 1; i >= 0; i--) {
      index.unshift(rest % shape[i]!);
      rest = Math.floor(rest / shape[i]!);
    }
    return of(index);
  });
}

const offset = (shape: readonly number[], index: readonly number[]): number => shape.reduce((at, d, i) => at * d + (d === 1 ? 0 : index[i]!), 0);

function interpret(node: Expr, args: readonly number[], types: readonly DType[]): number {
  if (node.kind === "arg") return args[node.index]!;
  if (node.kind === "const") return node.value;
  const values = node.args.map((a) => interpret(a, args, types));
  if (node.kind === "cast") return roundTo(node.dtype, values[0]!);
  const { op } = node;
  const type = node.args.map((a) => dtypeOf(a, types)).filter((t) => t !== undefined).at(-1);
  const f = type === "bool" ? (op.bool ?? op.float) : type === "int32" || type === "uint32" ? (op.int ?? op.float) : op.float;
  return f(values[0]!, values[1]!, values[2]!);
}

export class ToyBackend implements Backend {
  readonly name: string;
  /** The names of the primitives that were applied. */
  readonly log: string[] = [];

  constructor(name = "toy") {
    this.name = name;
  }

  put(data: TypedArray, aval: Aval): Tensor {
    return new Tensor(aval, data.slice(), null, this);
  }

  read(x: Tensor): TypedArray {
    const data = allocate(x.dtype, x.size);
    data.set(this.#data(x));
    return data;
  }

  readAsync(x: Tensor): Promise<TypedArray> {
    return Promise.resolve(this.read(x));
  }

  perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor[] | Tensor {
    this.log.push(p.name);
    const { decompose } = p.rules;
    if (!p.traits.elementwise && decompose) return decompose(args, params);
    const [aval] = inferAvals(p, args.map((a) => a.aval), params) as [Aval];
    const values = this.#compute(p, args.map((a) => this.#data(a)), args.map((a) => a.aval), aval, params);
    const data = allocate(aval.dtype, aval.size);
    values.forEach((v, i) => (data[i] = aval.dtype === "bool" ? Number(v !== 0) : v));
    return new Tensor(aval, aval.ndim > 0 ? data : aval.weak ? values[0] : data[0], null, this);
  }

  #data(x: Tensor): ArrayLike<number> {
    return typeof x.payload === "number" ? [x.payload] : (x.payload as TypedArray);
  }

  #compute(p: AnyPrimitive, data: readonly ArrayLike<number>[], avals: readonly Aval[], out: Aval, params: any): number[] {
    const [x] = data as [ArrayLike<number>];
    const [from] = avals as [Aval];
    const pick = (of: (index: number[]) => number): number[] => positions(out.shape, of).map((i) => x[i]!);
    const { elementwise } = p.traits;
    if (elementwise) {
      const body = elementwise.body(...avals.map((_, i) => arg(i)), ...(p === castP ? [params] : Object.values((params ?? {}) as object).map((v) => constant(Number(v)))));
      return Array.from({ length: out.size }, (_, i) => interpret(body, data.map((d) => d[i]!), avals.map((a) => a.dtype)));
    }
    if (p === fullP) return Array.from({ length: out.size }, () => params.value as number);
    if (p === reshapeP) return Array.from(x);
    if (p === transposeP) return pick((index) => offset(from.shape, from.shape.map((_, i) => index[(params.perm as number[]).indexOf(i)]!)));
    if (p === broadcastP) return pick((index) => offset(from.shape, (params.axes as number[]).map((a) => index[a]!)));
    if (p === reduceSumP) {
      const kept = from.shape.map((_, i) => i).filter((i) => !(params.axes as number[]).includes(i));
      const sums = new Array<number>(out.size).fill(0);
      positions(from.shape, (index) => offset(out.shape, kept.map((i) => index[i]!))).forEach((at, i) => (sums[at] = sums[at]! + x[i]!));
      return sums;
    }
    throw new MissingRuleError(`the toy backend has no kernel for ${p.name}`);
  }
}
