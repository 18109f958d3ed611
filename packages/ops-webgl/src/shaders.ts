// Shader programs: compiled once for their source. Those that are wanted later are started at once, and the browser compiles them
// beside each other where it can; only what asks whether one is ready waits for it.

import { type DType, DeviceLimitError } from "@gradus/core";
import { calledFunctions } from "./glsl-library.js";
import { formatOf } from "./glsl-types.js";
import { rowOf } from "./textures.js";
import { lost } from "./transfer.js";

/** What a program gives: a result element by element or texel by texel, the rows of tiles, or texels of several results. */
export type Mode = "elements" | "texels" | "tile" | "several";

/** What a program is made from. */
export interface ShaderText {
  readonly mode: Mode;
  readonly outs: readonly DType[];
  readonly inputs: readonly DType[];
  /** Elements of each input, and of the outputs: small arrays lie in shorter rows. */
  readonly sizes: readonly number[];
  readonly size: number;
  /** How many integers and floats it is given. */
  readonly ints: number;
  readonly floats: number;
  readonly source: string;
}

export interface Program {
  readonly program: WebGLProgram;
  readonly ints: WebGLUniformLocation | null;
  readonly floats: WebGLUniformLocation | null;
}

interface Started {
  readonly program: WebGLProgram;
  readonly shader: WebGLShader;
}

const vertexSource = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const longestPause = 16; // ms between two looks: a frame

export class Shaders {
  /** Programs compiled. */
  count = 0;
  readonly #gl: WebGL2RenderingContext;
  readonly #rowLength: number;
  readonly #vertexShader: WebGLShader;
  readonly #started = new Map<string, Started>();
  readonly #programs = new Map<string, Program>();
  /** Sources by number: a key is made at every draw, and a source is long. */
  readonly #sources = new Map<string, number>();
  /** Whether values outlast a loss of the context. */
  readonly #comesBack: boolean;
  /** Compiling in the background, where the browser tells when it is done. */
  readonly #parallel: { readonly COMPLETION_STATUS_KHR: number } | null;

  constructor(gl: WebGL2RenderingContext, rowLength: number, comesBack: boolean) {
    this.#gl = gl;
    this.#comesBack = comesBack;
    this.#rowLength = rowLength;
    this.#parallel = gl.getExtension("KHR_parallel_shader_compile");
    this.#vertexShader = this.#compile(gl.VERTEX_SHADER, vertexSource);
    this.#check(this.#vertexShader, vertexSource);
  }

  /** The program, compiled: waits if need be. @throws DeviceLimitError if the device does not take it */
  get(text: ShaderText): Program {
    const key = this.#keyOf(text);
    let found = this.#programs.get(key);
    if (found === undefined) this.#programs.set(key, (found = this.#finish(text, this.#started.get(key) ?? this.#start(text))));
    this.#started.delete(key);
    return found;
  }

