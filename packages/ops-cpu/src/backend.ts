// The CPU backend: tensors are garbage-collected typed arrays and inline numbers. Nothing here outlives an application but
// plans, and nothing is kept per tensor.

import {
  type AnyPrimitive,
  at,
  type Aval,
  type Backend,
  type BackendStats,
  base,
  type DType,
  inferAvals,
  MissingRuleError,
  type Resolve,
  roundTo,
  Tensor,
  type TypedArray,
} from "@gradus/core";
import type { Engine } from "./engine.js";
import { type Kernel, type KernelFamily, type Lowering, loweringKernel, type Payload } from "./kernel.js";
import { denseBy } from "./layout.js";
import { type Plan, planFor } from "./plan.js";
import { traitKernel } from "./traits.js";
import { isUniform, View } from "./view.js";

export class CpuBackend implements Backend {
  readonly name = "cpu";
  readonly #kernels: Map<AnyPrimitive, Kernel>;
  readonly #engine: Engine;
  /** By primitive, the last one used first. */
  readonly #plans: Plan[][] = [];
  readonly #counts = { kernels: 0, elementwise: 0, bytes: 0, uploads: 0, downloads: 0 };

  constructor(engine: Engine, families: readonly KernelFamily[]) {
    this.#engine = engine;
    this.#kernels = new Map(families.flat());
  }

  elementwise1(p: AnyPrimitive, x: Tensor, params: unknown, resolve?: Resolve): Tensor {
    return this.elementwise2(p, x, undefined, params, resolve);
  }

  /** Of one operand or two. */
  elementwise2(p: AnyPrimitive, x: Tensor, y: Tensor | undefined, params: unknown, resolve?: Resolve): Tensor {
    const yAval = y?.aval;
    let plan = this.#plans[p.id]?.[0];
    if (plan === undefined || plan.x !== x.aval || plan.y !== yAval || plan.params !== params) {
      plan = this.#plan(p, yAval === undefined ? [x.aval] : [x.aval, yAval], params, resolve);
    }
    const { out } = plan;
    this.#counts.elementwise++;
    if (out.ndim > 0) return this.#made(out, this.#engine.elements(plan, y === undefined ? [x] : [x, y]));
    let a = x.payload as number;
    let b = y?.payload as number;
    if (plan.roundX) a = Math.fround(a);
    if (plan.roundY) b = Math.fround(b);
    const value = plan.f(a, b);
    return new Tensor(out, out.weak ? value : roundTo(out.dtype, value), null, this);
  }

  perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    const avals = args.map((a) => a.aval);
    if (p.traits.elementwise !== undefined) return this.#elementwise(p, args, avals, params);
    const kernel = this.#kernels.get(p) ?? traitKernel(p.traits, this.#engine);
    const { decompose } = p.rules;
    if (kernel !== undefined) {
      const outs = inferAvals(p, avals, params);
      this.#counts.kernels++;
      const result = kernel(args, params, outs);
      return outs.map((aval, i) => this.#tensor(aval, (Array.isArray(result) ? result[i] : result) as Payload));
    }
    if (decompose !== undefined) return at(base, () => decompose(args, params));
    throw new MissingRuleError(
      `${p.name} has no kernel here: use cpu(), pass its family (eagerCpu({ kernels: [reductions, …] })), or give it a kernel by defineLowering or a rule decompose.`,
    );
  }

  put(data: TypedArray, aval: Aval, alias?: boolean): Tensor {
    this.#counts.uploads++;
    return this.#tensor(aval, alias === true ? data : data.slice());
  }

  read(x: Tensor): TypedArray {
    this.#counts.downloads++;
    return x.payload instanceof View ? denseBy(this.#engine.copyInto, x) : denseBy(this.#engine.copyInto, x).slice();
  }

  async readAsync(x: Tensor): Promise<TypedArray> {
    return this.read(x);
  }

  isZero(x: Tensor): boolean {
    const { payload } = x;
    if (typeof payload === "number") return payload === 0;
    if (payload instanceof View && isUniform(payload)) return payload.data[payload.offset] === 0;
    return denseBy(this.#engine.copyInto, x).every((v) => v === 0);
  }

  supports({ dtype }: Aval): boolean {
    return dtype !== "float0";
  }

  /** The kernel of a structured primitive; of an elementwise one, the body that its loops are made from. */
  kernel(p: AnyPrimitive): unknown {
    return this.#kernels.get(p) ?? traitKernel(p.traits, this.#engine) ?? p.traits.elementwise?.body;
  }

  /** Gives this backend a kernel for a primitive, in place of any that it has. */
  defineLowering(primitive: AnyPrimitive, kernel: Lowering): void {
    this.#kernels.set(primitive, loweringKernel(this.#engine.copyInto, kernel));
  }

  /** Counts since the backend was made: kernels run, elementwise applications, bytes of results, arrays put and read. */
  stats(): BackendStats {
    return { ...this.#counts };
  }

  // Applied by themselves, primitives are strict: equal shapes, equal dtypes.
  #elementwise(p: AnyPrimitive, args: Tensor[], avals: Aval[], params: unknown): Tensor {
    const plan = this.#plan(p, avals, params);
    if (!plan.isStrict) inferAvals(p, avals, params);
    if (args.length < 3) return this.elementwise2(p, args[0] as Tensor, args[1], params);
    this.#counts.elementwise++;
    const { out } = plan;
    if (out.ndim > 0) return this.#made(out, this.#engine.elements(plan, args));
    return this.#tensor(out, plan.f(...(args.map((a, i) => (out.weak ? a.payload : roundTo(plan.types[i] as DType, a.payload as number))) as [number])));
  }

  #plan(p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve?: Resolve): Plan {
    while (this.#plans.length <= p.id) this.#plans.push([]);
    return planFor(this.#plans[p.id] as Plan[], p, avals, params, resolve);
  }

  #made(aval: Aval, data: TypedArray): Tensor {
    this.#counts.bytes += data.byteLength;
    return new Tensor(aval, data, null, this);
  }

  #tensor(aval: Aval, payload: Payload): Tensor {
    if (aval.ndim > 0) return ArrayBuffer.isView(payload) ? this.#made(aval, payload) : new Tensor(aval, payload, null, this);
    const value = typeof payload === "number" ? payload : payload instanceof View ? payload.data[payload.offset] : payload[0];
    return new Tensor(aval, aval.weak ? value : roundTo(aval.dtype, value as number), null, this);
  }
}
