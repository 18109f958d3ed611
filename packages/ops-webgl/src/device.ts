// Running shaders: a pass draws one triangle over the textures of its results.

import type { DType } from "@gradus/core";
import type { Precision } from "./context.js";
import { type Mode, Shaders } from "./shaders.js";
import { Memory, type Storage } from "./storage.js";
import type { Texture } from "./textures.js";
import { lost } from "./transfer.js";

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

export class Device {
  readonly gl: WebGL2RenderingContext;
  readonly memory: Memory;
  readonly shaders: Shaders;
  /** Draws so far. */
  draws = 0;
  /** Frame buffers of several results, by how many they are. */
  readonly #framebuffers: WebGLFramebuffer[] = [];

  constructor(gl: WebGL2RenderingContext, budget: number, precision: Precision) {
    this.gl = gl;
    this.memory = new Memory(gl, budget, precision);
    this.shaders = new Shaders(gl, this.memory.pool.rowLength);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.PACK_ALIGNMENT, 1);
    gl.disable(gl.DITHER);
  }

  /** Draws, and shaders compiled. */
  get counts(): { draws: number; shaders: number } {
    return { draws: this.draws, shaders: this.shaders.count };
  }

  /** @throws ContextLostError once the context is lost */
  assertAlive(what: string): void {
    if (this.gl.isContextLost()) throw lost(what);
  }

  /** Computes an array. */
  run(pass: Pass): Storage {
    return this.#compute(pass.isTexelwise === true ? "texels" : "elements", [pass.out], pass)[0] as Storage;
  }

  /** Computes four arrays at once: `tile(t, r0, r1, r2, r3)` gives texel t of each, and `texel0(t)` is one of the first input. */
  runTile(pass: Pass): Storage[] {
    return this.#compute("tile", [pass.out, pass.out, pass.out, pass.out], pass);
  }

  /** Computes several arrays of one size at once. */
  runSeveral(pass: SeveralPass): Storage[] {
    return this.#compute("several", pass.outs, pass);
  }

  #compute(mode: Mode, outs: readonly DType[], pass: Omit<SeveralPass, "outs">): Storage[] {
    const results: Storage[] = [];
    for (const dtype of outs) results.push(this.memory.make(dtype, pass.size, [...pass.inputs, ...results]));
    if (pass.size > 0) this.#draw(mode, pass, results);
    return results;
  }

  #draw(mode: Mode, { size, inputs, ints = [], floats = [], source }: Omit<SeveralPass, "outs">, results: readonly Storage[]): void {
    const { gl, memory } = this;
    const inUse = [...inputs, ...results];
    const textures = inputs.map((x) => memory.texture(x, inUse));
    const targets = results.map((x) => memory.texture(x, inUse));
    const target = targets[0] as Texture;
    const { program, ints: p, floats: q } = this.shaders.get({ mode, outs: results.map((x) => x.dtype), inputs: inputs.map((x) => x.dtype), ints: ints.length, floats: floats.length, source });
    gl.useProgram(program);
    textures.forEach(({ texture }, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    });
    if (p !== null) gl.uniform1iv(p, ints as number[]);
    if (q !== null) gl.uniform1fv(q, floats as number[]);
    if (targets.length > 1) this.#bindAll(targets);
    else gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    gl.viewport(0, 0, target.width, Math.ceil(size / 4 / memory.pool.rowLength));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.activeTexture(gl.TEXTURE0);
    this.draws++;
  }

  #bindAll(targets: readonly Texture[]): void {
    const { gl } = this;
    const places = targets.map((_, i) => gl.COLOR_ATTACHMENT0 + i);
    const framebuffer = (this.#framebuffers[targets.length] ??= gl.createFramebuffer());
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    targets.forEach(({ texture }, i) => gl.framebufferTexture2D(gl.FRAMEBUFFER, places[i] as number, gl.TEXTURE_2D, texture, 0));
    gl.drawBuffers(places);
  }
}

/** The statements that turn index `i` into indices d0, d1, … of a shape that begins at p[at]. */
export function unraveled(rank: number, at: number, i = "i"): string {
  const lines = [`int rest = ${i};`];
  for (let d = rank - 1; d > 0; d--) lines.push(`int r${d} = rest / p[${at + d}]; int d${d} = rest - r${d} * p[${at + d}]; rest = r${d};`);
  if (rank > 0) lines.push("int d0 = rest;");
  return lines.join("\n  ");
}

/** The sum of indices d0, d1, … times strides that begin at p[at], after the offset p[offset]. */
export const placed = (rank: number, at: number, offset: number): string => [`p[${offset}]`, ...Array.from({ length: rank }, (_, d) => `d${d} * p[${at + d}]`)].join(" + ");

