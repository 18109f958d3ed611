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

/** The elements of a texture, waiting for the device. */
export function download(gl: WebGL2RenderingContext, { framebuffer, format, width, height }: Texture, dtype: DType, size: number): TypedArray {
  const texels = received(dtype, width, height);
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.readPixels(0, 0, width, height, gl[format.external], gl[format.download], texels);
  return elements(dtype, texels, size);
}

const longestPause = 16; // ms between two looks: a frame

/** The same without waiting: through a pixel buffer, and a fence that is looked at now and then. */
export async function downloadAsync(gl: WebGL2RenderingContext, { framebuffer, format, width, height }: Texture, dtype: DType, size: number): Promise<TypedArray> {
  const texels = received(dtype, width, height);
  const buffer = gl.createBuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.bufferData(gl.PIXEL_PACK_BUFFER, texels.byteLength, gl.STREAM_READ);
  gl.readPixels(0, 0, width, height, gl[format.external], gl[format.download], 0);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0) as WebGLSync;
  gl.flush();
  for (let pause = 1; !gl.isContextLost() && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED; pause = Math.min(2 * pause, longestPause)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  if (gl.isContextLost()) throw lost("reading an array");
  gl.deleteSync(fence);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, texels);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  gl.deleteBuffer(buffer);
  return elements(dtype, texels, size);
}

/** The error of whatever meets a lost context. */
export const lost = (what: string): ContextLostError =>
  new ContextLostError(`${what}: the device lost its WebGL context, and the values of this backend with it. Make a new backend with webgl(), and put the data there again.`);
