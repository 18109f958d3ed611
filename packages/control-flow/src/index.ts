// @gradus/control-flow: conditionals and loops that differentiate, batch and trace.

export type { AssociativeScanOptions } from "./associative-scan.js";
export { associativeScan } from "./associative-scan.js";
export { cond, switchCase } from "./cond.js";
export type { CondParams } from "./cond-primitive.js";
export { condP } from "./cond-primitive.js";
export type { LoopOptions } from "./options.js";
export type { ScanOptions } from "./scan.js";
export { map, scan } from "./scan.js";
export type { ScanParams } from "./scan-primitive.js";
export { scanP } from "./scan-primitive.js";
export type { ForiLoopOptions } from "./while.js";
export { foriLoop, whileLoop } from "./while.js";
export type { WhileParams } from "./while-primitive.js";
export { whileP } from "./while-primitive.js";
