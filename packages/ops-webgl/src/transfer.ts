// Elements to the device and back: at once, or when the device has them ready.

import { allocate, ContextLostError, type DType, type TypedArray } from "@gradus/core";
import type { Texture } from "./textures.js";

/** Writes elements to a texture. */
export function upload(gl: WebGL2RenderingContext, { texture, format, width, height }: Texture, data: TypedArray): void {
  let texels = data;
  if (data.length !== width * height * 4) {
    texels = new (data.constructor as Float32ArrayConstructor)(width * height * 4);
    texels.set(data);
  }
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl[format.external], gl[format.upload], texels);
}

// Booleans come as four bytes each, which every device offers.
const received = (dtype: DType, width: number, height: number): TypedArray => allocate(dtype === "bool" ? "uint32" : dtype, width * height * 4);

function elements(dtype: DType, texels: TypedArray, size: number): TypedArray {
  return dtype === "bool" ? Uint8Array.from(texels.subarray(0, size)) : texels.length === size ? texels : texels.slice(0, size);
}

// What no array holds but by the rarest chance. A device that is gone may leave an array as it was, without an error.
const untouched = [1234567.875, -7654321.125];

/** The elements of a texture, waiting for the device; undefined if it has none to give, since the context is lost. */
export function download(gl: WebGL2RenderingContext, { framebuffer, format, width, height }: Texture, dtype: DType, size: number): TypedArray | undefined {
  const texels = received(dtype, width, height);
  const last = texels.length - 1;
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  for (const mark of untouched) {
    texels[last] = mark;
    const marked = texels[last];
    gl.readPixels(0, 0, width, height, gl[format.external], gl[format.download], texels);
    if (gl.isContextLost()) return undefined;
    if (texels[last] !== marked) return elements(dtype, texels, size);
  }
  return undefined;
}

const soon = 4; // ms in which the device is looked at after whatever else the page has to do
const longestPause = 16; // ms between two looks from then on: a frame

/** A download under way, through a pixel buffer and a fence: what comes after it does not wait for it. */
export class Download {
  readonly bytes: number;
  readonly #gl: WebGL2RenderingContext;
  readonly #dtype: DType;
  readonly #size: number;
  readonly #texels: TypedArray;
  readonly #buffer: WebGLBuffer;
  readonly #fence: WebGLSync;

  constructor(gl: WebGL2RenderingContext, { framebuffer, format, width, height }: Texture, dtype: DType, size: number) {
    this.#gl = gl;
    this.#dtype = dtype;
    this.#size = size;
    this.#texels = received(dtype, width, height);
    this.bytes = this.#texels.byteLength;
    this.#buffer = gl.createBuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.#buffer);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, this.bytes, gl.STREAM_READ);
    gl.readPixels(0, 0, width, height, gl[format.external], gl[format.download], 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    this.#fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0) as WebGLSync;
    gl.flush();
  }

  /** Resolves when the device is done with it, or gone. */
  async ready(): Promise<void> {
    const gl = this.#gl;
    const isWaiting = (): boolean => !gl.isContextLost() && gl.clientWaitSync(this.#fence, 0, 0) === gl.TIMEOUT_EXPIRED;
    // Small results are there sooner than any timer rings.
    const { port1, port2 } = new MessageChannel();
    const start = performance.now();
    while (isWaiting() && performance.now() < start + soon) {
      await new Promise((resolve) => {
        port1.onmessage = resolve;
        port2.postMessage(null);
      });
    }
    port1.close();
    for (let pause = 1; isWaiting(); pause = Math.min(2 * pause, longestPause)) await new Promise((resolve) => setTimeout(resolve, pause));
  }

  /** The elements, once; undefined if the context is lost. Waits if they are not ready. */
  take(): TypedArray | undefined {
    const gl = this.#gl;
    const texels = this.#texels;
    const last = texels.length - 1;
    gl.deleteSync(this.#fence);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.#buffer);
    let isThere = false;
    for (const mark of untouched) {
      texels[last] = mark;
      const marked = texels[last];
      gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, texels);
      isThere = texels[last] !== marked;
      if (isThere) break;
    }
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(this.#buffer);
    return isThere && !gl.isContextLost() ? elements(this.#dtype, texels, this.#size) : undefined;
  }
}

/** The error of whatever meets a lost context. */
export const lost = (what: string, comesBack = false): ContextLostError =>
  new ContextLostError(
    `${what}: the device lost its WebGL context. ${
      comesBack
        ? "Values are computed anew once the browser gives it back, which it never does before this function returns: read with `await x.data()`, or go on after `await backend.restored()`."
        : "The values of this backend are lost with it: make a new one with webgl(), and put the data there again."
    }`,
  );
