// The CPU backend: tensors are garbage-collected typed arrays and inline numbers. Nothing here outlives an application but
// plans, and nothing is kept per tensor.

import {
  type AnyPrimitive,
  at,
  type Aval,
  type Backend,
  type BackendStats,
  base,
  inferAvals,
  MissingRuleError,
  roundTo,
  Tensor,
  type TypedArray,
} from "@gradus/core";
import { elements1, elements2, elementsN } from "./elementwise.js";
import { type Kernel, type KernelFamily, type Lowering, loweringKernel, type Payload } from "./kernel.js";
import { dense, isUniform, View } from "./layout.js";
import { noRounding, type Plan, PlanCache, toFloat32, toInt32 } from "./plan.js";
import { structural } from "./structural.js";

export class CpuBackend implements Backend {
  readonly name = "cpu";
  readonly #kernels: Map<AnyPrimitive, Kernel>;
  readonly #plans: (PlanCache | undefined)[] = [];
  // The plan that each primitive used last: an inline cache.
  readonly #last: (Plan | undefined)[] = [];
  readonly #counts = { kernels: 0, elementwise: 0, bytes: 0, uploads: 0, downloads: 0 };

  constructor(families: readonly KernelFamily[]) {
    this.#kernels = new Map([structural, ...families].flat());
  }

  elementwise1(p: AnyPrimitive, x: Tensor, params: unknown): Tensor {
    let plan = this.#last[p.id];
    if (plan === undefined || plan.x !== x.aval || plan.params !== params) plan = this.#find(p, x.aval, undefined, params);
    this.#counts.elementwise++;
    if (!plan.isScalar) return this.#made(plan.out, elements1(plan, x));
    let a = x.payload as number;
    if (plan.roundX) a = Math.fround(a);
    return new Tensor(plan.out, rounded(plan, plan.f(a)), null, this);
  }

  elementwise2(p: AnyPrimitive, x: Tensor, y: Tensor, params: unknown): Tensor {
    let plan = this.#last[p.id];
    if (plan === undefined || plan.x !== x.aval || plan.y !== y.aval || plan.params !== params) plan = this.#find(p, x.aval, y.aval, params);
    this.#counts.elementwise++;
    if (!plan.isScalar) return this.#made(plan.out, elements2(plan, x, y));
    let a = x.payload as number;
    let b = y.payload as number;
    if (plan.roundX) a = Math.fround(a);
    if (plan.roundY) b = Math.fround(b);
    return new Tensor(plan.out, rounded(plan, plan.f(a, b)), null, this);
  }

  perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    if (p.traits.elementwise !== undefined) return this.#elementwise(p, args, params);
    const kernel = this.#kernels.get(p);
    if (kernel === undefined) return this.#decompose(p, args, params);
    const outs = inferAvals(p, args.map((a) => a.aval), params);
    this.#counts.kernels++;
    const result = kernel(args, params, outs);
    if (p.multipleResults) return outs.map((aval, i) => this.#wrap(aval, (result as readonly Payload[])[i] as Payload));
    return this.#wrap(outs[0] as Aval, result as Payload);
  }

  put(data: TypedArray, aval: Aval, alias = false): Tensor {
    this.#counts.uploads++;
    return this.#wrap(aval, alias ? data : data.slice());
  }

  read(x: Tensor): TypedArray {
    this.#counts.downloads++;
    const data = dense(x);
    return data === x.payload ? data.slice() : data;
  }

  readAsync(x: Tensor): Promise<TypedArray> {
    return Promise.resolve(this.read(x));
  }

  isZero(x: Tensor): boolean {
    const { payload } = x;
    if (typeof payload === "number") return payload === 0;
    if (payload instanceof View && isUniform(payload)) return payload.data[payload.offset] === 0;
    return dense(x).every((v) => v === 0);
  }

  supports(aval: Aval): boolean {
    return aval.element === undefined && aval.dtype !== "float0";
  }

  /** The kernel of a structured primitive; of an elementwise one, the body that its loops are made from. */
  kernel(p: AnyPrimitive): unknown {
    return this.#kernels.get(p) ?? p.traits.elementwise?.body;
  }

  /** Gives this backend a kernel for a primitive, in place of any that it has. */
  defineLowering(primitive: AnyPrimitive, kernel: Lowering): void {
    this.#kernels.set(primitive, loweringKernel(kernel));
  }

  /** Counts since the backend was made: kernels run, elementwise applications, bytes of results, arrays put and read. */
  stats(): BackendStats {
    return { ...this.#counts };
  }

  // Applied by themselves, primitives are strict: equal shapes, equal dtypes.
  #elementwise(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor {
    const avals = args.map((a) => a.aval);
    const plan = args.length > 2 ? this.#cache(p).findAny(avals, params) : this.#find(p, avals[0] as Aval, avals[1], params);
    if (!plan.isStrict) inferAvals(p, avals, params);
    const [x, y] = args as [Tensor, Tensor];
    if (args.length === 1) return this.elementwise1(p, x, params);
    if (args.length === 2) return this.elementwise2(p, x, y, params);
    this.#counts.elementwise++;
    if (!plan.isScalar) return this.#made(plan.out, elementsN(plan, args));
    const operands = args.map((a, i) => (plan.types[i] === "float32" && !plan.out.weak ? Math.fround(a.payload as number) : a.payload)) as [number];
    return new Tensor(plan.out, rounded(plan, plan.f(...operands)), null, this);
  }

  #find(p: AnyPrimitive, x: Aval, y: Aval | undefined, params: unknown): Plan {
    const plan = this.#cache(p).find(x, y, params);
    this.#last[p.id] = plan;
    return plan;
  }

  #cache(p: AnyPrimitive): PlanCache {
    while (this.#plans.length <= p.id) {
      this.#plans.push(undefined);
      this.#last.push(undefined);
    }
    return (this.#plans[p.id] ??= new PlanCache(p));
  }

  #made(aval: Aval, data: TypedArray): Tensor {
    this.#counts.bytes += data.byteLength;
    return new Tensor(aval, data, null, this);
  }

  #wrap(aval: Aval, payload: Payload): Tensor {
    if (aval.ndim > 0) return typeof payload === "number" || payload instanceof View ? new Tensor(aval, payload, null, this) : this.#made(aval, payload);
    const value = typeof payload === "number" ? payload : payload instanceof View ? payload.data[payload.offset] : payload[0];
    return new Tensor(aval, aval.weak ? value : roundTo(aval.dtype, value as number), null, this);
  }

  #decompose(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    const { decompose } = p.rules;
    if (decompose !== undefined) return at(base, () => decompose(args, params));
    throw new MissingRuleError(
      `${p.name} has no kernel on this CPU backend. Pass the kernel family that has it, for example eagerCpu({ kernels: [contraction] }) with ` +
        "contraction, reductions, shaping or indexing from @gradus/ops-cpu; or use cpu(), which has all of them; or give the primitive a decompose " +
        "rule or this backend a kernel: defineLowering(primitive, kernel).",
    );
  }
}

// Written so that the usual case, a float, costs one comparison or two.
function rounded({ round }: Plan, value: number): number {
  if (round === toFloat32) return Math.fround(value);
  if (round === noRounding) return value;
  return round === toInt32 ? value | 0 : value >>> 0;
}
