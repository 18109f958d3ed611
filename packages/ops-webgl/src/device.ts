// Running shaders: programs are compiled once for their source, a pass draws one triangle over the texture of its result.

import { type DType, DeviceLimitError } from "@gradus/core";
import type { Precision } from "./context.js";
import { calledFunctions } from "./glsl-library.js";
import { formatOf } from "./glsl-types.js";
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

/** What a program is made for: a result of elements one by one, or of texels, or the four results of a tile. */
type Mode = "elements" | "texels" | "tile";

interface Program {
  readonly program: WebGLProgram;
  readonly ints: WebGLUniformLocation | null;
  readonly floats: WebGLUniformLocation | null;
}

const vertexSource = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

export class Device {
  readonly gl: WebGL2RenderingContext;
  readonly memory: Memory;
  readonly counts = { draws: 0, shaders: 0 };
  readonly #programs = new Map<string, Program>();
  readonly #vertexShader: WebGLShader;
  #tileBuffer: WebGLFramebuffer | undefined;

  constructor(gl: WebGL2RenderingContext, budget: number, precision: Precision) {
    this.gl = gl;
    this.memory = new Memory(gl, budget, precision);
    this.#vertexShader = this.#shader(gl.VERTEX_SHADER, vertexSource);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.PACK_ALIGNMENT, 1);
    gl.disable(gl.DITHER);
  }

  /** @throws ContextLostError once the context is lost */
  assertAlive(what: string): void {
    if (this.gl.isContextLost()) throw lost(what);
  }

  /** Computes an array. */
  run(pass: Pass): Storage {
    const result = this.memory.make(pass.out, pass.size, pass.inputs);
    if (pass.size > 0) this.#draw(pass, pass.isTexelwise === true ? "texels" : "elements", [result]);
    return result;
  }

  /** Computes four arrays at once: `tile(t, r0, r1, r2, r3)` gives texel t of each, and `texel0(t)` is one of the first input. */
  runTile(pass: Pass): Storage[] {
    const results: Storage[] = [];
    for (let i = 0; i < 4; i++) results.push(this.memory.make(pass.out, pass.size, [...pass.inputs, ...results]));
    this.#draw(pass, "tile", results);
    return results;
  }

  #draw(pass: Pass, mode: Mode, results: readonly Storage[]): void {
    const { size, inputs, ints = [], floats = [] } = pass;
    const { gl, memory } = this;
    const inUse = [...inputs, ...results];
    const textures = inputs.map((x) => memory.texture(x, inUse));
    const targets = results.map((x) => memory.texture(x, inUse));
    const target = targets[0] as Texture;
    const { program, ints: p, floats: q } = this.#program(pass, mode);
    gl.useProgram(program);
    textures.forEach(({ texture }, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    });
    if (p !== null) gl.uniform1iv(p, ints as number[]);
    if (q !== null) gl.uniform1fv(q, floats as number[]);
    if (mode === "tile") this.#bindAll(targets);
    else gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    gl.viewport(0, 0, target.width, Math.ceil(size / 4 / memory.pool.rowLength));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.activeTexture(gl.TEXTURE0);
    this.counts.draws++;
  }

  #bindAll(targets: readonly Texture[]): void {
    const { gl } = this;
    const places = targets.map((_, i) => gl.COLOR_ATTACHMENT0 + i);
    this.#tileBuffer ??= gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#tileBuffer);
    targets.forEach(({ texture }, i) => gl.framebufferTexture2D(gl.FRAMEBUFFER, places[i] as number, gl.TEXTURE_2D, texture, 0));
    gl.drawBuffers(places);
  }

  #program(pass: Pass, mode: Mode): Program {
    const { out, inputs, ints = [], floats = [], source } = pass;
    const key = `${mode} ${out} ${inputs.map((x) => x.dtype).join()} ${ints.length} ${floats.length}\n${source}`;
    let found = this.#programs.get(key);
    if (found === undefined) this.#programs.set(key, (found = this.#compile(pass, mode)));
    return found;
  }

  #compile(pass: Pass, mode: Mode): Program {
    const { gl } = this;
    const program = gl.createProgram();
    const shader = this.#shader(gl.FRAGMENT_SHADER, this.#source(pass, mode));
    gl.attachShader(program, this.#vertexShader);
    gl.attachShader(program, shader);
    gl.linkProgram(program);
    gl.deleteShader(shader);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
      this.assertAlive("compiling a shader");
      throw new DeviceLimitError(`This device does not link a shader; use the CPU backend for this computation: ${gl.getProgramInfoLog(program)}`);
    }
    gl.useProgram(program);
    pass.inputs.forEach((_, i) => gl.uniform1i(gl.getUniformLocation(program, `x${i}`), i));
    this.counts.shaders++;
    return { program, ints: gl.getUniformLocation(program, "p"), floats: gl.getUniformLocation(program, "q") };
  }

  #source({ out, inputs, ints = [], floats = [], source }: Pass, mode: Mode): string {
    const { rowLength } = this.memory.pool;
    const { scalar, vector } = formatOf(out);
    const place = `ivec2(t & ${rowLength - 1}, t >> ${Math.log2(rowLength)})`;
    const readers = inputs.map(({ dtype }, i) => {
      const { sampler, scalar: type, vector: four } = formatOf(dtype);
      const element = `texel${i}(at >> 2)[at & 3]`;
      return `uniform highp ${sampler} x${i};
${four} texel${i}(int t) { return texelFetch(x${i}, ${place}, 0); }
${type} read${i}(int at) { return ${dtype === "bool" ? `${element} != 0u` : element}; }`;
    });
    const texels = inputs.map((_, i) => `texelFetch(x${i}, at, 0)`).join(", ");
    const stored = scalar === "bool" ? "uint(element(i + k))" : "element(i + k)";
    const index = `at.y * ${rowLength} + at.x`;
    const mains: Readonly<Record<Mode, string>> = {
      elements: `int i = (${index}) * 4;\n  for (int k = 0; k < 4; k++) r0[k] = ${stored};`,
      texels: `r0 = texel(${texels});`,
      tile: `tile(${index}, r0, r1, r2, r3);`,
    };
    const results = mode === "tile" ? [0, 1, 2, 3] : [0];
    return `#version 300 es
precision highp float;
precision highp int;
${results.map((i) => `layout(location = ${i}) out ${vector} result${i};`).join("\n")}
${ints.length > 0 ? `uniform int p[${ints.length}];` : ""}
${floats.length > 0 ? `uniform float q[${floats.length}];` : ""}
${readers.join("\n")}
${calledFunctions(source)}
${source}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  ${vector} ${results.map((i) => `r${i}`).join(", ")};
  ${mains[mode]}
  ${results.map((i) => `result${i} = r${i};`).join(" ")}
}`;
  }

  #shader(kind: number, source: string): WebGLShader {
    const { gl } = this;
    const shader = gl.createShader(kind) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true) {
      this.assertAlive("compiling a shader");
      throw new DeviceLimitError(`This device does not compile a shader; use the CPU backend for this computation: ${gl.getShaderInfoLog(shader)}\n${source}`);
    }
    return shader;
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

