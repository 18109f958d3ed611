// What users need of @gradus/core: data in and out, primitives and handlers of their own, trees, symbolic zeros, errors.
// What only transformations and backends need stays in the package itself.

export type { ArrayOptions, DType, NestedArray, Shape, TensorLike, TypedArray } from "@gradus/core";
export { array, Aval, avalOf, isTensor, Tensor, Tracer } from "@gradus/core";

export type { Backend, Handler, Overlay } from "@gradus/core";
export { currentHandlers, dispose, toBackend, toBackendAsync, useBackend, withBackend, withHandler } from "@gradus/core";

export type { AnyPrimitive, Elementwise, PrimitiveSpec, Rules, Traits } from "@gradus/core";
export { applyBinary, applyN, applyUnary, bind, definePrimitive, performBelow, Primitive } from "@gradus/core";
/** The scalar language that bodies of elementwise primitives are written in. */
export * as scalar from "@gradus/core/scalar";

export type { TransformSpec } from "@gradus/core";
export { defineTransform, findRule, inferAvals, lift, missingRule, payloadOf, toTensor } from "@gradus/core";

export { instantiate, isLinear, isZero, LinearVar, Zero, zeroTangent } from "@gradus/core";

export type { MapTree, Tree, TreeNode } from "@gradus/core";
export { registerTreeNode, tree, TreeDef } from "@gradus/core";

export type { GradusError } from "@gradus/core";
export {
  ArgumentError,
  BackendMismatchError,
  ConcretizationError,
  ConformanceError,
  ContextLostError,
  DeviceLimitError,
  DTypeError,
  DuplicateCoreError,
  EscapedTracerError,
  MissingRuleError,
  NoBackendError,
  NonlinearError,
  ShapeError,
  TracerCoercionError,
  TreeMismatchError,
} from "@gradus/core";
