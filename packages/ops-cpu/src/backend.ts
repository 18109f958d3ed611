// The CPU backend: tensors are garbage-collected typed arrays and inline numbers. Nothing here outlives an application but
// plans, and nothing is kept per tensor.

import { type AnyPrimitive, ArgumentError, at, type Aval, type Backend, type BackendStats, base, inferAvals, MissingRuleError, roundTo, Tensor, type TypedArray } from "@gradus/core";
import type { Engine } from "./engine.js";
import { type Kernel, type KernelFamily, type Lowering, loweringKernel, type Payload } from "./kernel.js";
import { denseBy } from "./layout.js";
import { type Plan, planFor } from "./plan.js";
import { traitKernel } from "./traits.js";
import { isUniform, View } from "./view.js";
import { walked, walking } from "./walking.js";

export class CpuBackend implements Backend {
  readonly name = "cpu";
  /** @internal */
  protected readonly counts = { kernels: 0, elementwise: 0, bytes: 0, uploads: 0, downloads: 0 };
  readonly #kernels: Map<AnyPrimitive, Kernel>;
  readonly #engine: Engine;
  /** By primitive. */
  readonly #plans: Plan[][] = [];

  /** @internal Made by `cpu` and `eagerCpu`. */
  constructor(families: readonly KernelFamily[], engine: Engine = walking) {
    this.#kernels = new Map(families.flat());
    this.#engine = engine;
  }

  /** @internal An elementwise application. By themselves, primitives are strict: equal shapes, equal dtypes. */
  protected elementwise(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor {
    const { out, isWeak, f } = planFor((this.#plans[p.id] ??= []), p, args.map((a) => a.aval), params);
    this.counts.elementwise++;
    if (out.ndim > 0) return this.tensor(out, walked(f, out, args));
    const numbers = args.map((a) => (isWeak ? a.payload : roundTo(a.dtype, a.payload as number)));
    return this.tensor(out, f(...(numbers as [number])));
  }

  perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    if (p.traits.elementwise) return this.elementwise(p, args, params);
    const kernel = this.#kernel(p);
    const { decompose } = p.rules;
    if (kernel) {
      const outs = inferAvals(p, args.map((a) => a.aval), params);
      this.counts.kernels++;
      const result = kernel(args, params, outs);
      return outs.map((aval, i) => this.tensor(aval, (Array.isArray(result) ? result[i] : result) as Payload));
    }
    if (decompose) return at(base, () => decompose(args, params));
    throw new MissingRuleError(
      `${p.name} has no kernel here: use cpu(), pass its family as in eagerCpu({ kernels: [reductions] }), or give it a kernel (defineLowering) or a rule decompose.`,
    );
  }

  put(data: TypedArray, aval: Aval, alias?: boolean): Tensor {
    this.counts.uploads++;
    return this.tensor(aval, alias === true ? data : data.slice());
  }

  read(x: Tensor): TypedArray {
    this.counts.downloads++;
    const data = denseBy(this.#engine.copyInto, x);
    return data === x.payload ? data.slice() : data;
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
    return this.#kernel(p) ?? p.traits.elementwise?.body;
  }

  #kernel(p: AnyPrimitive): Kernel | undefined {
    return this.#kernels.get(p) ?? traitKernel(p.traits, this.#engine);
  }

  /** Gives this backend a kernel for a primitive, in place of any that it has. @throws ArgumentError for an elementwise one, which has a body */
  defineLowering(primitive: AnyPrimitive, kernel: Lowering): void {
    if (primitive.traits.elementwise) throw new ArgumentError(`defineLowering: ${primitive.name} is elementwise, and computed by its body everywhere: give the kernel to a primitive without that trait.`);
    this.#kernels.set(primitive, loweringKernel(this.#engine.copyInto, kernel));
  }

  /** Ends what was started beside this thread. */
  dispose(): void {}

  /** Counts since the backend was made: kernels run, elementwise applications, bytes of results, arrays put and read. */
  stats(): BackendStats {
    return { ...this.counts };
  }

  /** @internal A tensor of elements; a 0-d one holds its number, rounded. */
  protected tensor(aval: Aval, payload: Payload): Tensor {
    let value: unknown = payload;
    if (ArrayBuffer.isView(payload)) {
      if (aval.ndim > 0) this.counts.bytes += payload.byteLength;
      else value = payload[0];
    } else if (aval.ndim === 0 && payload instanceof View) value = payload.data[payload.offset];
    return new Tensor(aval, aval.ndim > 0 || aval.weak ? value : roundTo(aval.dtype, value as number), null, this);
  }
}
