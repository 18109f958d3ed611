// Opaque stacks, printed stack<f32[3]>: what a loop of unknown length is fed step by step, and collects. A stack has an element at
// each place from 0 to its length, and zeros at all others: an empty one is zero, as a tangent or cotangent.

import { type Aval, avalOf, bind, ConcretizationError, definePrimitive, DTypeError, isLinear, type LinearVar, moveAxis, opaqueTensor, type Primitive, Tensor, zerosOf } from "@gradus/core";
import { avalsOf, axisFirst, batchedAval } from "@gradus/tracing";

const elementOf = (aval: Aval | undefined, what: string): Aval => {
  if (aval?.element === undefined) throw new DTypeError(`${what}: ${String(aval)} is no stack.`);
  return aval.element;
};

const lengthAval: Aval = /* @__PURE__ */ avalOf([], "int32");
// Evaluation goes through decompose alone, which checks what abstractEval does.
function elements(s: Tensor | undefined, what: string): readonly Tensor[] {
  elementOf(s?.aval, what);
  return ((s as Tensor).payload as readonly Tensor[] | null) ?? [];
}

function stackOfAvals(xs: readonly Aval[], aval: Aval): Aval {
  const element = elementOf(aval, "stack_of");
  const wrong = xs.find((x) => x.shape !== element.shape || x.dtype !== element.dtype || x.element !== element.element);
  if (wrong !== undefined) throw new DTypeError(`stack_of: ${wrong} does not go on ${aval}.`);
  return aval;
}

export interface StackParams {
  /** The aval of the stack. */
  readonly aval: Aval;
}

/** The stack of its operands. Transposes to the elements. */
export const stackOfP: Primitive<StackParams> = /* @__PURE__ */ definePrimitive<StackParams>("stack_of", {
  abstractEval: (xs, { aval }) => stackOfAvals(xs, aval),
  decompose(xs, { aval }) {
    const tracer = xs.find((x) => x.frame !== null);
    if (tracer !== undefined) throw new ConcretizationError(`stack_of: a stack holds values, and ${tracer} is none. Apply the primitive to it instead of its decomposition.`);
    return new Tensor(stackOfAvals(avalsOf(xs), aval), xs.slice(), null, null);
  },
  linearIn: "all",
  rules: {
    transpose: (ct: Tensor, xs) => xs.map((x, i) => (isLinear(x) ? stackAt(ct, i) : null)),
    batch: (xs, axes, { aval }, axisSize) => [stackOf(xs.map((x, i) => axisFirst(x, axes[i] as number | null, axisSize)), batchedAval(aval, axisSize)), 0],
  },
});

export interface StackAtParams {
  readonly place: number;
}

/** The element at a place, zeros where there is none. Transposes to the stack with nothing else in it. */
export const stackAtP: Primitive<StackAtParams> = /* @__PURE__ */ definePrimitive<StackAtParams>("stack_at", {
  abstractEval: ([s]) => elementOf(s, "stack_at"),
  decompose: ([s], { place }) => elements(s, "stack_at")[place] ?? zerosOf(s?.aval.element as Aval),
  linearIn: [0],
  rules: {
    transpose(ct: Tensor, [s], { place }) {
      const { aval } = s as LinearVar;
      return [stackOf([...Array.from({ length: place }, () => zerosOf(aval.element as Aval)), ct], aval)];
    },
    batch: ([s], [axis], params) => [bind(stackAtP, [moveAxis(s as Tensor, axis as number, 0)], params), 0],
  },
});

/** How many elements there are, an int32 scalar. Every example of a batch has as many. */
export const stackLengthP: Primitive = /* @__PURE__ */ definePrimitive("stack_length", {
  abstractEval([s]) {
    elementOf(s, "stack_length");
    return lengthAval;
  },
  decompose: ([s]) => new Tensor(lengthAval, elements(s, "stack_length").length, null, null),
  zeroGradient: "a number of elements",
  rules: { batch: ([s]) => [stackLength(s as Tensor), null], "tracing/structure": () => ({ kind: "length" }) },
});

export const stackOf = (xs: readonly Tensor[], aval: Aval): Tensor => (xs.length === 0 ? opaqueTensor(aval) : bind(stackOfP, xs, { aval }));
export const stackAt = (s: Tensor, place: number): Tensor => bind(stackAtP, [s], { place });
export const stackLength = (s: Tensor): Tensor => bind(stackLengthP, [s]);
