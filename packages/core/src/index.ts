// @gradus/core: primitives, bind and the handler stack, avals, pytrees, tensors, symbolic zeros, structural primitives.

export type { OpaqueKind, Shape } from "./aval.js";
export { Aval, avalOf, broadcastShapes, normalizeAxes, normalizeAxis, opaqueAval, scalarOf, tangentAval, withDType } from "./aval.js";
export type { DType, TypedArray } from "./dtype.js";
export { allocate, dtypes, isFloat, isInteger, roundTo, shortName } from "./dtype.js";
export * from "./errors.js";
export type { Backend, BackendStats, Handler, Overlay, Resolve } from "./handler.js";
export type { Accepts, AnyPrimitive, BatchRun, Effect, Elementwise, HigherOrder, JvpRun, Layout, Partial, Places, PrimitiveSpec, Record, Rules, Stage, Staged, Traits } from "./primitive.js";
export { definePrimitive, Primitive } from "./primitive.js";
export { assertInPlace, bind, currentBackend, mismatch, opaqueTensor, perform1, perform2, performBelow } from "./bind.js";
export { acceptsAt, checkAccepts, inferAvals } from "./infer.js";
export type { Overrides } from "./stack.js";
export { assertSync, at, base, currentHandlers, Frame, lift, payloadOf, stack, useBackend, withBackend, withFrame, withHandler } from "./stack.js";
export type { NestedArray, Storage, TracerOwner } from "./tensor.js";
export { isTensor, Tensor, Tracer } from "./tensor.js";
export type { ArrayOptions, TensorLike } from "./host.js";
export { array, scalarTensor, toTensor } from "./host.js";
export { toBackend, toBackendAsync } from "./to-backend.js";
export { describe } from "./describe.js";
export { asList, assertFunction } from "./arguments.js";
export { hostAval, literalType, promote, type Promoted } from "./promote.js";
export { applyBinary, applyN, elementwiseAvals } from "./apply.js";
export { applyUnary } from "./apply-unary.js";
export * from "./cast.js";
export * from "./structural.js";
export * from "./arithmetic.js";
export { isZero, Zero, zeroTangent } from "./zero.js";
export { isLinear, LinearVar } from "./linear-var.js";
export type { LinearEquation, LinearProgram } from "./linear.js";
export { evalLinear, isZeroValue, LinearRecorder, materialize, recordLinear, residualsOf, transposeFlat, transposeLinear, withResiduals } from "./linear.js";
export { findRule, missingDerivative, missingRule, outputs } from "./rules.js";
export type { Argnums, Arguments, SelectedArgs, TransformSpec } from "./transform.js";
export { defineTransform, flattenArgs, flattenOutput, selectArgs, splitAux } from "./transform.js";
export type { MapTree, Tree, TreeNode } from "./tree.js";
export { flattenAs, flattenPrefix, registerTreeNode, TreeDef, treeNode } from "./tree.js";
// One by one for bundlers, which keep the whole of a name space.
export { all as treeAll, flatten as treeFlatten, leaves as treeLeaves, map as treeMap, structure as treeStructure, unflatten as treeUnflatten } from "./tree.js";
export * as tree from "./tree.js";
