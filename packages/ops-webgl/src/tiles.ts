// Where tiles of a result are drawn to before they are joined: textures for the rows of a tile, which all such results share one
// after the other.

import { DeviceLimitError } from "@gradus/core";
import type { Format } from "./glsl-types.js";
import { lost } from "./transfer.js";

/** Textures of the rows of tiles, and the frame buffer that has them all. */
export interface TileRows {
  readonly textures: readonly WebGLTexture[];
  readonly framebuffer: WebGLFramebuffer;
}

/** The width of a nearly square rectangle for so many tiles, a power of two, as its logarithm. */
export const tileWidth = (tiles: number): number => Math.ceil(Math.log2(Math.max(tiles, 1)) / 2);

export class Tiles {
  /** How many rows a tile may have: 8 where the device writes so many results at once, else 4. */
  readonly mostRows: 4 | 8;
  readonly #gl: WebGL2RenderingContext;
  readonly #format: Format;
  /** Whether values outlast a loss of the context. */
  readonly #comesBack: boolean;
  readonly #sets = new Map<4 | 8, TileRows & { readonly side: number }>();

  constructor(gl: WebGL2RenderingContext, format: Format, comesBack: boolean) {
    this.#gl = gl;
    this.#comesBack = comesBack;
    this.#format = format;
    this.mostRows = Math.min(gl.getParameter(gl.MAX_DRAW_BUFFERS) as number, gl.getParameter(gl.MAX_COLOR_ATTACHMENTS) as number) >= 8 ? 8 : 4;
  }

  /** Room for so many tiles of 4 or 8 rows. @throws DeviceLimitError without memory for them */
  rows(count: 4 | 8, tiles: number): TileRows {
    const side = Math.max(tileWidth(tiles), 5);
    const found = this.#sets.get(count);
    if (found !== undefined && found.side >= side) return found;
    if (found !== undefined) this.#delete(found);
    this.#sets.delete(count);
    const made = { ...this.#make(count, 2 ** side), side };
    this.#sets.set(count, made);
    return made;
  }

  #make(count: number, length: number): TileRows {
    const gl = this.#gl;
    const framebuffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    const textures = Array.from({ length: count }, (_, i) => {
      const texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texStorage2D(gl.TEXTURE_2D, 1, gl[this.#format.internal], length, length);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, texture, 0);
      return texture;
    });
    gl.drawBuffers(textures.map((_, i) => gl.COLOR_ATTACHMENT0 + i));
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) {
      this.#delete({ textures, framebuffer });
      if (gl.isContextLost()) throw lost("a product or convolution", this.#comesBack);
      throw new DeviceLimitError(`The device has no memory for ${count} textures of ${length} × ${length} texels, which a product or convolution needs on its way: work in smaller parts, or free arrays by backend.scope or backend.dispose.`);
    }
    return { textures, framebuffer };
  }

  #delete({ textures, framebuffer }: TileRows): void {
    this.#gl.deleteFramebuffer(framebuffer);
    for (const t of textures) this.#gl.deleteTexture(t);
  }
}
