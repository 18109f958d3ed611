// The WebGL backend that compiles: programs become a few fused passes, everything else is as operation by operation.

import { type AnyPrimitive, ArgumentError, at, type Aval, avalOf, type BackendStats, base, describe, performBelow, type Primitive, Tensor } from "@gradus/core";
import type { Host } from "@gradus/loops";
import { concatenateP } from "@gradus/ops";
import { allPrograms, evalProgram, type Program } from "@gradus/tracing";
import { WebGLBackend } from "./backend.js";
import { type Compilation, compile, hasDoubles, shadersOf } from "./compiler/compile.js";
import { Executable, type Machine } from "./compiler/executable.js";
import { explain } from "./compiler/explain.js";
import type { Limits } from "./compiler/loop-pass.js";
import type { Device } from "./device.js";
import { type GlslKernel, glslKernel } from "./own-kernels.js";
import { storagesIn } from "./scope.js";
import { View, whole } from "./view.js";

export class CompilingWebGL extends WebGLBackend {
  readonly #device: Device;
  readonly #limits: Limits;
  readonly #machine: Machine;
  readonly #own = new Set<AnyPrimitive>();
  /** Programs by which of their arguments are numbers on the host; null for those that are evaluated operation by operation. */
  #executables = new WeakMap<Program, Map<string, Executable | null>>();
  readonly #compiled = { programs: 0, nests: 0, hostSteps: 0 };

  /** @internal Made by `webgl`. */
  constructor(...options: ConstructorParameters<typeof WebGLBackend>) {
    super(...options);
    const [device] = options;
    const { gl } = device;
    this.#device = device;
    this.#limits = {
      targets: gl.getParameter(gl.MAX_DRAW_BUFFERS) as number,
      textures: gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS) as number,
      numbers: (gl.getParameter(gl.MAX_FRAGMENT_UNIFORM_VECTORS) as number) - reserved,
      functions: mostFunctions,
    };
    this.#machine = this.#newMachine();
  }

  override perform(p: AnyPrimitive, args: Tensor[], params: any): Tensor | Tensor[] {
    if (p.traits.elementwise === undefined) {
      const structure = p.rules["tracing/structure"]?.(params);
      if (structure?.kind === "call") return this.#call(structure.program, args);
    }
    return super.perform(p, args, params);
  }

  /**
   * Gives this backend a kernel in GLSL for a primitive, in place of any that it has. @throws ArgumentError for what is no primitive or no function
   * @example backend.defineLowering(rotateP, ([x], { by }) => ({ ints: [x.size, by], source: "float element(int i) { return read0((i + p[1]) % p[0]); }" }));
   */
  defineLowering<P>(primitive: Primitive<P, any>, kernel: GlslKernel<P>): void {
    if (typeof primitive?.name !== "string" || typeof primitive.traits !== "object") throw new ArgumentError(`defineLowering: expected a primitive that definePrimitive made, got ${describe(primitive)}.`);
    this.setKernel(primitive, glslKernel(primitive.name, kernel));
    this.#own.add(primitive);
    this.#executables = new WeakMap();
  }

  /** A function that runs a program, compiled. */
  compile(program: Program): (args: Tensor[]) => Tensor[] {
    return (args) => this.#call(program, args);
  }

  /** Compiles a program ahead of its first application, its shaders beside each other, while the page goes on. */
  async prepare(program: Program): Promise<void> {
    await this.#device.recovery.restored();
    const executable = this.#executable(program, program.inAvals.map((a) => a.ndim === 0));
    if (executable !== null) await this.#device.shaders.prepare(shadersOf(executable.compilation));
  }

  /** How a program is run: its loop nests and the draws that they are, what kernels run beside them and why, bytes of textures. */
  explainPlan(program: Program): string {
    const executable = this.#executable(program, program.inAvals.map((a) => a.ndim === 0));
    return executable === null ? `float64 is on no device: the program is evaluated operation by operation, on numbers.\n${program}` : explain(executable.compilation);
  }

  /** Those of operation by operation; programs compiled, loop nests in them, and applications of kernels in between. */
  override stats(): BackendStats {
    return { ...super.stats(), ...this.#compiled };
  }

  #call(program: Program, args: Tensor[]): Tensor[] {
    this.#device.assertAlive("running a program");
    const executable = this.#executable(program, args.map((x) => typeof x.payload === "number"));
    return executable === null ? at(base, () => evalProgram(program, args)) : executable.call(args);
  }

  #executable(program: Program, numbers: readonly boolean[]): Executable | null {
    let variants = this.#executables.get(program);
    if (variants === undefined) this.#executables.set(program, (variants = new Map()));
    const key = numbers.map(Number).join("");
    let found = variants.get(key);
    if (found === undefined) {
      variants.set(key, (found = hasDoubles(program) ? null : new Executable(this.#compile(program, numbers), this.#machine)));
      // What a program captures outlives the scope that it was traced in.
      const captured = [...allPrograms(program)].flatMap(({ constants }) => [...constants.values()]);
      this.#device.memory.keep(storagesIn([...captured, ...(found?.compilation.loops.constants ?? []).map(([x]) => x)]));
    }
    return found;
  }

  #compile(program: Program, numbers: readonly boolean[]): Compilation {
    const compilation = compile(program, numbers, { isKept: (p) => this.kernel(p) !== undefined, hasOwnKernel: (p) => this.#own.has(p), limits: this.#limits });
    this.#compiled.programs++;
    this.#compiled.nests += compilation.plans.size;
    this.#device.shaders.start(shadersOf(compilation));
    return compilation;
  }

  #newMachine(): Machine {
    const tensor = (aval: Aval, payload: View | number): Tensor => this.tensor(aval, payload);
    return {
      device: this.#device,
      tensor,
      flat: (storage) => tensor(avalOf([storage.size], storage.dtype), whole(storage, [storage.size])),
      perform: (step, args) => this.#host(step, args),
      join: (xs) => [this.perform(concatenateP, xs, { axis: 0 })].flat()[0] as Tensor,
      number: (x) => (typeof x.payload === "number" ? x.payload : (this.read(x)[0] as number)),
      isOwn: (x) => x.backend === this,
    };
  }

  #host({ primitive, params, outs }: Host, args: Tensor[]): Tensor[] {
    this.#compiled.hostSteps++;
    if (outs.some((o) => "opaque" in o) || args.some((a) => a.dtype === "float0")) return at(base, () => performBelow(primitive, args, params));
    return [this.perform(primitive, args, params)].flat();
  }
}

const reserved = 24; // of the numbers that a shader may be given
const mostFunctions = 32; // elementary ones in one shader
