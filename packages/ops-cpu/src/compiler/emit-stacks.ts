// Stacks in the code of a module. A stack is four words: where its elements are, how many there are, how many there is room for. It
// owns its elements, and keeps their room when it becomes shorter; only the row of a stack of stacks shares those of another.

import { bytesOf, type Layout, lengthWord } from "@gradus/loops";
import { call, type Callee, type FunctionBuilder, i32, type I32, memory } from "../wasm/encoder.js";
import { bytesPer } from "../wasm/lane-code.js";
import { copyElement } from "../wasm/sorting.js";
import type { Emission } from "./emission.js";

/** The words of a stack, in bytes. */
export const words: { readonly elements: number; readonly length: number; readonly room: number } = { elements: 0, length: 4 * lengthWord, room: 8 };

/** Bytes that a value takes as an element of a stack. */
export const sizeOf = ({ type, size }: Layout): number => size * bytesOf[type];

export const stackLength = (stack: I32): I32 => i32.load(stack, words.length);

const elementAt = (stack: I32, index: I32, element: Layout): I32 => i32.add(i32.load(stack, words.elements), i32.mul(index, i32.const(sizeOf(element))));

/** Gives a stack a length. Elements that it had stay; those that come are to be written. */
export function resize(e: Emission, f: FunctionBuilder, stack: I32, length: I32, element: Layout): void {
  const grow: Callee<readonly ["i32", "i32", "i32"], "void"> = e.module.importFunction("env", "grow", ["i32", "i32", "i32"], "void");
  f.if(i32.gtU(length, i32.load(stack, words.room)), () => f.do(call(grow, stack, length, i32.const(sizeOf(element)))));
  f.do(i32.store(stack, length, words.length));
}

/** The element at an index into a row, zeros where there is none. A row that is a stack shares the elements. */
export function readElement(e: Emission, f: FunctionBuilder, row: I32, stack: I32, index: I32, element: Layout): void {
  const size = sizeOf(element);
  if (size === 0) return;
  f.if(
    i32.ltU(index, stackLength(stack)),
    () => (element.element === undefined ? copy(e, f, row, elementAt(stack, index, element), element) : f.do(memory.copy(row, elementAt(stack, index, element), i32.const(size)))),
    () => f.do(memory.fill(row, i32.const(0), i32.const(size))),
  );
}

export function writeElement(e: Emission, f: FunctionBuilder, stack: I32, index: I32, row: I32, element: Layout): void {
  copy(e, f, elementAt(stack, index, element), row, element);
}

/** Copies a value: a single element by itself, a stack with all that is on it. */
export function copy(e: Emission, f: FunctionBuilder, to: I32, from: I32, layout: Layout): void {
  const { type, size, element } = layout;
  if (size === 0) return;
  if (element !== undefined) f.do(call(copyStack(e, element), to, from));
  else if (size > 1) f.do(memory.copy(to, from, i32.const(sizeOf(layout))));
  else copyElement(f, bytesPer(type), to, from);
}

const key = (layout: Layout): string => (layout.element === undefined ? String(sizeOf(layout)) : `stack of ${key(layout.element)}`);

// The function that makes one stack what another is.
const copyStack = (e: Emission, element: Layout): Callee<readonly ["i32", "i32"], "void"> =>
  e.shared(`copy stack of ${key(element)}`, () =>
    e.module.function(["i32", "i32"], "void", (f, to, from) => {
      const length = f.local("i32", stackLength(from));
      resize(e, f, to, length, element);
      if (element.element === undefined) f.do(memory.copy(i32.load(to, words.elements), i32.load(from, words.elements), i32.mul(length, i32.const(sizeOf(element)))));
      else {
        const i = f.local("i32");
        f.for(i, i32.const(0), length, 1, () => copy(e, f, elementAt(to, i, element), elementAt(from, i, element), element));
      }
    }),
  );
