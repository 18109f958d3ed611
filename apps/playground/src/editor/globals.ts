// The globals of a program in the playground, as the editor's TypeScript knows them. The DOM's types would bury completion
// under a thousand names that are of no use here.

export const globals = `
interface Console {
  /** Prints values in the output: tensors with shape and dtype, errors with their place. */
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  table(value: unknown): void;
  assert(condition?: boolean, ...values: unknown[]): void;
}
declare var console: Console;
declare var performance: { now(): number };
declare function setTimeout(f: () => void, milliseconds?: number): number;
declare function setInterval(f: () => void, milliseconds?: number): number;
declare function clearTimeout(id: number | undefined): void;
declare function clearInterval(id: number | undefined): void;
declare function queueMicrotask(f: () => void): void;
`;
