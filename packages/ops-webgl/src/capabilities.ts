// What this device does to numbers at the edges of float32: found out by two tiny draws, once for each context.

import type { Precision } from "./context.js";
import { Device } from "./device.js";

/** What the device is and how it computes. */
export interface Capabilities {
  /** The device by the name that the browser gives away. */
  readonly renderer: string;
  readonly precision: Precision;
  /** How many elements one array may have. */
  readonly maxElements: number;
  /** Whether NaN comes out of arithmetic on NaN and out of 0/0, and shaders recognise it. */
  readonly keepsNaN: boolean;
  /** Whether arithmetic on infinities gives infinities, and so does overflow. */
  readonly keepsInfinity: boolean;
  /** Whether −0 times 1 is −0. */
  readonly keepsNegativeZero: boolean;
  /** Whether arithmetic on subnormal numbers does not take them for 0: few devices do. */
  readonly keepsSubnormals: boolean;
}

// Two products that a compiler cannot know: by 1, by 1e10; and 0/0.
const arithmetic = `float element(int i) { return i < 5 ? read0(i) * q[0] : i == 5 ? read0(i) * q[1] : q[2] / q[2]; }`;
const recognised = `float element(int i) { return isnan(read0(i) * q[0]) ? 1.0 : 0.0; }`;

const known = new WeakMap<WebGL2RenderingContext, Map<Precision, Capabilities>>();

/** Tries a context, unless it was tried before. */
export function capabilitiesOf(gl: WebGL2RenderingContext, precision: Precision): Capabilities {
  const found = known.get(gl) ?? new Map<Precision, Capabilities>();
  known.set(gl, found);
  let result = found.get(precision);
  if (result === undefined) found.set(precision, (result = probe(gl, precision)));
  return result;
}

function probe(gl: WebGL2RenderingContext, precision: Precision): Capabilities {
  const device = new Device(gl, 2 ** 20, precision);
  const { memory } = device;
  const x = memory.put("float32", Float32Array.of(NaN, Infinity, -Infinity, -0, 1e-40, 3e38, 0));
  const run = (source: string): ArrayLike<number> => {
    const result = device.run({ out: "float32", size: 7, inputs: [x], floats: [1, 1e10, 0], source });
    const data = memory.read(result);
    memory.release(result);
    return data;
  };
  const values = run(arithmetic);
  const isNaN = run(recognised);
  memory.release(x);
  memory.pool.trim();
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  return {
    renderer: String(gl.getParameter(names === null ? gl.RENDERER : names.UNMASKED_RENDERER_WEBGL)),
    precision,
    maxElements: memory.pool.mostElements,
    keepsNaN: Number.isNaN(values[0]) && Number.isNaN(values[6]) && isNaN[0] === 1 && isNaN[1] === 0,
    keepsInfinity: values[1] === Infinity && values[2] === -Infinity && values[5] === Infinity,
    keepsNegativeZero: Object.is(values[3], -0),
    keepsSubnormals: values[4] !== 0,
  };
}
