// @gradus/ops-webgl: the catalogue on the GPU of any browser, by WebGL2.

import { ArgumentError, type Backend, describe, DeviceLimitError } from "@gradus/core";
import { capabilitiesOf } from "./capabilities.js";
import { CompilingWebGL } from "./compiling.js";
import { type Canvas, isSupported, openContext, type Precision, type Support } from "./context.js";
import { contraction } from "./contraction.js";
import { convolution } from "./convolution.js";
import { Device } from "./device.js";
import { filling } from "./fill.js";
import { indexing } from "./indexing.js";
import { ReadPolicy, type SyncReads } from "./reads.js";
import { reductions } from "./reductions.js";
import { shaping } from "./shaping.js";
import { windows } from "./windows.js";

export type { Capabilities } from "./capabilities.js";
export type { CompilingWebGL as WebGLBackend } from "./compiling.js";
export type { Canvas, Precision, Support } from "./context.js";
export type { Scope } from "./scope.js";
export type { GlslKernel, GlslSource } from "./own-kernels.js";
export type { SyncReads } from "./reads.js";

export interface WebGLOptions {
  /** The canvas whose context computes: one of its own, off the page, unless given. */
  readonly canvas?: Canvas;
  /**
   * `"float32"` unless given. With `"float16"` arrays of float32 are kept in 16-bit floats (11 bits, up to 65504; beyond that infinite): for
   * devices that write no others, and only where it is asked for. Shaders compute in float32 nevertheless.
   */
  readonly precision?: Precision;
  /** The backend for operations that have no shader, for example `cpu()`. Without it they are errors. */
  readonly fallback?: Backend;
  /** How many bytes of textures there may be before arrays not used for longest are read back: 512 MiB unless given. */
  readonly maxBytes?: number;
  /**
   * Reads that the page waits for (`dataSync()`, `item()`, `js()`, printing, conditions of loops and branches): `"allow"` unless given; `"warn"`
   * tells on the console, once for each line of the program that reads; `"forbid"` makes them a ConcretizationError. `await x.data()` is none.
   */
  readonly syncReads?: SyncReads;
  /**
   * Whether values are computed anew after the device lost the context: true unless given, with arrays of float32 in all of their bits. It takes a
   * copy on the host of every array that is put, and of an operand that is `every` (2048) operations away from one. Without it a lost context
   * is a ContextLostError for whatever is asked of the backend from then on.
   */
  readonly recover?: boolean | { readonly every: number };
  /** Called whenever the device loses the context. */
  readonly onContextLost?: () => void;
}

/** What {@link webgl} is: a function that makes backends, and a question. */
export interface WebGL {
  (options?: WebGLOptions): CompilingWebGL;
  /** Whether a backend can be made here, with these options; if not, why. */
  isSupported(options?: Pick<WebGLOptions, "canvas" | "precision">): Promise<Support>;
}

function make({ canvas, precision = "float32", fallback, maxBytes = 2 ** 29, syncReads = "allow", recover = precision === "float32", onContextLost }: WebGLOptions = {}): CompilingWebGL {
  if (!(maxBytes > 0)) throw new ArgumentError(`webgl: maxBytes is ${String(maxBytes)}; expected a positive number of bytes.`);
  if (precision !== "float32" && precision !== "float16") throw new ArgumentError(`webgl: precision is ${String(precision)}; expected "float32" or "float16".`);
  const every = recover === true ? 2048 : recover === false ? 0 : ((recover as { every?: unknown } | null)?.every as number);
  if (!Number.isInteger(every) || every < 0) throw new ArgumentError(`webgl: recover is ${JSON.stringify(recover)}; expected true, false or { every: 2048 }.`);
  if (every > 0 && precision === "float16") throw new ArgumentError('webgl: values in 16 bits are not computed anew: leave out recover, or precision: "float16".');
  if (canvas !== undefined && typeof canvas?.getContext !== "function") throw new ArgumentError(`webgl: canvas is ${describe(canvas)}; expected a canvas, or none for one of its own.`);
  if (fallback !== undefined && typeof fallback?.perform !== "function") throw new ArgumentError(`webgl: fallback is ${describe(fallback)}; expected a backend, such as cpu().`);
  const reads = new ReadPolicy(syncReads);
  const opened = openContext(canvas, precision);
  if ("reason" in opened) throw new DeviceLimitError(`webgl: ${opened.reason}. Use the CPU backend here; webgl.isSupported() tells beforehand.`);
  const { gl } = opened;
  if (onContextLost !== undefined) gl.canvas.addEventListener("webglcontextlost", () => onContextLost());
  return new CompilingWebGL(new Device(gl, maxBytes, precision, every), capabilitiesOf(gl, precision), [filling, shaping, reductions, contraction, indexing, windows, convolution], reads, fallback);
}

/**
 * A backend that computes in fragment shaders, in float32, int32, uint32 and bool: operations one by one, jitted programs in few fused passes. What has no
 * shader goes through `decompose`, or to the `fallback`, or is a MissingRuleError. @throws DeviceLimitError where there is no WebGL2 with
 * float32 textures @throws ArgumentError for options that are none
 * @example useBackend(webgl());
 */
export const webgl: WebGL = /* @__PURE__ */ Object.assign(make, { isSupported });
