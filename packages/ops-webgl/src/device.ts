// Running shaders: programs are compiled once for their source, a pass draws one triangle over the texture of its result.

import { type DType, DeviceLimitError } from "@gradus/core";
import { calledFunctions } from "./glsl-library.js";
import { formatOf } from "./glsl-types.js";
import { Memory, type Storage } from "./storage.js";
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
  readonly counts = { draws: 0, programs: 0 };
  readonly #programs = new Map<string, Program>();
  readonly #vertexShader: WebGLShader;

  constructor(gl: WebGL2RenderingContext, budget: number) {
    this.gl = gl;
    this.memory = new Memory(gl, budget);
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
    const { out, size, inputs, ints = [], floats = [] } = pass;
    const { gl, memory } = this;
    const result = memory.make(out, size, inputs);
    if (size === 0) return result;
    const inUse = [...inputs, result];
    const textures = inputs.map((x) => memory.texture(x, inUse));
    const target = memory.texture(result, inUse);
    const { program, ints: p, floats: q } = this.#program(pass);
    gl.useProgram(program);
    textures.forEach(({ texture }, i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    });
    if (p !== null) gl.uniform1iv(p, ints as number[]);
    if (q !== null) gl.uniform1fv(q, floats as number[]);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
    gl.viewport(0, 0, target.width, Math.ceil(size / 4 / memory.pool.rowLength));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.activeTexture(gl.TEXTURE0);
    this.counts.draws++;
    return result;
  }

  #program(pass: Pass): Program {
    const { out, inputs, ints = [], floats = [], source, isTexelwise = false } = pass;
    const key = `${out} ${inputs.map((x) => x.dtype).join()} ${ints.length} ${floats.length} ${isTexelwise}\n${source}`;
    let found = this.#programs.get(key);
    if (found === undefined) this.#programs.set(key, (found = this.#compile(pass)));
    return found;
  }

  #compile(pass: Pass): Program {
    const { gl } = this;
    const program = gl.createProgram();
    const shader = this.#shader(gl.FRAGMENT_SHADER, this.#source(pass));
    gl.attachShader(program, this.#vertexShader);
    gl.attachShader(program, shader);
    gl.linkProgram(program);
    gl.deleteShader(shader);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
      this.assertAlive("compiling a shader");
      throw new DeviceLimitError(`This device does not link a shader: ${gl.getProgramInfoLog(program)}`);
    }
    gl.useProgram(program);
    pass.inputs.forEach((_, i) => gl.uniform1i(gl.getUniformLocation(program, `x${i}`), i));
    this.counts.programs++;
    return { program, ints: gl.getUniformLocation(program, "p"), floats: gl.getUniformLocation(program, "q") };
  }

  #source({ out, inputs, ints = [], floats = [], source, isTexelwise = false }: Pass): string {
    const { rowLength } = this.memory.pool;
    const { scalar, vector } = formatOf(out);
    const shift = Math.log2(rowLength);
    const readers = inputs.map(({ dtype }, i) => {
      const { sampler, scalar: type } = formatOf(dtype);
      const element = `texelFetch(x${i}, ivec2(t & ${rowLength - 1}, t >> ${shift}), 0)[at & 3]`;
      return `uniform highp ${sampler} x${i};\n${type} read${i}(int at) { int t = at >> 2; return ${dtype === "bool" ? `${element} != 0u` : element}; }`;
    });
    const stored = (value: string): string => (scalar === "bool" ? `uint(${value})` : value);
    const place = "ivec2 at = ivec2(gl_FragCoord.xy);";
    const texels = inputs.map((_, i) => `texelFetch(x${i}, at, 0)`).join(", ");
    const main = isTexelwise
      ? `${place}\n  result = texel(${texels});`
      : `${place}\n  int i = (at.y * ${rowLength} + at.x) * 4;\n  ${vector} four;\n  for (int k = 0; k < 4; k++) four[k] = ${stored("element(i + k)")};\n  result = four;`;
    const declared = [ints.length > 0 ? `uniform int p[${ints.length}];` : "", floats.length > 0 ? `uniform float q[${floats.length}];` : "", ...readers].join("\n");
    return `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) out ${vector} result;
${declared}
${calledFunctions(source)}
${source}
void main() {
  ${main}
}`;
  }

  #shader(kind: number, source: string): WebGLShader {
    const { gl } = this;
    const shader = gl.createShader(kind) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true) {
      this.assertAlive("compiling a shader");
      throw new DeviceLimitError(`This device does not compile a shader: ${gl.getShaderInfoLog(shader)}\n${source}`);
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

