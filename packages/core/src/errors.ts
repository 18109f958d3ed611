// Every error that Gradus throws on purpose is one of these classes. Each has a stable `code`, and a section of
// `docs/errors.md` whose anchor is that code.

/** What all Gradus errors share: a stable `code`, and a message that says what, where and what to do. */
export interface GradusError extends Error {
  readonly code: string;
}

class CodedError extends Error implements GradusError {
  readonly code: string;

  constructor(message: string, code: string, name: string) {
    super(`${message}\n  [${code}, see docs/errors.md#${code}]`);
    this.code = code;
    this.name = name;
  }
}

class CodedTypeError extends TypeError implements GradusError {
  readonly code: string;

  constructor(message: string, code: string, name: string) {
    super(`${message}\n  [${code}, see docs/errors.md#${code}]`);
    this.code = code;
    this.name = name;
  }
}

/** The message of an error without the reference at its end, to be quoted in another. */
export const causeOf = (error: Error): string => error.message.split("\n  [")[0] as string;

/** No rule of an operation fits the transformation that met it. */
export class MissingRuleError extends CodedTypeError {
  constructor(message: string) {
    super(message, "missing-rule", "MissingRuleError");
  }
}

/** Shapes, axes or sizes do not fit. */
export class ShapeError extends CodedError {
  constructor(message: string) {
    super(message, "shape", "ShapeError");
  }
}

/** An element type is not accepted here, or two do not mix. */
export class DTypeError extends CodedTypeError {
  constructor(message: string) {
    super(message, "dtype", "DTypeError");
  }
}

/** Two pytrees that should have one structure differ. */
export class TreeMismatchError extends CodedError {
  constructor(message: string) {
    super(message, "tree-mismatch", "TreeMismatchError");
  }
}

/** A tracer was used outside the extent of the transformation that made it. */
export class EscapedTracerError extends CodedTypeError {
  constructor(message: string) {
    super(message, "escaped-tracer", "EscapedTracerError");
  }
}

/** JavaScript tried to turn a tensor into a primitive value, which would lose its derivative. */
export class TracerCoercionError extends CodedTypeError {
  constructor(message: string) {
    super(message, "tracer-coercion", "TracerCoercionError");
  }
}

/** The concrete value of a traced tensor was asked for where it is not known, or a gradient would be lost. */
export class ConcretizationError extends CodedTypeError {
  constructor(message: string) {
    super(message, "concretization", "ConcretizationError");
  }
}

/** A function that has to be linear is not: it is affine, constant or worse. */
export class NonlinearError extends CodedTypeError {
  constructor(message: string) {
    super(message, "nonlinear", "NonlinearError");
  }
}

/** An operation was to be evaluated and no backend is in place. */
export class NoBackendError extends CodedError {
  constructor(message: string) {
    super(message, "no-backend", "NoBackendError");
  }
}

/** Tensors of two backends met in one operation. */
export class BackendMismatchError extends CodedError {
  constructor(message: string) {
    super(message, "backend-mismatch", "BackendMismatchError");
  }
}

/** Values of two loaded copies of `@gradus/core` met. */
export class DuplicateCoreError extends CodedError {
  constructor(message: string) {
    super(message, "duplicate-core", "DuplicateCoreError");
  }
}

/** An argument is missing, of the wrong kind, or a transformed function returned what it must not. */
export class ArgumentError extends CodedTypeError {
  constructor(message: string) {
    super(message, "argument", "ArgumentError");
  }
}

/** A device cannot hold or do what was asked of it. */
export class DeviceLimitError extends CodedError {
  constructor(message: string) {
    super(message, "device-limit", "DeviceLimitError");
  }
}

/** The device lost its context, and the values on it with it. */
export class ContextLostError extends CodedError {
  constructor(message: string) {
    super(message, "context-lost", "ContextLostError");
  }
}

/** A law that the test kit checks does not hold. */
export class ConformanceError extends CodedError {
  constructor(message: string) {
    super(message, "conformance", "ConformanceError");
  }
}
