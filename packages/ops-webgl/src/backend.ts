// The WebGL backend: elementwise operations from the scalar IR, kernels from what primitives declare or from families, and
// everything else by decomposition, or by a transfer to another backend that was asked for and is counted.

import {
  acceptsAt,
  type AnyPrimitive,
  ArgumentError,
  at,
  type Aval,
  type Backend,
  type BackendStats,
  base,
  describe,
  DTypeError,
  type Elementwise,
  inferAvals,
  MissingRuleError,
  type Resolve,
  roundTo,
  Tensor,
  type TypedArray,
  withBackend,
} from "@gradus/core";
import { arg, type Expr } from "@gradus/core/scalar";
import { effectIn } from "@gradus/tracing";
import type { Capabilities } from "./capabilities.js";
import type { Device } from "./device.js";
import { dense, elementwise, type Operand as ElementwiseOperand, operandOf } from "./elementwise.js";
import { evaluateBody } from "./host-scalar.js";
import type { Kernel, KernelFamily, Operand } from "./kernel.js";
import type { ReadPolicy } from "./reads.js";
import { Scope, storagesIn } from "./scope.js";
import type { Storage } from "./storage.js";
import { traitKernel } from "./trait-kernels.js";
import { View, whole } from "./view.js";

type Decompose = NonNullable<AnyPrimitive["rules"]["decompose"]>;

export class WebGLBackend implements Backend {
  readonly name = "webgl";
  /** What the device is, how much an array may hold, and what becomes of NaN, infinities, −0 and subnormal numbers: tried out, not assumed. */
  readonly capabilities: Capabilities;
  readonly #device: Device;
  readonly #kernels: Map<AnyPrimitive, Kernel>;
  readonly #fallback: Backend | undefined;
  readonly #reads: ReadPolicy;
  readonly #counts = { elementwise: 0, kernels: 0, transfers: 0, asyncReads: 0 };

  /** @internal Made by `webgl`. */
  constructor(device: Device, capabilities: Capabilities, families: readonly KernelFamily[], reads: ReadPolicy, fallback?: Backend) {
    this.#device = device;
    this.capabilities = capabilities;
    this.#kernels = new Map(families.flat());
    this.#reads = reads;
    this.#fallback = fallback;
  }

  perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    const { decompose } = p.rules;
    if (p.traits.elementwise !== undefined) {
      const [out] = inferAvals(p, args.map((a) => a.aval), params) as [Aval];
      return this.#elementwise(p, args.map((a) => operandOf(a)), params, out);
    }
    const kernel = this.#kernel(p);
    if (kernel === undefined) return decompose ? this.#decomposed(p, decompose, args, params) : this.#transferred(p, args, params);
    this.#device.assertAlive(p.name);
    const outs = inferAvals(p, args.map((a) => a.aval), params);
    for (const { dtype } of outs) assertHeld(dtype, p.name);
    this.#counts.kernels++;
    // What a kernel makes on its way is freed when it is done.
    const results = this.#device.memory.scope(
      () => [kernel(this.#device, args.map((a) => this.#operand(a)), params, outs)].flat() as View[],
      (views) => views.map((v) => v.storage),
    );
    return outs.map((aval, i) => this.tensor(aval, results[i] as View));
  }

