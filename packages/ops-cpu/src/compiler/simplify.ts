// First stage: calls opened, equal equations merged, unused ones dropped. Nothing here changes a derivative, or what happens
// to NaN.

import { eliminateCommonSubexpressions, eliminateDeadCode, type Program } from "@gradus/tracing";
import { inlined, type IsKept } from "./inline.js";

export const simplify = (program: Program, isKept: IsKept): Program => eliminateDeadCode(eliminateCommonSubexpressions(inlined(program, isKept)));
