// Loops over vectors along the innermost loop of a nest. Functions that have a short way for usual arguments are computed by it for
// several vectors side by side, with one test for all before anything is stored. Where that fails, and where vectors are left over,
// some go the whole way, one by one.

import { type FunctionBuilder, i32, type I32, type Local, select } from "../wasm/encoder.js";
import type { Strips } from "./pointers.js";

/** What runs along the innermost loop. */
export interface Along {
  readonly f: FunctionBuilder;
  /** Of elements. */
  readonly counter: Local<"i32">;
  /** Moves the pointers by so many elements. */
  readonly move: (elements: number | I32) => void;
}

/** Runs `body` over vectors, several at a time and then one by one, and `after` where they end. */
export function strips({ f, counter, move }: Along, vectors: number, turns: number, body: (turns: number) => void, after: () => void, some?: Strips): void {
  const whole = Math.floor(vectors / turns);
  const run = (count: number, end: I32): void => {
    f.loop((again) => {
      body(count);
      move(4 * count);
      f.increment(counter, 4 * count);
      f.brIf(again, i32.ltU(counter, end));
    });
  };
  f.set(counter, some?.first ?? i32.const(0));
  if (some !== undefined) move(counter);
  if (whole > 0) run(turns, some?.end ?? i32.const(4 * turns * whole));
  const rest = (): void => {
    if (vectors > whole * turns) run(1, i32.const(4 * vectors));
    after();
  };
  if (some === undefined) rest();
  else f.if(some.isLast, rest);
}

/** Elements that fill no vector, one by one, from where the pointers are. */
export function remaining({ f, counter, move }: Along, count: number, body: () => void): void {
  if (count === 0) return;
  const end = f.local("i32", i32.add(counter, i32.const(count)));
  f.loop((again) => {
    body();
    move(1);
    f.increment(counter, 1);
    f.brIf(again, i32.ltU(counter, end));
  });
}

interface Ways {
  /** Computes so many vectors by the short way. What is not 0 where that was wrong, if it can be, and what stores them. */
  short(turns: number): { readonly unusual: I32 | undefined; readonly finish: () => void };
  /** Computes and stores one vector, whatever the arguments are. */
  whole(): void;
}

/** Vectors that go the whole way once one has to: others beside it are often unusual too. */
const run = 16;

/** Least number of vectors for which both ways are worth their code. */
export const leastForWays: number = 2 * run;

/** Runs over so many vectors. */
export function shortFirst({ f, counter, move }: Along, vectors: number, turns: number, { short, whole }: Ways): void {
  const end = i32.const(4 * vectors);
  const last = i32.const(4 * (vectors - turns));
  const step = (count: number): void => {
    move(4 * count);
    f.increment(counter, 4 * count);
  };
  f.set(counter, i32.const(0));
  f.block((done) => {
    f.loop((again) => {
      f.block((long) => {
        f.brIf(long, i32.gtU(counter, last));
        f.loop((next) => {
          const { unusual, finish } = short(turns);
          if (unusual !== undefined) f.brIf(long, unusual);
          finish();
          step(turns);
          f.brIf(next, i32.leU(counter, last));
        });
        f.brIf(done, i32.eq(counter, end));
      });
      const stop = f.local("i32", i32.add(counter, i32.const(4 * run)));
      f.set(stop, select(i32.ltU(stop, end), stop, end));
      f.loop((next) => {
        whole();
        step(1);
        f.brIf(next, i32.ltU(counter, stop));
      });
      f.brIf(again, i32.ltU(counter, end));
    });
  });
}