  /** Starts compiling programs that are not there yet. */
  start(texts: readonly ShaderText[]): void {
    if (this.#gl.isContextLost()) return; // they are compiled when they are used
    for (const text of texts) {
      const key = this.#keyOf(text);
      if (!this.#programs.has(key) && !this.#started.has(key)) this.#started.set(key, this.#start(text));
    }
  }

  /** The same, and waits until they are compiled, without keeping the page from anything. */
  async prepare(texts: readonly ShaderText[]): Promise<void> {
    this.start(texts);
    const gl = this.#gl;
    for (const text of texts) {
      const { program } = this.#started.get(this.#keyOf(text)) ?? {};
      const isDone = (): boolean => program === undefined || this.#parallel === null || gl.isContextLost() || gl.getProgramParameter(program, this.#parallel.COMPLETION_STATUS_KHR) === true;
      for (let pause = 1; !isDone(); pause = Math.min(2 * pause, longestPause)) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    for (const text of texts) this.get(text);
  }

  // Of sizes it matters only whether they are small.
  #keyOf({ mode, outs, inputs, sizes, size, ints, floats, source }: ShaderText): string {
    let number = this.#sources.get(source);
    if (number === undefined) this.#sources.set(source, (number = this.#sources.size));
    return `${number} ${mode} ${outs.join()} ${inputs.join()} ${sizes.map((n) => rowOf(n, 0)).join()} ${rowOf(size, 0)} ${ints} ${floats}`;
  }

  #start(text: ShaderText): Started {
    const gl = this.#gl;
    const program = gl.createProgram();
    const shader = this.#compile(gl.FRAGMENT_SHADER, fragmentSource(text, this.#rowLength));
    gl.attachShader(program, this.#vertexShader);
    gl.attachShader(program, shader);
    gl.linkProgram(program);
    this.count++;
    return { program, shader };
  }

  #finish(text: ShaderText, { program, shader }: Started): Program {
    const gl = this.#gl;
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
      this.#check(shader, fragmentSource(text, this.#rowLength));
      if (gl.isContextLost()) throw lost("compiling a shader", this.#comesBack);
      throw new DeviceLimitError(`This device does not link a shader; use the CPU backend for this computation: ${gl.getProgramInfoLog(program)}`);
    }
    gl.deleteShader(shader);
    gl.useProgram(program);
    text.inputs.forEach((_, i) => gl.uniform1i(gl.getUniformLocation(program, `x${i}`), i));
    return { program, ints: gl.getUniformLocation(program, "p"), floats: gl.getUniformLocation(program, "q") };
  }

  #compile(kind: number, source: string): WebGLShader {
    const shader = this.#gl.createShader(kind) as WebGLShader;
    this.#gl.shaderSource(shader, source);
    this.#gl.compileShader(shader);
    return shader;
  }

  #check(shader: WebGLShader, source: string): void {
    const gl = this.#gl;
    if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) === true) return;
    if (gl.isContextLost()) throw lost("compiling a shader", this.#comesBack);
    throw new DeviceLimitError(`This device does not compile a shader; use the CPU backend for this computation: ${gl.getShaderInfoLog(shader)}\n${source}`);
  }
}

function fragmentSource({ mode, outs, inputs, sizes, size, ints, floats, source }: ShaderText, rowLength: number): string {
  const readers = inputs.map((dtype, i) => {
    const { sampler, scalar: type, vector: four } = formatOf(dtype);
    const element = `texel${i}(at >> 2)[at & 3]`;
    const row = rowOf(sizes[i] as number, rowLength);
    return `uniform highp ${sampler} x${i};
ivec2 placeOf${i}(int t) { return ivec2(t & ${row - 1}, t >> ${Math.log2(row)}); }
${four} texel${i}(int t) { return texelFetch(x${i}, placeOf${i}(t), 0); }
${type} read${i}(int at) { return ${dtype === "bool" ? `${element} != 0u` : element}; }`;
  });
  const texels = inputs.map((_, i) => `texel${i}(t)`).join(", ");
  const stored = outs[0] === "bool" ? "uint(element(i + k))" : "element(i + k)";
  const index = `at.y * ${rowOf(size, rowLength)} + at.x`;
  const results = outs.map((_, i) => `r${i}`).join(", ");
  const mains: Readonly<Record<Mode, string>> = {
    elements: `int i = (${index}) * 4;\n  for (int k = 0; k < 4; k++) r0[k] = ${stored};`,
    texels: `int t = ${index};\n  r0 = texel(${texels});`,
    tile: `tile(at.y * p[${ints - 1}] + at.x, ${results});`,
    several: `texels(${index}, ${results});`,
  };
  return `#version 300 es
precision highp float;
precision highp int;
${outs.map((d, i) => `layout(location = ${i}) out ${formatOf(d).vector} result${i};`).join("\n")}
${ints > 0 ? `uniform int p[${ints}];` : ""}
${floats > 0 ? `uniform float q[${floats}];` : ""}
${readers.join("\n")}
${calledFunctions(source)}
${source}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  ${outs.map((d, i) => `${formatOf(d).vector} r${i};`).join(" ")}
  ${mains[mode]}
  ${outs.map((_, i) => `result${i} = r${i};`).join(" ")}
}`;
}
