// jacrev, hessian and hvp: derivatives of higher order or of vectors, from the pullback of all output directions at once.

import { batchFlat } from "@gradus/batching";
import { type Argnums, ArgumentError, type Arguments, assertFunction, type Aval, broadcastInDim, DTypeError, isFloat, moveAxis, reshape, selectArgs, type Tensor, type TensorLike, transposeLinear, treeUnflatten, Zero } from "@gradus/core";
import { type Differentiable, type Gradient, jacfwd, type Jacobian, jvp, standardBasis, type Tensors } from "@gradus/jvp";
import { assertFloat, grad, type GradOptions } from "./grad.js";
import { linearizeTree } from "./linearize.js";
import { spread } from "./vjp.js";

/**
 * The Jacobian of `f` by reverse mode. The result has the structure of the output, with the structure of the argument at
 * each leaf; the shape of a leaf is the output's followed by the input's.
 * @throws DTypeError for an integer or boolean input or output
 */
export function jacrev<A extends any[] = Tensor[], R = any, X = any, const N extends Argnums = 0>(
  f: ((...args: A) => [R, X]) & Differentiable<A, N>,
  options: GradOptions<N> & { readonly hasAux: true },
): (...args: Arguments<A>) => [Jacobian<R, Gradient<A, N>>, X];
export function jacrev<A extends any[] = Tensor[], R = any, const N extends Argnums = 0>(
  f: ((...args: A) => R) & Differentiable<A, N>,
  options?: GradOptions<N> & { readonly hasAux?: false },
): (...args: Arguments<A>) => Jacobian<R, Gradient<A, N>>;
export function jacrev(f: (...args: any[]) => any, options: GradOptions = {}): (...args: any[]) => any {
  assertFunction(f, "jacrev");
  return (...args) => {
    const { selected, replace } = selectArgs(args, options.argnums ?? 0, "jacrev");
    const { outs, outTree, inTree, inAvals, program, aux } = linearizeTree(f, selected, replace, "jacrev", options.hasAux);
    if (options.allowInt !== true) inAvals.forEach((aval) => assertFloat(aval, "jacrev"));
    const rows = outs.map((out, k) => {
      if (!isFloat(out.dtype)) throw new DTypeError(`jacrev: an output is ${out.aval}, and only floats have derivatives. Return it by hasAux, or cast it.`);
      const [cts, axes] = batchFlat(
        ([ct]) => spread(transposeLinear(program, outs.map((o, i) => (i === k ? (ct as Tensor) : new Zero(o.aval)))), inAvals),
        [standardBasis(out.aval)],
        [0],
        out.size,
      );
      return treeUnflatten(inTree, cts.map((ct, i) => firstAxes(ct, axes[i] as number | null, out.aval)));
    });
    const jacobian = treeUnflatten(outTree, rows);
    return options.hasAux ? [jacobian, aux] : jacobian;
  };
}

// The directions of the output, which run along `axis`, become the first axes, in its shape.
function firstAxes(ct: Tensor, axis: number | null, out: Aval): Tensor {
  const own = axis === null ? ct.shape : ct.shape.filter((_, i) => i !== axis);
  if (axis === null) return broadcastInDim(ct, [...out.shape, ...own], own.map((_, i) => i + out.ndim));
  return reshape(moveAxis(ct, axis, 0), [...out.shape, ...own]);
}

/** The Jacobian; another name of {@link jacrev}. */
export const jacobian: typeof jacrev = jacrev;

/**
 * The Hessian of `f`: forward mode over reverse mode. The result has the structure of the output, with that of the argument at each leaf
 * and again at each leaf of it.
 * @example hessian((x) => reduceSum(mul(x, mul(x, x))))(array([1, 2])) // [[6, 0], [0, 12]]
 * @throws as {@link jacrev}
 */
export function hessian<A extends any[] = Tensor[], R = any, X = any, const N extends Argnums = 0>(
  f: ((...args: A) => [R, X]) & Differentiable<A, N>,
  options: GradOptions<N> & { readonly hasAux: true },
): (...args: Arguments<A>) => [Jacobian<R, Jacobian<Gradient<A, N>, Gradient<A, N>>>, X];
export function hessian<A extends any[] = Tensor[], R = any, const N extends Argnums = 0>(
  f: ((...args: A) => R) & Differentiable<A, N>,
  options?: GradOptions<N> & { readonly hasAux?: false },
): (...args: Arguments<A>) => Jacobian<R, Jacobian<Gradient<A, N>, Gradient<A, N>>>;
export function hessian(f: (...args: any[]) => any, options: GradOptions<any> = {}): (...args: any[]) => any {
  const { argnums = 0, hasAux = false } = options;
  return jacfwd(jacrev(f, options as object), { argnums, hasAux } as object);
}

/**
 * The Hessian of a scalar function times a vector, without forming it: one entry per primal.
 * @example hvp((x) => reduceSum(mul(x, mul(x, x))), [array([1, 2])], [array([1, 0])]) // [[6, 0]]
 */
export function hvp<A extends any[] = Tensor[]>(f: (...args: A) => TensorLike, primals: NoInfer<Arguments<A>>, tangents: NoInfer<Arguments<A>>): { [K in keyof A]: Tensors<A[K]> } {
  assertFunction(f, "hvp");
  if (!Array.isArray(primals) || !Array.isArray(tangents)) throw new ArgumentError("hvp takes primals and tangents as arrays, one entry per argument: hvp(f, [x], [v]).");
  const gradient = grad(f as (...args: any[]) => Tensor, { argnums: primals.map((_, i) => i) });
  return jvp(gradient as (...args: any[]) => unknown, primals, tangents)[1] as never;
}

