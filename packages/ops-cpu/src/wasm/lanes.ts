// The code for one lane or four: see lane-code.ts.

import type { LaneCode, LaneContext } from "./lane-code.js";
import { ScalarCode } from "./scalar-code.js";
import { VectorCode } from "./vector-code.js";

/** Four lanes need an engine with vectors. */
export const laneCode = (context: LaneContext, lanes: 1 | 4): LaneCode => (lanes === 1 ? new ScalarCode(context) : new VectorCode(context));
