// The primitives that have code of their own.

import type { AnyPrimitive } from "@gradus/core";
import { dotGeneralP } from "@gradus/ops";
import { contraction } from "./contraction.js";
import type { KernelMaker } from "./maker.js";

export const kernels: ReadonlyMap<AnyPrimitive, KernelMaker> = /* @__PURE__ */ new Map<AnyPrimitive, KernelMaker>([[dotGeneralP, contraction]]);
