// What a new program costs: its traced form compiled and called for the first time.

import { add, array, type Backend, backend, dispose, jit, mul, type Program, sin, type Tensor } from "gradus";

const x = array(Float32Array.from({ length: 1000 }, (_, i) => i / 1000));

type CompilesPrograms = Backend & Required<Pick<Backend, "compile">>;

/** Forty operations, fused into one loop; with other constants another program. */
export const fortyOperations = (seed: number) => (v: Tensor): Tensor => {
  let y = v;
  for (let i = 0; i < 19; i++) y = add(mul(y, 0.9 + seed / 1e4), 0.01 * (i + 1) + seed / 1e5);
  return add(sin(y), v);
};

/** The same in float64. */
export const fortyOperationsOf = (seed: number, v: number): number => {
  let y = v;
  for (let i = 0; i < 19; i++) y = y * (0.9 + seed / 1e4) + 0.01 * (i + 1) + seed / 1e5;
  return Math.sin(y) + v;
};

export interface NewProgram {
  /** Nanoseconds to trace it, to compile and call it, and what the engine takes of the latter to compile and load the module. */
  readonly trace: number;
  readonly compile: number;
  readonly engine: number;
  readonly values: ArrayLike<number>;
}

/** Nanoseconds in constructors of WebAssembly, and those constructors, timed. */
let engine = 0;
const { Module, Instance } = WebAssembly;
const timed = <A extends unknown[], T>(make: (...args: A) => T) =>
  function (...args: A): T {
    const start = performance.now();
    const made = make(...args);
    engine += 1e6 * (performance.now() - start);
    return made;
  };
const timedApi = { Module: timed((bytes: BufferSource) => new Module(bytes)), Instance: timed((module: WebAssembly.Module, imports?: WebAssembly.Imports) => new Instance(module, imports)) };

/** Traces, compiles and calls a program that has not been before. */
export function newProgram(seed: number): NewProgram {
  const start = performance.now();
  const program: Program = jit(fortyOperations(seed)).program(x);
  Object.assign(WebAssembly, timedApi);
  engine = 0;
  const traced = performance.now();
  const [result] = (backend as Backend as CompilesPrograms).compile(program)([x]) as [Tensor];
  const end = performance.now();
  Object.assign(WebAssembly, { Module, Instance });
  const values = result.dataSync() as Float32Array;
  dispose(result);
  return { trace: 1e6 * (traced - start), compile: 1e6 * (end - traced), engine, values };
}
