// The only interception point: an application of a primitive goes to the innermost handler that wants to see it, and
// from the bottom of the stack to the backend that holds the data.

import { type Aval } from "./aval.js";
import { describe } from "./describe.js";
import { inferAvals, opaqueError } from "./infer.js";
import { ArgumentError, BackendMismatchError, EscapedTracerError, NoBackendError } from "./errors.js";
import type { Backend } from "./handler.js";
import type { AnyPrimitive, Primitive } from "./primitive.js";
import { outputs } from "./rules.js";
import { at, base, type Frame, onStack, stack } from "./stack.js";
import { isTensor, Tensor, type TracerOwner } from "./tensor.js";

/**
 * Applies a primitive: its outputs, an array of them if it has multiple results. Operands must have equal shapes and
 * dtypes where the operation asks for it: broadcasting and promotion are for the functions that wrap primitives.
 */
export function bind<P, M extends "one" | "many">(
  primitive: Primitive<P, M>,
  args: readonly Tensor[],
  ...params: P extends void ? [params?: undefined] : [params: NoInfer<P>]
): M extends "many" ? Tensor[] : Tensor {
  const out = performBelow(primitive, args as Tensor[], params[0]);
  return (primitive.multipleResults ? out : out[0]) as M extends "many" ? Tensor[] : Tensor;
}

/** Applies a primitive and gives its outputs as an array in any case: what a handler forwards with. */
export function performBelow(p: AnyPrimitive, args: Tensor[], params: any): Tensor[] {
  const { top } = stack;
  let frame = top;
  let inner = -1; // the depth of the innermost frame that owns an argument
  for (const a of args) {
    const f = (a as Tensor | undefined)?.frame;
    if (f === null) continue;
    if (f === undefined) throw noTensor(p, a);
    if (f !== top && !onStack(f)) throw escapedTracer(`${p.name}: an argument`, a);
    if (f.depth > inner) inner = f.depth;
  }
  if (inner < 0 && top.isClear) return evaluate(p, args, params);
  if (top.overrides !== null) {
    const override = top.overrides.get(p);
    if (override !== undefined) return override(args, params);
  }
  while (frame.parent !== null && !frame.seesAll && frame.depth !== inner) frame = frame.parent;
  const { parent } = frame;
  if (parent === null) return evaluate(p, args, params);

  const { running } = stack;
  stack.top = parent;
  // Stores into an old object cost more than the test.
  if (!frame.isKnown) stack.running = frame;
  try {
    const { handler } = frame;
    const { higherOrder } = p.traits;
    if (higherOrder !== undefined && handler.higherOrder !== "forward" && !handler.overlay?.has(p)) return higherOrder.open(args, params, frame);
    const out = handler.perform(p, args, params) as Tensor[] | Tensor | undefined | null;
    if (out === undefined || out === null) throw new ArgumentError(`The handler ${handler.name} gave nothing for ${p.name}: return performBelow(primitive, args, params), or tensors.`);
    return outputs(out);
  } finally {
    stack.top = top;
    if (stack.running !== running) stack.running = running;
  }
}

// Not this copy's tensor, or none at all.
function noTensor(p: AnyPrimitive, x: unknown): ArgumentError {
  isTensor(x);
  return new ArgumentError(`${p.name}: an argument is ${describe(x)}, and primitives are applied to tensors.`);
}

/** The output of an application of one operand: {@link performBelow} without its arrays where only the backend is interested. */
export function perform1(p: AnyPrimitive, x: Tensor, params: unknown): Tensor {
  if (x.frame === null && stack.top.isClear && p.traits.elementwise !== undefined) {
    const backend = (x.backend ?? stack.backend) as Backend | null;
    if (backend !== null && backend.elementwise1 !== undefined) return backend.elementwise1(p, x, params);
  }
  const { top } = stack;
  if (x.frame === top && isDirect(p, top)) return performAt(top, p, [x], params);
  return performBelow(p, [x], params)[0] as Tensor;
}

