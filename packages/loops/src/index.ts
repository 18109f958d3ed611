// From programs to loops: the front half of a compiler, which backends share. `simplify` rewrites a program, `fuse` turns it into
// loop nests over a small scalar IR; what the loops become (WebAssembly, shaders) is each backend's own.

export { type Buffer, bytesOf, type Layout, layoutOf, lengthWord, roomFor, storedType, type Type } from "./buffer.js";
export { fuse } from "./fuse.js";
export type { Fused, FuseOptions, HasOwnKernel, Remark } from "./fuse-options.js";
export type { IsKept } from "./inline.js";
export {
  argsOf,
  type Branch,
  type Call,
  type Constant,
  type Conversion,
  type Fold,
  forEachNode,
  type Host,
  type Index,
  type Kernel,
  type Load,
  type LoopProgram,
  type Move,
  type Nest,
  type Node,
  type Opaque,
  type Operand,
  type Place,
  type Repeat,
  type Result,
  type Row,
  type Step,
  type Store,
  type While,
} from "./ir.js";
export type { KernelContext, KernelMaker, MadeKernel } from "./maker.js";
export { controlsIn, countSteps, inBytes, planText, plural } from "./plan-text.js";
export { printLoops } from "./print.js";
export { type Entry, forEachNest, innerSteps, scheduleOf } from "./schedule.js";
export { programKey, withoutConstants } from "./sharing.js";
export { simplify } from "./simplify.js";
export { validateLoops } from "./validate.js";
export { costOf } from "./views.js";
