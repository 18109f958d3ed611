// A program for many examples, which a program keeps: inputs that are flagged have their axis first, and so have the results.

import type { BatchRun } from "@gradus/core";
import { batchedAval, type BatchedProgram, batchedProgram, bits, type Program } from "@gradus/tracing";

/** `program` for `axisSize` examples. Results flagged in `first` have an axis even where they are the same for all. */
export function batched(program: Program, isBatched: readonly boolean[], axisSize: number, run: BatchRun, first: readonly boolean[] = []): BatchedProgram {
  return program.memo(`batch:${bits(isBatched)}:${axisSize}:${bits(first)}`, () => {
    const avals = program.inAvals.map((aval, i) => (isBatched[i] ? batchedAval(aval, axisSize) : aval));
    return batchedProgram(program, avals, isBatched.map((b) => (b ? 0 : null)), axisSize, run, first);
  });
}