/** The same for two operands. */
export function perform2(p: AnyPrimitive, x: Tensor, y: Tensor, params: unknown): Tensor {
  if (x.frame === null && y.frame === null && x.aval === y.aval && stack.top.isClear && p.traits.elementwise !== undefined) {
    const backend = (x.backend ?? y.backend ?? stack.backend) as Backend | null;
    if (backend !== null && backend.elementwise2 !== undefined && (y.backend === null || y.backend === backend)) {
      return backend.elementwise2(p, x, y, params);
    }
  }
  const { top } = stack;
  const f = x.frame;
  const g = y.frame;
  if ((f === top || g === top) && (f === null || f === top) && (g === null || g === top) && isDirect(p, top)) return performAt(top, p, [x, y], params);
  return performBelow(p, [x, y], params)[0] as Tensor;
}

// The usual case under a transformation, without the search of performBelow: the innermost handler owns an operand, and the
// others are its own or concrete.
const isDirect = (p: AnyPrimitive, top: Frame): boolean => top.isKnown && top.alive && top.overrides === null && p.traits.higherOrder === undefined;

function performAt(top: Frame, p: AnyPrimitive, args: Tensor[], params: unknown): Tensor {
  stack.top = top.parent as Frame;
  try {
    const out = top.handler.perform(p, args, params);
    return Array.isArray(out) ? (out[0] as Tensor) : out;
  } finally {
    stack.top = top;
  }
}

/** Runs an application on the backend that holds its arguments. */
function evaluate(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor[] {
  let backend: Backend | null = null;
  let opaque = false;
  for (const a of args) {
    if (a.backend !== null && a.backend !== backend) {
      if (backend !== null) throw mismatch(p.name, backend, a.backend as Backend);
      backend = a.backend as Backend;
    }
    if (a.aval.dtype === "float0") opaque = true;
  }
  if (opaque) return evaluateOpaque(p, args, params);
  return outputs((backend ?? currentBackend(p.name)).perform(p, args, params));
}

// float0 holds no information: whatever keeps it float0 is a matter of shapes alone.
function evaluateOpaque(p: AnyPrimitive, args: Tensor[], params: unknown): Tensor[] {
  const { decompose } = p.rules;
  if (decompose) return at(base, () => outputs(decompose(args, params)));
  const avals = inferAvals(p, args.map((a) => a.aval), params);
  if (args.some((a) => a.aval.element) || avals.some((a) => a.dtype !== "float0")) throw opaqueError(p.name);
  return avals.map(opaqueTensor);
}

/** The float0 tensor of an aval: a shape and no values. */
export const opaqueTensor = (aval: Aval): Tensor => new Tensor(aval, null, null, null);

/** The backend for host data. @throws NoBackendError */
export function currentBackend(what: string): Backend {
  if (!stack.backend) {
    throw new NoBackendError(
      `${what}: no backend is in place. Install @gradus/ops-cpu and call useBackend(cpu()), with useBackend from @gradus/core. ` +
        "The package gradus does so by itself.",
    );
  }
  return stack.backend;
}

/** The error of an operation on tensors of two backends. */
export function mismatch(what: string, a: { name: string }, b: { name: string }): BackendMismatchError {
  return new BackendMismatchError(
    `${what}: one operand is on the backend ${a.name}, another on ${a.name === b.name ? "a second instance of it: make one, and share it" : b.name}. ` +
      "Move one first: toBackend(x, backend).",
  );
}

/** @throws EscapedTracerError for a tracer whose handler is not in place; `what` says where it turned up */
export function assertInPlace(x: Tensor, what: string): void {
  if (x.frame && !onStack(x.frame)) throw escapedTracer(what, x);
}

/** The error of a tracer whose frame is not in place. */
function escapedTracer(what: string, x: Tensor): EscapedTracerError {
  const { alive, handler } = x.frame as TracerOwner;
  return new EscapedTracerError(
    `${what} ${x.aval} belongs to ${handler.name}, ${alive ? "whose rule is being applied" : "which has ended"}: it was stored outside the function, ` +
      "or a custom rule captured it. Return it from the function, or pass it to the rule as an explicit argument.",
  );
}
