// The fast backend: plans that leave little to do, loops that are made for their operation, on tiles of arrays.

import { type AnyPrimitive, type Aval, type DType, inferAvals, type Resolve, roundTo, Tensor } from "@gradus/core";
import { CpuBackend } from "./backend.js";
import { copied, copyInto, payloadOf } from "./copy.js";
import { elements, elementsN } from "./elementwise.js";
import type { Engine } from "./engine.js";
import { anyLoop } from "./generic-loops.js";
import { join } from "./join.js";
import type { KernelFamily } from "./kernel.js";
import { compileBody, isDirect, type Step } from "./program.js";
import { scalarFunction } from "./scalar-function.js";
import { loopOf, type TiledPlan, tiledPlan } from "./tiled-plan.js";

const tiling: Engine = {
  copyInto,
  joinInto(into, x, shape, combine, dtype) {
    const types = [dtype, dtype];
    const steps = compileBody(combine, types, dtype);
    const loop = isDirect(steps, 2) ? loopOf(steps[0] as Step, 0) : undefined;
    join(into, x, shape, loop ?? anyLoop(2, dtype, dtype), scalarFunction(combine, types, dtype));
  },
  // A view keeps the whole array alive that it is a part of, and is slower to compute with: small parts are copied.
  partOf: (view, out) => (out.size <= 256 && out.size * 4 < view.data.length ? copied(view, out) : payloadOf(view, out.shape)),
};

export class TiledCpu extends CpuBackend {
  /** By primitive, the last one used first; and that one by itself, without a list on the way. */
  readonly #plans: TiledPlan[][] = [];
  readonly #last: (TiledPlan | undefined)[] = [];

  constructor(families: readonly KernelFamily[]) {
    super(families, tiling);
  }

  elementwise1(p: AnyPrimitive, x: Tensor, params: unknown, resolve?: Resolve): Tensor {
    return this.#arithmetic(p, x, undefined, params, resolve);
  }

  elementwise2(p: AnyPrimitive, x: Tensor, y: Tensor, params: unknown, resolve?: Resolve): Tensor {
    return this.#arithmetic(p, x, y, params, resolve);
  }

  // Of one operand or two.
  #arithmetic(p: AnyPrimitive, x: Tensor, y: Tensor | undefined, params: unknown, resolve?: Resolve): Tensor {
    const yAval = y?.aval;
    let plan = this.#last[p.id];
    if (plan === undefined || plan.x !== x.aval || plan.y !== yAval || plan.params !== params) {
      plan = this.#plan(p, yAval === undefined ? [x.aval] : [x.aval, yAval], params, resolve);
    }
    const { out } = plan;
    this.counts.elementwise++;
    if (out.ndim > 0) {
      const data = elements(plan, x, y);
      this.counts.bytes += out.size * (out.dtype === "float64" ? 8 : out.dtype === "bool" ? 1 : 4); // quicker than asking the array
      return new Tensor(out, data, null, this);
    }
    let a = x.payload as number;
    let b = y?.payload as number;
    if (plan.roundX) a = Math.fround(a);
    if (plan.roundY) b = Math.fround(b);
    const value = plan.f(a, b);
    return new Tensor(out, out.weak ? value : roundTo(out.dtype, value), null, this);
  }

  protected override elementwise(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor {
    const avals = args.map((a) => a.aval);
    const plan = this.#plan(p, avals, params);
    if (!plan.isStrict) inferAvals(p, avals, params);
    if (args.length < 3) return this.#arithmetic(p, args[0] as Tensor, args[1], params);
    const { out, types, isWeak, f } = plan;
    this.counts.elementwise++;
    if (out.ndim > 0) return this.tensor(out, elementsN(plan, args));
    return this.tensor(out, f(...(args.map((a, i) => (isWeak ? a.payload : roundTo(types[i] as DType, a.payload as number))) as [number])));
  }

  #plan(p: AnyPrimitive, avals: readonly Aval[], params: unknown, resolve?: Resolve): TiledPlan {
    const plan = tiledPlan((this.#plans[p.id] ??= []), p, avals, params, resolve);
    while (this.#last.length < p.id) this.#last.push(undefined); // holes would slow every application
    return (this.#last[p.id] = plan);
  }
}
