// The handler stack: a linked list of frames. While a handler runs, the stack is what was below its frame, so that what
// a rule performs goes to the enclosing handler. This is the only mutable state of core.

import { ArgumentError, EscapedTracerError } from "./errors.js";
import type { Backend, Handler } from "./handler.js";
import type { AnyPrimitive } from "./primitive.js";
import { type Aval } from "./aval.js";
import { Tensor, Tracer, type TracerOwner } from "./tensor.js";

/** Replaces applications of a primitive at the moment of `bind`: what `withRules` puts in a frame. */
export type Overrides = ReadonlyMap<AnyPrimitive, (args: Tensor[], params: any) => Tensor[]>;

/** One installation of a handler. The parent belongs to the frame, since a handler may be installed twice. */
export class Frame implements TracerOwner {
  declare alive: boolean;
  declare readonly depth: number;
  declare readonly seesAll: boolean;
  /** Whether an application without tracers goes straight to the backend: no frame from here down sees it or overrides it. */
  declare readonly isClear: boolean;
  /** Whether the handler knows its frame by itself, and need not be looked up while it runs. */
  declare readonly isKnown: boolean;
  declare readonly handler: Handler;
  declare readonly parent: Frame | null;
  /** Overrides in force at this frame: its own, or those of the frames below. */
  declare readonly overrides: Overrides | null;
  /** The frame whose handler was running when this one was installed: a rule may install handlers, and still lift for its own. */
  declare readonly within: Frame | null;

  constructor(handler: Handler, parent: Frame | null, overrides: Overrides | null, within: Frame | null = null) {
    this.handler = handler;
    this.parent = parent;
    this.overrides = overrides;
    this.within = within;
    this.alive = true;
    this.depth = parent === null ? 0 : parent.depth + 1;
    this.seesAll = handler.sees !== "own";
    this.isKnown = handler.knowsFrame === true;
    this.isClear = parent === null || (!this.seesAll && overrides === null && parent.isClear);
  }
}

/** The frame at the bottom: evaluation on the backend that holds the data. */
export const base: Frame = /* @__PURE__ */ new Frame(
  { name: "eval" } as Handler, // that nobody calls: applications that arrive here are evaluated
  null,
  null,
);

export const stack: {
  top: Frame;
  /** The frame whose handler is running, if any. */
  running: Frame | null;
  /** Where host data goes. */
  backend: Backend | null;
} = { top: base, running: null, backend: null };

/** Runs `f` with the stack as it was at `frame`. */
export function at<T>(frame: Frame, f: () => T): T {
  const { top, running } = stack;
  stack.top = frame;
  stack.running = null;
  try {
    return f();
  } finally {
    stack.top = top;
    stack.running = running;
  }
}

/** Installs a handler for the extent of a call, and hands its frame to the callback. */
export function withFrame<T>(handler: Handler, f: (frame: Frame) => T, overrides: Overrides | null = stack.top.overrides): T {
  const { top, running } = stack;
  const frame = new Frame(handler, top, overrides, running);
  stack.top = frame;
  stack.running = null;
  try {
    return f(frame);
  } finally {
    frame.alive = false;
    stack.top = top;
    stack.running = running;
  }
}

/**
 * Installs a handler for the extent of a synchronous call.
 * @throws ArgumentError if the callback returns a promise, generator or iterator: the extent has ended when it continues
 */
export function withHandler<T>(handler: Handler, f: () => T): T {
  return withFrame(handler, () => assertSync(f(), `withHandler(${handler.name})`));
}

/** Computes on `backend` from now on: host data goes there. Data already placed stays where it is. */
export function useBackend(backend: Backend | Handler): void {
  stack.backend = backend as Backend;
}

/** Sends host data to `backend` for the extent of a synchronous call. */
export function withBackend<T>(backend: Backend, f: () => T): T {
  const saved = stack.backend;
  stack.backend = backend;
  try {
    return assertSync(f(), "withBackend");
  } finally {
    stack.backend = saved;
  }
}

/** The names of the handlers in place, innermost first. */
export function currentHandlers(): readonly string[] {
  const names: string[] = [];
  for (let f = stack.top; f.parent !== null; f = f.parent) names.push(f.handler.name);
  return names;
}

/** Passes a result through unless its function goes on later, when the handlers would be gone. */
export function assertSync<T>(result: T, what: string): T {
  const r = result as { then?: unknown; next?: unknown } | null | undefined;
  if (typeof r?.then !== "function" && typeof r?.next !== "function") return result;
  // The continuation of a promise will fail on escaped tracers; the error that matters is thrown here.
  Promise.resolve(result).catch(() => {});
  throw new ArgumentError(
    `${what} needs a synchronous function, and this one returned a promise, generator or iterator: ` +
      "a handler's extent ends when the function returns. Await the data before, and pass it as an argument.",
  );
}

function frameOf(handler: Handler): Frame | undefined {
  if (stack.running?.handler === handler) return stack.running;
  for (let f: Frame | null = stack.top; f !== null; f = f.parent) {
    if (f.handler === handler) return f;
    if (f.within?.handler === handler) return f.within;
  }
  return undefined;
}

/** Boxes a handler's own value as a tensor. @throws EscapedTracerError where the handler is not in place */
export function lift(handler: Handler, payload: unknown, aval: Aval): Tracer {
  const frame = frameOf(handler);
  if (frame === undefined) throw new EscapedTracerError(`lift: the handler ${handler.name} is not in place here.`);
  return new Tensor(aval, payload, frame, null) as Tracer;
}

/** What `handler` boxed in `x`; undefined for anybody else's value, and for another installation's. */
export function payloadOf<T = unknown>(handler: Handler, x: unknown): T | undefined {
  return x instanceof Tracer && x.frame.handler === handler && x.frame === frameOf(handler) ? (x.payload as T) : undefined;
}

/** Whether `frame` is in place. */
export function onStack(frame: TracerOwner): boolean {
  if (!frame.alive) return false;
  let f: Frame | null = stack.top;
  while (f && f.depth > frame.depth) f = f.parent;
  return f === frame;
}
