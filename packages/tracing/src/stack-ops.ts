// Opaque stacks: what a loop of unknown length saves for its reverse pass. A stack is a value like any other (pushing gives
// a new one), printed stack<f32[3]>; its elements are shared, so that pushing n of them costs n.

import { type Aval, bind, definePrimitive, DTypeError, type Primitive, stackAval, Tensor } from "@gradus/core";

interface Cell {
  readonly value: Tensor;
  readonly rest: Cell | null;
}

const stackTensor = (aval: Aval, cell: Cell | null): Tensor => new Tensor(aval, cell, null, null);

function elementOf(aval: Aval | undefined, what: string): Aval {
  if (aval?.element === undefined) throw new DTypeError(`${what}: ${String(aval)} is no stack.`);
  return aval.element;
}

/** A stack without elements, for elements of one aval. */
export const stackEmptyP: Primitive<{ element: Aval }> = /* @__PURE__ */ definePrimitive<{ element: Aval }>("stack_empty", {
  abstractEval: (_avals, { element }) => stackAval(element),
  decompose: (_args, { element }) => stackTensor(stackAval(element), null),
});

// Evaluation goes through decompose alone, which checks what abstractEval does.
function pushed(s: Aval | undefined, x: Aval | undefined): Aval {
  if (elementOf(s, "stack_push") !== x) throw new DTypeError(`stack_push: ${x} does not go on ${s}.`);
  return s as Aval;
}

/** A stack with one element more. */
export const stackPushP: Primitive = /* @__PURE__ */ definePrimitive("stack_push", {
  abstractEval: ([s, x]) => pushed(s, x),
  decompose: ([s, x]) => stackTensor(pushed(s?.aval, x?.aval), { value: x as Tensor, rest: (s as Tensor).payload as Cell | null }),
});

/** The stack without its top element, and that element. @throws DTypeError for an empty stack */
export const stackPopP: Primitive<void, "many"> = /* @__PURE__ */ definePrimitive<void, "many">("stack_pop", {
  multipleResults: true,
  abstractEval: ([s]) => [s as Aval, elementOf(s, "stack_pop")],
  decompose([s]) {
    elementOf(s?.aval, "stack_pop");
    const cell = (s as Tensor).payload as Cell | null;
    if (cell === null) throw new DTypeError("stack_pop: the stack is empty.");
    return [stackTensor((s as Tensor).aval, cell.rest), cell.value];
  },
});

export const stackEmpty = (element: Aval): Tensor => bind(stackEmptyP, [], { element });
export const stackPush = (s: Tensor, x: Tensor): Tensor => bind(stackPushP, [s, x]);
export const stackPop = (s: Tensor): [rest: Tensor, top: Tensor] => bind(stackPopP, [s]) as [Tensor, Tensor];