  // What a decomposition makes on its way is freed as well, unless it is shown to somebody who may keep it.
  #decomposed(p: AnyPrimitive, decompose: Decompose, args: Tensor[], params: unknown): Tensor | Tensor[] {
    const run = (): Tensor | Tensor[] => at(base, () => decompose(args, params));
    return effectIn(p, params) === undefined ? this.#device.memory.scope(run, storagesIn) : run();
  }

  /** An elementwise operation of one operand, promoted. */
  elementwise1(p: AnyPrimitive, x: Tensor, params: unknown, resolve?: Resolve): Tensor {
    return this.#resolved(p, [x], params, resolve);
  }

  /** An elementwise operation of two operands, broadcast and promoted. */
  elementwise2(p: AnyPrimitive, x: Tensor, y: Tensor, params: unknown, resolve?: Resolve): Tensor {
    return this.#resolved(p, [x, y], params, resolve);
  }

  #resolved(p: AnyPrimitive, args: Tensor[], params: unknown, resolve: Resolve | undefined): Tensor {
    const avals = args.map((a) => a.aval);
    if (resolve === undefined) return this.#elementwise(p, args.map((a) => operandOf(a)), params, inferAvals(p, avals, params)[0] as Aval);
    const { type, out } = resolve(p, avals, params);
    const trait = p.traits.elementwise as Elementwise;
    const operands = args.map((a, i) => operandOf(a, acceptsAt(trait, i) === "bool" ? a.dtype : type.dtype));
    return this.#elementwise(p, operands, params, out);
  }

  #elementwise(p: AnyPrimitive, operands: readonly ElementwiseOperand[], params: unknown, out: Aval): Tensor {
    const body = bodyOf(p, operands.length, params);
    if (out.ndim === 0 && operands.every((o) => typeof o.value === "number")) return this.#number(body, operands, out);
    for (const o of operands) assertHeld(o.as, p.name);
    assertHeld(out.dtype, p.name);
    this.#device.assertAlive(p.name);
    this.#counts.elementwise++;
    return this.tensor(out, elementwise(this.#device, body, operands, out));
  }

  // Numbers are on no device: their operations cost no draw, and keep the digits of weak ones.
  #number(body: Expr, operands: readonly ElementwiseOperand[], out: Aval): Tensor {
    const values = operands.map((o) => (out.weak ? (o.value as number) : roundTo(o.as, o.value as number)));
    const value = evaluateBody(body, values, operands.map((o) => o.as));
    return new Tensor(out, out.weak ? value : roundTo(out.dtype, value), null, this);
  }

  #operand(x: Tensor): Operand {
    return { view: this.#view(x), aval: x.aval, shape: x.shape };
  }

  #view(x: Tensor): View {
    if (typeof x.payload !== "number") return x.payload as View;
    assertHeld(x.dtype, "A number");
    return whole(this.#device.memory.put(x.dtype, single(x)), x.shape);
  }

  #kernel(p: AnyPrimitive): Kernel | undefined {
    return this.#kernels.get(p) ?? traitKernel(p.traits);
  }

  /** The kernel of a structured primitive; of an elementwise one, the body that its shaders are made from. */
  kernel(p: AnyPrimitive): unknown {
    return this.#kernel(p) ?? p.traits.elementwise?.body;
  }

  /** @internal A tensor of elements on the device, or of a number. */
  protected tensor(aval: Aval, payload: View | number): Tensor {
    if (typeof payload !== "number") this.#device.memory.hold(payload, payload.storage);
    return new Tensor(aval, payload, null, this);
  }

  /** @internal Takes a kernel in place of any there is. */
  protected setKernel(p: AnyPrimitive, kernel: Kernel): void {
    this.#kernels.set(p, kernel);
  }

  // By the backend that was given for what this one does not do.
  #transferred(p: AnyPrimitive, args: readonly Tensor[], params: unknown): Tensor[] {
    const fallback = this.#fallback;
    if (fallback === undefined) {
      throw new MissingRuleError(
        `${p.name} has no shader on the backend webgl. Let it be computed elsewhere, at the price of moving its operands, by webgl({ fallback: cpu() }), which counts such transfers in stats(); or give it a rule decompose.`,
      );
    }
    this.#counts.transfers++;
    const there = args.map((a) => (a.backend === null || a.ndim === 0 ? new Tensor(a.aval, this.#host(a)[0], null, null) : fallback.put(this.#host(a), a.aval, true)));
    const results = [withBackend(fallback, () => fallback.perform(p, there, params))].flat();
    return results.map((r) => (r.ndim === 0 ? new Tensor(r.aval, typeof r.payload === "number" ? r.payload : fallback.read(r)[0], null, this) : this.put(fallback.read(r), r.aval)));
  }

  /** @throws DTypeError for float64, which the device does not have @throws DeviceLimitError for more than fits a texture */
  put(data: TypedArray, aval: Aval, alias = false): Tensor {
    assertHeld(aval.dtype, "array");
    this.#device.assertAlive("array");
    return this.tensor(aval, whole(this.#device.memory.put(aval.dtype, data, alias), aval.shape));
  }

  // Its own storage, or a copy of what is elsewhere or in another order.
  #dense(x: Tensor): Storage {
    this.#device.assertAlive("reading an array");
    return dense(this.#device, x.payload as View, x.shape, x.size).storage;
  }

  #host(x: Tensor): TypedArray {
    if (typeof x.payload === "number") return single(x);
    return this.#device.memory.scope(() => this.#device.read(this.#dense(x)), () => []);
  }

  /** The elements, once the device is done with everything before them: the page waits. @throws ConcretizationError where that is forbidden */
  read(x: Tensor): TypedArray {
    if (typeof x.payload !== "number") this.#reads.ask(String(x.aval));
    return this.#host(x);
  }

  /** The elements, when the device has them ready. */
  async readAsync(x: Tensor): Promise<TypedArray> {
    this.#counts.asyncReads++;
    if (typeof x.payload === "number") return single(x);
    const storage = this.#dense(x);
    try {
      return await this.#device.readAsync(storage);
    } finally {
      if (storage !== (x.payload as View).storage) this.#device.memory.release(storage);
    }
  }

  /**
   * Resolves once the device can be read: at once, or when the browser has given a lost context back. @throws ContextLostError if the backend
   * was made with `recover: false`, or after a minute
   * @example await backend.restored();
   */
  restored(): Promise<void> {
    return this.#device.recovery.restored();
  }

  /** Whether every element is zero: of a repeated one without reading more than it. @throws ConcretizationError where reading is forbidden */
  isZero(x: Tensor): boolean {
    if (typeof x.payload === "number") return x.payload === 0;
    this.#reads.ask(`whether ${x.aval} is zero`);
    const { storage, strides } = x.payload as View;
    const isUniform = x.size > 0 && storage.size === 1 && strides.every((s) => s === 0);
    return (isUniform ? this.#device.read(storage) : this.#host(x)).every((v) => v === 0);
  }

  supports({ dtype }: Aval): boolean {
    return dtype !== "float64" && dtype !== "float0";
  }

  /**
   * Runs `f` and frees what was computed or put within, but for the tensors in its result. @throws ArgumentError for an async function
   * @example const loss = backend.scope(() => step(weights, batch));
   */
  scope<T>(f: () => T): T;
  /**
   * A scope that is open until `close()`, or until the end of the block with `using`; what is made meanwhile, by whomever, belongs to it.
   * @example using scope = backend.scope(); w = scope.keep(step(w, batch));
   */
  scope(): Scope;
  scope<T>(f?: () => T): T | Scope {
    if (f === undefined) return new Scope(this.#device.memory);
    if (typeof f !== "function") throw new ArgumentError(`scope: expected a function to run within the scope, or nothing for one that \`using\` closes, got ${describe(f)}.`);
    return this.#device.memory.scope(
      () => {
        const result = f();
        if (result instanceof Promise) throw new ArgumentError("scope: the function is async, and a scope ends when the function returns: await first, then open the scope.");
        return result;
      },
      (result) => storagesIn(result),
    );
  }

  /** Frees the elements of a donated tensor, unless one of `kept` shares them. */
  release(x: Tensor, kept: readonly Tensor[]): void {
    const shared = storagesIn(kept);
    for (const storage of storagesIn(x)) if (!shared.includes(storage)) this.#device.memory.release(storage);
  }

  /** Frees the elements of all tensors in a tree at once; views of the same elements are gone with them. */
  dispose(tree: unknown): void {
    for (const storage of storagesIn(tree)) this.#device.memory.release(storage);
  }

  /**
   * Counts since the backend was made: elementwise operations and kernels, draws, shaders compiled, arrays put and read, reads that the page
   * waited for, operations transferred to the fallback, arrays evicted; and bytes and textures as they are now.
   */
  stats(): BackendStats {
    const { counts, memory } = this.#device;
    return { ...this.#counts, syncReads: this.#reads.count, ...counts, ...memory.counts, liveBytes: memory.liveBytes, liveTextures: memory.residents, bytes: memory.pool.bytes, textures: memory.pool.count };
  }
}

// Floats are float32 here.
function bodyOf({ traits }: AnyPrimitive, arity: number, params: unknown): Expr {
  const { body, float32 } = traits.elementwise as Elementwise;
  return (float32 ?? body)(...Array.from({ length: arity }, (_, i) => arg(i)), params);
}

function single(x: Tensor): TypedArray {
  const Typed = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array, float0: Uint8Array }[x.dtype];
  return Typed.of(x.payload as number);
}

/** @throws DTypeError for float64 */
function assertHeld(dtype: Aval["dtype"], what: string): void {
  if (dtype !== "float64") return;
  throw new DTypeError(`${what}: float64 is not on the backend webgl, since devices compute in float32: use float32, as in cast(x, "float32"), or the CPU backend for this computation.`);
}
