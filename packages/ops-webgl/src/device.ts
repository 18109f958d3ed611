// Running shaders: a pass draws one triangle over the textures of its results.

import type { DType, TypedArray } from "@gradus/core";
import type { Precision } from "./context.js";
import type { Recipe } from "./recipe.js";
import { Recovery } from "./recovery.js";
import { type Mode, Shaders, type ShaderText } from "./shaders.js";
import { Memory, released, type Storage } from "./storage.js";
import { rowOf, type Texture } from "./textures.js";
import { Tiles, tileWidth } from "./tiles.js";
import { Download, lost } from "./transfer.js";

/** What computes an array. Element i is `element(i)`; `read0(at)` is an element of the first input, `p[k]` and `q[k]` are its numbers. */
export interface Pass {
  readonly out: DType;
  readonly size: number;
  readonly inputs: readonly Storage[];
  /** Sizes, strides and offsets, as p[0], p[1], … */
  readonly ints?: readonly number[];
  /** Numbers among the operands, as q[0], q[1], … */
  readonly floats?: readonly number[];
  readonly source: string;
  /** Instead of `element`: `texel(x0, x1, …)` gives four elements of the result from four of each input at the same places. */
  readonly isTexelwise?: boolean;
}

/** What computes several arrays of one size at once: `texels(t, r0, r1, …)` gives texel t of each. */
export interface SeveralPass extends Pick<Pass, "size" | "inputs" | "ints" | "floats" | "source"> {
  readonly outs: readonly DType[];
}

/** What computes tiles of 4 or 8 rows of four elements: `tile(t, r0, r1, …)` gives the rows of tile t. */
export interface TilePass extends Pick<Pass, "inputs" | "source"> {
  readonly rows: 4 | 8;
  readonly tiles: number;
  readonly ints: readonly number[];
}

/** What joins them: row k of tile u is texel `ivec2(u & ((1 << w) - 1), u >> w)` of xk, with w = `tileWidth(tiles)`. */
export interface JoinPass extends Pick<Pass, "size" | "source"> {
  readonly ints: readonly number[];
  /** Whether its source defines `texels(t, r0)`; otherwise `element(i)`. */
  readonly isByTexel: boolean;
}

const mostTries = 8; // of reading what is lost again and again

export class Device {
  readonly gl: WebGL2RenderingContext;
  readonly memory: Memory;
  readonly recovery: Recovery;
  shaders: Shaders;
  tiles: Tiles;
  /** Draws so far. */
  draws = 0;
  #shadersBefore = 0;
  /** Frame buffers of several results, by how many they are. */
  #framebuffers: WebGLFramebuffer[] = [];

  /** With `every`, values are computed anew after the context was lost: see Recovery. */
  constructor(gl: WebGL2RenderingContext, budget: number, precision: Precision, every = 0) {
    this.gl = gl;
    this.memory = new Memory(gl, budget, precision, every > 0);
    this.shaders = new Shaders(gl, this.memory.pool.rowLength, every > 0);
    this.tiles = new Tiles(gl, this.memory.pool.floats, every > 0);
    this.recovery = new Recovery(this, precision, every);
    this.#configure();
  }

