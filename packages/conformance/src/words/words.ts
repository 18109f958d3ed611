// Law 6: every word over {jvp, vjp, linearize, vmap, jit}, applied to every named program, agrees with the derivative it denotes.

import type { Tensor } from "@gradus/core";
import { tree } from "@gradus/core";
import type { Case } from "../case.js";
import { expectHost, fail } from "../compare.js";
import { toHost } from "../host-array.js";
import { infinitesimals } from "./jet.js";
import { type JetArray, leavesOf, toHostArray, toTensors } from "./jet-array.js";
import { apply, type Letter, letters, type Program } from "./letters.js";
import { programs } from "./programs.js";

export { letters };

export interface WordOptions {
  /** The longest words: 3 unless given. */
  readonly length?: number;
  /** Which of the named programs, or programs of one's own; all that are named unless given. */
  readonly programs?: readonly string[] | { readonly [name: string]: Program };
}

/** The words of a length, in order. */
export const wordsOf = (length: number): Letter[][] => (length === 0 ? [[]] : wordsOf(length - 1).flatMap((word) => letters.map((l) => [l, ...word])));

/** A case for each word and program. */
export function nestingWords({ length = infinitesimals, programs: chosen = programs }: WordOptions = {}): Case[] {
  const words = Array.from({ length }, (_, i) => wordsOf(i + 1)).flat();
  const list = Array.isArray(chosen) ? (chosen as string[]).map((name) => [name, programs[name] as Program] as const) : Object.entries(chosen as { [name: string]: Program });
  return list.flatMap(([name, program]) => words.map((word) => ({ name: `${word.join(" ∘ ")} of ${name}`, run: () => checkWord(word, program, name) })));
}

function checkWord(word: readonly Letter[], program: Program, seed: string): void {
  // The last letter is applied first; each place in the word has an infinitesimal of its own.
  const denoted = word.reduceRight((p, letter, k) => apply(letter, p, k, `${seed} ${word.slice(k).join()}`), program);
  const args = denoted.args(0);
  const wanted = denoted.reference(...args);
  const got = denoted.f(...args.map(toTensors));
  const [structure, expected] = [tree.structure(got).toString(), tree.structure(wanted).toString()];
  if (structure !== expected) fail(`The result has the structure ${structure}, expected ${expected}.`);
  const results = tree.leaves(got) as Tensor[];
  leavesOf(wanted).forEach((w: JetArray, i: number) => expectHost(toHost(results[i] as Tensor), toHostArray(w), { rtol: 1e-9, atol: 1e-9 }, `leaf ${i}`));
}
