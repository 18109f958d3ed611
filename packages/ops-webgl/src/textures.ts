// Textures: four elements to a texel, rows of a fixed power of two of texels, for small arrays and for others. Those given back are kept
// for the next of their size.

import { DeviceLimitError, type DType } from "@gradus/core";
import type { Precision } from "./context.js";
import { type Format, formatOf, halfFloats } from "./glsl-types.js";

/** A texture with its frame buffer. */
export interface Texture {
  readonly texture: WebGLTexture;
  readonly framebuffer: WebGLFramebuffer;
  readonly format: Format;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

const narrow = 2 ** 4; // texels in a row of a small array: devices compute squares of two by two, and half of a single row would be none

/** Texels in a row of an array of so many elements, where long rows have `rowLength`. */
export const rowOf = (size: number, rowLength: number): number => (size <= 2 ** 14 ? narrow : rowLength);

const large = 2 ** 16; // bytes from which a texture is asked for by itself whether there was memory for it: asking waits for the device
const group = 64; // smaller ones are asked for so many at a time

export class TexturePool {
  /** Texels in a row of arrays that are not small, a power of two. */
  readonly rowLength: number;
  readonly #gl: WebGL2RenderingContext;
  readonly #precision: Precision;
  readonly #longest: number;
  readonly #free = new Map<string, Texture[]>();
  // Those nobody has asked about yet.
  #unasked: Texture[] = [];
  /** Bytes and number of textures that exist, free ones included. */
  bytes = 0;
  count = 0;
  freeBytes = 0;

  constructor(gl: WebGL2RenderingContext, precision: Precision) {
    this.#gl = gl;
    this.#precision = precision;
    this.#longest = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.rowLength = Math.min(4096, 2 ** Math.floor(Math.log2(this.#longest)));
  }

  /** How many elements an array may have. */
  get mostElements(): number {
    return 4 * this.rowLength * this.#longest;
  }

  /** How float32 is held. */
  get floats(): Format {
    return this.#format("float32");
  }

  #format(dtype: DType): Format {
    return dtype === "float32" && this.#precision === "float16" ? halfFloats : formatOf(dtype);
  }

  /** The size of a texture of so many elements, those of small arrays rounded up so that one serves many. @throws DeviceLimitError */
  layout(dtype: DType, size: number): { width: number; height: number; bytes: number } {
    const texels = Math.ceil(size / 4);
    const row = rowOf(size, this.rowLength);
    const height = row === narrow ? 2 ** Math.ceil(Math.log2(Math.ceil(texels / row))) : Math.ceil(texels / row);
    if (height > this.#longest) {
      throw new DeviceLimitError(`An array of ${size} elements does not fit a texture of this device: at most ${this.mostElements} do (MAX_TEXTURE_SIZE is ${this.#longest}). Split it.`);
    }
    const width = height > 1 ? row : 2 ** Math.ceil(Math.log2(texels));
    return { width, height, bytes: width * height * this.#format(dtype).bytesPerTexel };
  }

  /** A texture for so many elements, with what is left in it from before, if one was given back. */
  again(dtype: DType, size: number): Texture | undefined {
    const { width, height } = this.layout(dtype, size);
    const found = this.#free.get(`${this.#format(dtype).internal} ${width} ${height}`)?.pop();
    if (found !== undefined) this.freeBytes -= found.bytes;
    return found;
  }

  /** A new texture for so many elements; or, when the device ran out of memory, all that may be without: the last few made. */
  make(dtype: DType, size: number): Texture | readonly Texture[] {
    const { width, height, bytes } = this.layout(dtype, size);
    const format = this.#format(dtype);
    const gl = this.#gl;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl[format.internal], width, height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    const framebuffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    this.bytes += bytes;
    this.count++;
    const made = { texture, framebuffer, format, width, height, bytes };
    this.#unasked.push(made);
    return (bytes >= large || this.#unasked.length === group) && !this.#isWhole() ? this.#dropUnasked() : made;
  }

  // Whether there was memory for all textures made so far.
  #isWhole(): boolean {
    const { OUT_OF_MEMORY, NO_ERROR, CONTEXT_LOST_WEBGL } = this.#gl;
    let isWhole = true;
    for (let e = this.#gl.getError(); e !== NO_ERROR && e !== CONTEXT_LOST_WEBGL; e = this.#gl.getError()) if (e === OUT_OF_MEMORY) isWhole = false;
    if (isWhole) this.#unasked = [];
    return isWhole;
  }

  #dropUnasked(): readonly Texture[] {
    this.trim();
    const dropped = this.#unasked;
    this.#unasked = [];
    for (const t of dropped) this.#delete(t);
    return dropped;
  }

  #delete(t: Texture): void {
    this.#gl.deleteFramebuffer(t.framebuffer);
    this.#gl.deleteTexture(t.texture);
    this.bytes -= t.bytes;
    this.count--;
  }

  /** Takes a texture back, to be used again. */
  give(t: Texture): void {
    const key = `${t.format.internal} ${t.width} ${t.height}`;
    const list = this.#free.get(key);
    if (list === undefined) this.#free.set(key, [t]);
    else list.push(t);
    this.freeBytes += t.bytes;
  }

  /** Forgets all textures of a lost context. */
  forget(): void {
    this.#free.clear();
    this.#unasked = [];
    this.bytes = this.count = this.freeBytes = 0;
  }

  /** Deletes all textures that are not in use. */
  trim(): void {
    const free = new Set([...this.#free.values()].flat());
    this.#unasked = this.#unasked.filter((t) => !free.has(t));
    for (const t of free) this.#delete(t);
    this.#free.clear();
    this.freeBytes = 0;
  }
}
