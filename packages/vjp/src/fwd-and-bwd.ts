// fwdAndBwd: reverse mode in two functions, of which the first hands the residuals to the second. They are made once, and compiled
// once, for calls that are far apart: the steps of a pipeline, layers that are computed elsewhere.

import { type Argnums, type Arguments, assertFunction, selectArgs, type Tensor, type TensorLike } from "@gradus/core";
import type { Differentiable, Gradient, Tensors } from "@gradus/jvp";
import { jit } from "@gradus/tracing";
import { type Cotangents, type Pullback, vjp } from "./vjp.js";

export interface FwdAndBwdOptions<N extends Argnums = Argnums> {
  /** The argument to differentiate, or several for a tuple of cotangents; the first unless given. */
  readonly argnums?: N;
  /** The function returns `[value, aux]`; aux is passed out without derivative. Under jit it holds tensors. */
  readonly hasAux?: boolean;
  /** Whether both functions are compiled; true unless given. */
  readonly jitted?: boolean;
}

/** What the forward function keeps for the backward one: a pytree of tensors. */
export type Residuals<R, G> = { readonly "@gradus/residuals": [R, G] };

/**
 * A function's forward and backward pass: `fwd(...args) → [out, residuals]`, and `bwd(residuals, ct)` → the cotangent of the selected
 * argument, or the tuple of them. Residuals are a pytree, to be kept, mapped, and given to `jit`.
 * @example const [fwd, bwd] = fwdAndBwd((x) => sin(x)); const [y, res] = fwd(0.5); bwd(res, 1) // cos 0.5
 * @throws as {@link vjp}
 */
export function fwdAndBwd<A extends any[] = Tensor[], R = any, X = any, const N extends Argnums = 0>(
  f: ((...args: A) => [R, X]) & Differentiable<A, N>,
  options: FwdAndBwdOptions<N> & { readonly hasAux: true },
): [fwd: (...args: Arguments<A>) => [Tensors<R>, Residuals<R, Gradient<A, N>>, X], bwd: (residuals: Residuals<R, Gradient<A, N>>, ct: Cotangents<R>) => Gradient<A, N>];
export function fwdAndBwd<A extends any[] = Tensor[], R = any, const N extends Argnums = 0>(
  f: ((...args: A) => R) & Differentiable<A, N>,
  options?: FwdAndBwdOptions<N> & { readonly hasAux?: false },
): [fwd: (...args: Arguments<A>) => [Tensors<R>, Residuals<R, Gradient<A, N>>], bwd: (residuals: Residuals<R, Gradient<A, N>>, ct: Cotangents<R>) => Gradient<A, N>];
export function fwdAndBwd(f: (...args: any[]) => any, { argnums = 0, hasAux = false, jitted = true }: FwdAndBwdOptions = {}): any[] {
  assertFunction(f, "fwdAndBwd");
  const fwd = (...args: unknown[]): unknown => {
    const { selected, replace } = selectArgs(args, argnums, "fwdAndBwd");
    return vjp((x: any) => f(...replace(x)) as [unknown, unknown], [selected], { hasAux: hasAux as true });
  };
  // The pullback is the tree of residuals.
  const bwd = (residuals: Pullback<[any], any>, ct: TensorLike): any => residuals(ct)[0];
  return jitted ? [jit(fwd), jit(bwd)] : [fwd, bwd];
}