  #configure(): void {
    const { gl } = this;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.PACK_ALIGNMENT, 1);
    gl.disable(gl.DITHER);
  }

  /** Starts again on a context that was given back. */
  reset(): void {
    this.#shadersBefore += this.shaders.count;
    this.shaders = new Shaders(this.gl, this.memory.pool.rowLength, this.recovery.isOn);
    this.tiles = new Tiles(this.gl, this.memory.pool.floats, this.recovery.isOn);
    this.#framebuffers = [];
    this.#configure();
  }

  /** Draws, shaders compiled, losses of the context, and copies made for the case of one. */
  get counts(): { draws: number; shaders: number; contextLosses: number; copies: number } {
    return { draws: this.draws, shaders: this.#shadersBefore + this.shaders.count, contextLosses: this.recovery.losses, copies: this.recovery.copies };
  }

  /** @throws ContextLostError once the context is lost for good */
  assertAlive(what: string): void {
    if (this.recovery.isLost && !this.recovery.isOn) throw lost(what);
  }

  /** The elements, for which the page waits. @throws ContextLostError while there is no device that could tell them */
  read(storage: Storage): TypedArray {
    this.assertAlive("reading an array");
    const data = this.memory.read(storage);
    // What was begun before is done too.
    this.recovery.settle(() => true);
    return data;
  }

  /** The elements, when the device has them ready; if need be, when there is a device again. @throws ContextLostError if there is none */
  async readAsync(storage: Storage): Promise<TypedArray> {
    const { memory, recovery } = this;
    for (let tries = 0; tries < mostTries; tries++) {
      this.assertAlive("reading an array");
      if (storage.isReleased || storage.cell.host !== undefined) return memory.read(storage);
      if (recovery.isLost) await recovery.restored();
      const { losses, now } = recovery;
      const download = this.#download(storage);
      await download?.ready();
      const data = recovery.isLost || recovery.losses > losses ? undefined : download?.take();
      if (data === undefined) {
        // The browser may need some time to notice.
        if (!recovery.isLost) await new Promise((resolve) => setTimeout(resolve, 4 * 2 ** tries));
        continue;
      }
      recovery.settle((copy) => copy.at <= now);
      return data;
    }
    throw lost(`reading an array, ${mostTries} times in vain`, this.recovery.isOn);
  }

  // A context may be lost while values are computed anew for this.
  #download(storage: Storage): Download | undefined {
    try {
      const download = new Download(this.gl, this.memory.texture(storage, [storage]), storage.dtype, storage.size);
      this.memory.counts.downloads++;
      return download;
    } catch (error) {
      if (this.recovery.isLost) return undefined;
      throw error;
    }
  }

  /** Computes an array. */
  run(pass: Pass): Storage {
    return this.#compute(pass.isTexelwise === true ? "texels" : "elements", [pass.out], pass)[0] as Storage;
  }

  /** Computes an array of float32 by tiles. */
  runTiles({ rows, tiles, inputs, ints, source }: TilePass, join: JoinPass): Storage {
    const draw = (results: readonly Storage[], inUse: readonly Storage[]): void => {
      const { memory } = this;
      const textures = inputs.map((x) => memory.texture(x, inUse).texture);
      const scratch = this.tiles.rows(rows, tiles);
      const width = 2 ** tileWidth(tiles);
      const numbers = [...ints, width];
      this.#submit({ mode: "tile", outs: floats32(rows), ...heldIn(inputs), size: 4 * tiles, ints: numbers.length, floats: 0, source }, textures, numbers, [], scratch.framebuffer, width, Math.ceil(tiles / width));
      const target = memory.texture(results[0] as Storage, inUse);
      const mode = join.isByTexel ? "several" : "elements";
      this.#submit({ mode, outs: ["float32"], inputs: floats32(rows), sizes: scratch.textures.map(() => 0), size: join.size, ints: join.ints.length, floats: 0, source: join.source }, scratch.textures, join.ints, [], target.framebuffer, target.width, this.#height(join.size));
    };
    return this.#draw(inputs, ["float32"], join.size, draw)[0] as Storage;
  }

  /** Computes several arrays of one size at once. */
  runSeveral(pass: SeveralPass): Storage[] {
    return this.#compute("several", pass.outs, pass);
  }

  #compute(mode: Mode, outs: readonly DType[], { size, inputs, ints = [], floats = [], source }: Omit<SeveralPass, "outs">): Storage[] {
    return this.#draw(inputs, outs, size, (results, inUse) => {
      const { memory } = this;
      const textures = inputs.map((x) => memory.texture(x, inUse).texture);
      const targets = results.map((x) => memory.texture(x, inUse));
      const target = targets[0] as Texture;
      const text = { mode, outs, ...heldIn(inputs), size, ints: ints.length, floats: floats.length, source };
      this.#submit(text, textures, ints, floats, targets.length > 1 ? this.#together(targets) : target.framebuffer, target.width, this.#height(size));
    });
  }

  // Storages and what draws into them: at once, or when there is a device again.
  #draw(inputs: readonly Storage[], outs: readonly DType[], size: number, draw: Recipe<Storage>["draw"]): Storage[] {
    const { memory, recovery } = this;
    for (const x of inputs) if (x.isReleased) throw released();
    const isLost = recovery.isLost;
    const results: Storage[] = [];
    for (const dtype of outs) results.push(memory.make(dtype, size, [...inputs, ...results]));
    if (size === 0) return results;
    if (!isLost) draw(results, [...inputs, ...results]);
    recovery.record(inputs, results, draw);
    return results;
  }

  #submit(text: ShaderText, textures: readonly WebGLTexture[], ints: readonly number[], floats: readonly number[], framebuffer: WebGLFramebuffer, width: number, height: number): void {
    const { gl } = this;
    const { program, ints: p, floats: q } = this.shaders.get(text);
    gl.useProgram(program);
    // The first texture last: its place is where others bind theirs.
    for (let i = textures.length - 1; i >= 0; i--) {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, textures[i] as WebGLTexture);
    }
    if (p !== null) gl.uniform1iv(p, ints as number[]);
    if (q !== null) gl.uniform1fv(q, floats as number[]);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.viewport(0, 0, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    this.draws++;
  }

  /** Rows of texels that so many elements fill. */
  #height(size: number): number {
    return Math.ceil(size / 4 / rowOf(size, this.memory.pool.rowLength));
  }

  // A frame buffer of several results.
  #together(targets: readonly Texture[]): WebGLFramebuffer {
    const { gl } = this;
    const places = targets.map((_, i) => gl.COLOR_ATTACHMENT0 + i);
    const framebuffer = (this.#framebuffers[targets.length] ??= gl.createFramebuffer());
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    targets.forEach(({ texture }, i) => gl.framebufferTexture2D(gl.FRAMEBUFFER, places[i] as number, gl.TEXTURE_2D, texture, 0));
    gl.drawBuffers(places);
    return framebuffer;
  }
}

const heldIn = (inputs: readonly Storage[]): Pick<ShaderText, "inputs" | "sizes"> => ({ inputs: inputs.map((x) => x.dtype), sizes: inputs.map((x) => x.size) });
const floats32 = (n: number): DType[] => new Array<DType>(n).fill("float32");

/** The statements that turn index `i` into indices d0, d1, … of a shape that begins at p[at]. */
export function unraveled(rank: number, at: number, i = "i"): string {
  const lines = [`int rest = ${i};`];
  for (let d = rank - 1; d > 0; d--) lines.push(`int r${d} = rest / p[${at + d}]; int d${d} = rest - r${d} * p[${at + d}]; rest = r${d};`);
  if (rank > 0) lines.push("int d0 = rest;");
  return lines.join("\n  ");
}

/** The sum of indices d0, d1, … times strides that begin at p[at], after the offset p[offset]. */
export const placed = (rank: number, at: number, offset: number): string => [`p[${offset}]`, ...Array.from({ length: rank }, (_, d) => `d${d} * p[${at + d}]`)].join(" + ");

