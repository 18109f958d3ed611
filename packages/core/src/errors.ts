// Every error that Gradus throws on purpose is one of these classes. Each has a stable `code`, and a section of
// `docs/errors.md` whose anchor is that code.

/** What all Gradus errors share: a stable `code`, and a message that says what, where and what to do. */
export interface GradusError extends Error {
  readonly code: string;
}

/** A class of errors that Gradus throws. */
export type ErrorClass = new (message: string) => GradusError;

// They differ in their names alone; the code is the name in kebab case, `NoBackendError` has `no-backend`.
function errorClass(name: string, base: ErrorConstructor = Error): ErrorClass {
  const code = name.slice(0, -"Error".length).replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();
  return class extends base implements GradusError {
    declare readonly code: string;

    constructor(message: string) {
      super(`${message}\n  [${code}, see docs/errors.md#${code}]`);
      this.name = name;
      this.code = code;
    }
  };
}

/** The message of an error without the reference at its end, to be quoted in another. */
export const causeOf = (error: Error): string => error.message.split("\n  [")[0] as string;

/** No rule of an operation fits the transformation that met it. */
export type MissingRuleError = GradusError;
export const MissingRuleError: ErrorClass = /* @__PURE__ */ errorClass("MissingRuleError", TypeError);

/** Shapes, axes or sizes do not fit. */
export type ShapeError = GradusError;
export const ShapeError: ErrorClass = /* @__PURE__ */ errorClass("ShapeError");

/** An element type is not accepted here, or two do not mix. */
export type DTypeError = GradusError;
export const DTypeError: ErrorClass = /* @__PURE__ */ errorClass("DTypeError", TypeError);

/** Two pytrees that should have one structure differ. */
export type TreeMismatchError = GradusError;
export const TreeMismatchError: ErrorClass = /* @__PURE__ */ errorClass("TreeMismatchError");

/** A tracer was used outside the extent of the transformation that made it. */
export type EscapedTracerError = GradusError;
export const EscapedTracerError: ErrorClass = /* @__PURE__ */ errorClass("EscapedTracerError", TypeError);

/** JavaScript tried to turn a tensor into a primitive value, which would lose its derivative. */
export type TracerCoercionError = GradusError;
export const TracerCoercionError: ErrorClass = /* @__PURE__ */ errorClass("TracerCoercionError", TypeError);

/** The concrete value of a traced tensor was asked for where it is not known, or a gradient would be lost. */
export type ConcretizationError = GradusError;
export const ConcretizationError: ErrorClass = /* @__PURE__ */ errorClass("ConcretizationError", TypeError);

/** A function that has to be linear is not: it is affine, constant or worse. */
export type NonlinearError = GradusError;
export const NonlinearError: ErrorClass = /* @__PURE__ */ errorClass("NonlinearError", TypeError);

/** An operation was to be evaluated and no backend is in place. */
export type NoBackendError = GradusError;
export const NoBackendError: ErrorClass = /* @__PURE__ */ errorClass("NoBackendError");

/** Tensors of two backends met in one operation. */
export type BackendMismatchError = GradusError;
export const BackendMismatchError: ErrorClass = /* @__PURE__ */ errorClass("BackendMismatchError");

/** Values of two loaded copies of `@gradus/core` met. */
export type DuplicateCoreError = GradusError;
export const DuplicateCoreError: ErrorClass = /* @__PURE__ */ errorClass("DuplicateCoreError");

/** An argument is missing, of the wrong kind, or a transformed function returned what it must not. */
export type ArgumentError = GradusError;
export const ArgumentError: ErrorClass = /* @__PURE__ */ errorClass("ArgumentError", TypeError);

/** A device cannot hold or do what was asked of it. */
export type DeviceLimitError = GradusError;
export const DeviceLimitError: ErrorClass = /* @__PURE__ */ errorClass("DeviceLimitError");

/** The device lost its context, and the values on it with it. */
export type ContextLostError = GradusError;
export const ContextLostError: ErrorClass = /* @__PURE__ */ errorClass("ContextLostError");

/** A law that the test kit checks does not hold. */
export type ConformanceError = GradusError;
export const ConformanceError: ErrorClass = /* @__PURE__ */ errorClass("ConformanceError");
