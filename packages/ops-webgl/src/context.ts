// Getting a WebGL2 context that computes: on a canvas that is given, or on one of its own without a page.

/** A canvas, on a page or off it. */
export type Canvas = HTMLCanvasElement | OffscreenCanvas;

/** Whether this device can run the backend; if not, why. */
export type Support = { readonly supported: true } | { readonly supported: false; readonly reason: string };

/** What float32 arrays are kept in: all of their bits, or 16-bit floats, for devices that write no others. */
export type Precision = "float32" | "float16";

/** Turns on what a context needs, anew after each loss; what it lacks, and undefined if that is nothing. */
export function missing(gl: WebGL2RenderingContext, precision: Precision): string | undefined {
  if (gl.isContextLost()) return "the WebGL2 context was lost as it was made: too many contexts are open, or the device was reset";
  const [wide, half] = [gl.getExtension("EXT_color_buffer_float"), gl.getExtension("EXT_color_buffer_half_float")];
  if (wide === null && half === null) return "the extensions EXT_color_buffer_float and EXT_color_buffer_half_float are missing: the device cannot write floats to textures";
  if (wide === null && precision === "float32") {
    return 'the device writes floats of 16 bits only (it has EXT_color_buffer_half_float, and not EXT_color_buffer_float); webgl({ precision: "float16" }) computes with those, in 11 bits and up to 65504';
  }
  const { precision: bits = 0 } = gl.getShaderPrecisionFormat(gl.FRAGMENT_SHADER, gl.HIGH_FLOAT) ?? {};
  if (bits < 23) return `fragment shaders compute with ${bits} bits after the binary point, and float32 needs 23`;
  return undefined;
}

// Browsers keep few contexts and drop the oldest for a new one, so backends without a canvas of their own share one.
let shared: Canvas | undefined;

function sharedCanvas(): Canvas {
  const lostBefore = shared?.getContext("webgl2") as WebGL2RenderingContext | null | undefined;
  if (shared === undefined || lostBefore?.isContextLost() === true) shared = typeof OffscreenCanvas === "undefined" ? document.createElement("canvas") : new OffscreenCanvas(1, 1);
  return shared;
}

/** A context with everything that is needed, or the reason why there is none. */
export function openContext(canvas: Canvas | undefined, precision: Precision): { gl: WebGL2RenderingContext } | { reason: string } {
  if (canvas === undefined && typeof OffscreenCanvas === "undefined" && typeof document === "undefined") {
    return { reason: "there is neither OffscreenCanvas nor a document here: WebGL2 runs in browsers" };
  }
  const target = canvas ?? sharedCanvas();
  // The first to ask decides; the same for all who share.
  const options = { alpha: false, antialias: false, depth: false, stencil: false, powerPreference: "high-performance" };
  const gl = target.getContext("webgl2", options) as WebGL2RenderingContext | null;
  if (gl === null) return { reason: canvas === undefined ? "the browser gives no WebGL2 context" : "the canvas gives no WebGL2 context: it has one of another kind, or the browser has none" };
  const reason = missing(gl, precision);
  return reason === undefined ? { gl } : { reason };
}

/** Whether the backend runs here, with these options. */
export async function isSupported({ canvas, precision = "float32" }: { readonly canvas?: Canvas; readonly precision?: Precision } = {}): Promise<Support> {
  const opened = openContext(canvas, precision);
  return "reason" in opened ? { supported: false, reason: opened.reason } : { supported: true };
}
