// The primitives that have code of their own.

import type { AnyPrimitive } from "@gradus/core";
import type { KernelMaker as LoopKernelMaker } from "@gradus/loops";
import {
  argmaxP, argminP, bitcastP, convGeneralP, cumlogsumexpP, cummaxP, cumminP, cumprodP, cumsumP, dotGeneralP, dynamicSliceP, dynamicUpdateSliceP, gatherP, reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP, scatterAddP,
  scatterMaxP, scatterMinP, scatterMulP, scatterP, sortP, threefry2x32P, topKP, windowPlaceP,
} from "@gradus/ops";
import type { Features } from "../../wasm/features.js";
import { argmax, argmin, cumlogsumexp, cummax, cummin, cumprod, cumsum, sort, topK } from "./axes.js";
import { bitcast } from "./bits.js";
import { contraction } from "./contraction.js";
import { convolution } from "./convolution.js";
import { dynamicSlice, dynamicUpdateSlice, gather, scatter, scatterAdd, scatterMax, scatterMin, scatterMul } from "./indexing.js";
import type { Sharing } from "../parts.js";
import type { KernelMaker } from "./maker.js";
import { windowMax, windowMin, windowPlace, windowSum } from "./windows.js";

const makers: ReadonlyMap<AnyPrimitive, KernelMaker> = /* @__PURE__ */ new Map<AnyPrimitive, KernelMaker>([
  [dotGeneralP, contraction],
  [convGeneralP, convolution],
  [cumsumP, cumsum],
  [cumprodP, cumprod],
  [cummaxP, cummax],
  [cumminP, cummin],
  [cumlogsumexpP, cumlogsumexp],
  [sortP, sort],
  [topKP, topK],
  [argmaxP, argmax],
  [argminP, argmin],
  [gatherP, gather],
  [scatterP, scatter],
  [scatterAddP, scatterAdd],
  [scatterMulP, scatterMul],
  [scatterMaxP, scatterMax],
  [scatterMinP, scatterMin],
  [dynamicSliceP, dynamicSlice],
  [dynamicUpdateSliceP, dynamicUpdateSlice],
  [reduceWindowSumP, windowSum],
  [reduceWindowMaxP, windowMax],
  [reduceWindowMinP, windowMin],
  [windowPlaceP, windowPlace],
  [bitcastP, bitcast],
]);

/** The kernels for an engine with such features, and for several threads. */
export const kernelsFor = (features: Features, sharing?: Sharing): ReadonlyMap<AnyPrimitive, LoopKernelMaker> =>
  new Map([...makers].map(([p, make]) => [p, (params, args, outs, context) => make(params, args, outs, { ...context, features, sharing })]));

/** What is better written with other operations than left to its eager kernel. */
export const opened: ReadonlySet<AnyPrimitive> = /* @__PURE__ */ new Set<AnyPrimitive>([threefry2x32P]);
