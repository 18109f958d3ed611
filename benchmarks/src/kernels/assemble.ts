// A WebAssembly module of one function over one imported memory, from the bytes of its instructions: what the loops that peaks are
// measured with are written in. By hand, so that nothing of what is measured has a part in it.

/** Instructions, as bytes; those in lists follow one another. */
export type Instructions = readonly (number | Instructions)[];

/** An unsigned number as LEB128. */
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
/** A signed number as LEB128. */
const signed = (value: number): number[] => (value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]);
const vector = (opcode: number, ...immediates: number[]): number[] => [0xfd, ...leb(opcode), ...immediates];

/** The instructions that the loops consist of. */
export const op = {
  get: (local: number): number[] => [0x20, ...leb(local)],
  set: (local: number): number[] => [0x21, ...leb(local)],
  constant: (value: number): number[] => [0x41, ...signed(value)],
  add: [0x6a],
  less: [0x49],
  /** A loop whose body ends with the condition of another round. */
  loop: (...body: Instructions): Instructions => [0x03, 0x40, ...body, 0x0d, 0, 0x0b],
  load: (offset: number): number[] => vector(0x00, 4, ...leb(offset)),
  store: (offset: number): number[] => vector(0x0b, 4, ...leb(offset)),
  or: vector(0x50),
  anyTrue: vector(0x53),
  splatOne: [0x43, 0, 0, 0x80, 0x3f, ...vector(0x13)],
  splatHalf: [0x43, 0, 0, 0, 0x3f, ...vector(0x13)],
  product: vector(0xe6),
  sum: vector(0xe4),
  /** a·b + c in one instruction, of relaxed SIMD. */
  fused: vector(0x105),
  /** Of 32-bit lanes 0 to 3 of one vector and 4 to 7 of another. */
  shuffle: (...lanes: number[]): number[] => vector(0x0d, ...lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3])),
} as const;

const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];
const text = (s: string): number[] => [s.length, ...Array.from(s, (c) => c.charCodeAt(0))];
const flat = (xs: Instructions): number[] => xs.flatMap((x) => (typeof x === "number" ? [x] : flat(x)));

/** `run(i32 × parameters) → i32` with further locals, vectors before integers; memory is `env.memory`. */
export function assemble(parameters: number, locals: { readonly v128: number; readonly i32: number }, body: Instructions): Uint8Array<ArrayBuffer> {
  const code = [2, ...leb(locals.v128), 0x7b, ...leb(locals.i32), 0x7f, ...flat(body), 0x0b];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, parameters, ...Array.from({ length: parameters }, () => 0x7f), 1, 0x7f]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 0, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}
