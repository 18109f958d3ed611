// What kernels write their loops with.

import { Constants, type FunctionBuilder } from "../../wasm/encoder.js";
import { ScalarCode } from "../../wasm/scalar-code.js";
import type { CodesOf } from "../../wasm/cumulative.js";
import { VectorCode } from "../../wasm/vector-code.js";
import type { Emission } from "../emission.js";

/** Lanes of one element, and of four where the engine has them. */
export const codesIn = ({ module, features, host }: Emission): CodesOf => (f: FunctionBuilder) => {
  const context = { f, constants: new Constants(module, f), features, host };
  return { one: new ScalarCode(context), ...(features.simd ? { four: new VectorCode(context) } : {}) };
};
