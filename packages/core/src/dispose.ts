// Arrays that nobody uses again: their memory is free at once, where the engine would notice late or never, and whoever uses
// one after all gets an error instead of numbers.

import { describe } from "./describe.js";
import { ArgumentError } from "./errors.js";
import { base, stack } from "./stack.js";
import { isTensor, Tensor } from "./tensor.js";
import { leaves } from "./tree.js";

const spent = /* @__PURE__ */ new WeakSet<object>();
const lent = /* @__PURE__ */ new WeakSet<Tensor>();

/** What a tensor holds that is no longer there: whatever a backend does with it throws an `ArgumentError` with this message. */
export function refusal(message: string): object {
  const refuse = (): never => {
    throw new ArgumentError(message);
  };
  const payload = new Proxy({}, { get: refuse, set: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse });
  spent.add(payload);
  return payload;
}

/** A tensor of its own with the elements of one that stays with somebody else: disposing of it frees nothing. */
export function lend({ aval, payload, backend }: Tensor): Tensor {
  const own = new Tensor(aval, payload, null, backend);
  lent.add(own);
  return own;
}

/** The tensors in a tree whose memory can be given back. There are none under a transformation or another handler, which may want to use them in its own way. */
export function ownedIn(tree: unknown): Tensor[] {
  if (stack.top !== base) return [];
  return leaves(tree).filter((x): x is Tensor => x instanceof Tensor && x.frame === null && !lent.has(x) && !spent.has(x.payload as object));
}

/** Frees a tensor's elements, unless one of `kept` shares them; from now on it holds what refuses to be used. */
export function give(x: Tensor, kept: readonly Tensor[], payload: object): void {
  x.backend?.release?.(x, kept);
  (x as { payload: unknown }).payload = payload;
}

let disposed: object | undefined;

/**
 * Frees the memory of the tensors in trees at once. Nothing ever has to be disposed of: it saves a backend the copy of a large result that it
 * would make to keep it, and memory of a device, of which JavaScript tells late that it is unused. Views of what is freed may be refused from then
 * on too. Inside of a transformation nothing is freed. Twice does nothing. Using a tensor afterwards throws an `ArgumentError`.
 * @throws ArgumentError for a leaf that is neither a tensor nor a number or boolean
 * @example
 * const y = f(x);
 * total += reduceSum(y).item();
 * dispose(y);
 */
export function dispose(...trees: readonly unknown[]): void {
  for (const x of leaves(trees)) {
    if (typeof x !== "number" && typeof x !== "boolean" && !isTensor(x)) throw new ArgumentError(`dispose: expected tensors, or trees of them, got ${describe(x)}.`);
  }
  disposed ??= refusal("This array was freed by dispose, so it is no longer there: dispose of it after its last use, or copy what is still needed before (add(x, 0), x.dataSync()).");
  for (const x of ownedIn(trees)) give(x, [], disposed);
}
