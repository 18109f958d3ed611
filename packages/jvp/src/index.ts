// @gradus/jvp: forward mode.

export type { Tensors } from "./jvp.js";
export { jvp, matchCotangent, matchTangent, stripAux } from "./jvp.js";
export type { JacobianOptions } from "./jacfwd.js";
export { jacfwd, standardBasis } from "./jacfwd.js";
export type { Dual, TangentSpace } from "./handler.js";
export { jvpFlat, JvpHandler, primalOf } from "./handler.js";
