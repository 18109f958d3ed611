// Functions of nests and of their parts: all of one, some turns of a loop, a tile, and totals that are joined elsewhere.

import type { Buffer, Nest } from "@gradus/loops";
import type { Callee, FunctionBuilder, I32, Local } from "../wasm/encoder.js";
import { NestCode } from "./emit-nest.js";
import type { Emission } from "./emission.js";
import type { LoopMode } from "./loop-mode.js";
import { type Part, Pointers, type Strips, wholeNest } from "./pointers.js";

/** The function of a nest; its argument is the start of the arena. */
export const emitNest = (e: Emission, nest: Nest, mode: LoopMode): Callee<readonly ["i32"], "void"> =>
  e.module.function(["i32"], "void", (f, base) => new NestCode(e, f, nest, mode, new Pointers(e, f, base, wholeNest)).emit());

/** The function of a nest that starts one of its loops at any index: its second argument; buffers may be behind it. */
export const emitBlock = (e: Emission, nest: Nest, mode: LoopMode, passing: Part["passing"], level = 0, behind?: Part["behind"]): Callee<readonly ["i32", "i32"], "void"> =>
  e.module.function(["i32", "i32"], "void", (f, base, first) => new NestCode(e, f, nest, mode, new Pointers(e, f, base, { from: nest.dims.map((_, i) => (i === level ? first : undefined)), passing, behind })).emit());

/** The same for one of several threads, its third argument; what it passes on is where `own` says. */
export const emitOwnBlock = (e: Emission, nest: Nest, mode: LoopMode, passing: Part["passing"], own: (base: Local<"i32">, thread: Local<"i32">, b: Buffer) => I32): Callee<readonly ["i32", "i32", "i32"], "void"> =>
  e.module.function(["i32", "i32", "i32"], "void", (f, base, first, thread) => new NestCode(e, f, nest, mode, new Pointers(e, f, base, { from: [first], passing, own: (b) => own(base, thread, b) })).emit());

/** The function of a nest that starts each of its loops at any index: its further arguments. */
export const emitTile = (e: Emission, nest: Nest, mode: LoopMode): Callee<readonly "i32"[], "void"> =>
  e.module.function(["i32", ...nest.dims.map(() => "i32" as const)], "void", (f, base, ...from) =>
    new NestCode(e, f, nest, mode, new Pointers(e, f, base as Local<"i32">, { from, passing: new Set() })).emit());

/** Writes the totals of stretches of a nest of one loop that is reduced, in order, where one thread alone would join them to the whole. */
export const emitStretches = (e: Emission, f: FunctionBuilder, base: Local<"i32">, nest: Nest, mode: LoopMode, strips: Strips): void =>
  new NestCode(e, f, nest, mode, new Pointers(e, f, base, wholeNest)).emitStretches(strips);

/** The function that joins so many of them, from an address on, and then the elements that fill no vector. */
export const emitJoin = (e: Emission, nest: Nest, mode: LoopMode, stretches: number): Callee<readonly ["i32", "i32"], "void"> =>
  e.module.function(["i32", "i32"], "void", (f, base, from) => new NestCode(e, f, nest, mode, new Pointers(e, f, base, wholeNest)).emitJoin(from, stretches));
