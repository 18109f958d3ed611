// First stage: calls opened, operations that change nothing left out, equal ones merged, unused ones dropped. Nothing here
// changes a derivative, or what happens to NaN.

import { eliminateCommonSubexpressions, eliminateDeadCode, type Program } from "@gradus/tracing";
import { withoutIdentities } from "./algebra.js";
import { inlined, type IsKept } from "./inline.js";
import { withoutTransposedProducts } from "./products.js";

export const simplify = (program: Program, isKept: IsKept): Program =>
  eliminateDeadCode(withoutTransposedProducts(eliminateCommonSubexpressions(withoutIdentities(inlined(program, isKept)))));
