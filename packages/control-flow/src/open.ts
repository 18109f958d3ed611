// Control flow under a handler that has no rule for it. Where the value that decides is known the handler sees what is executed;
// otherwise it sees each program once, which is right for a handler that has no values of its own.

import { at, ConcretizationError, type Frame, type Handler, MissingRuleError, type Primitive, type Tensor, type TracerOwner, withHandler } from "@gradus/core";
import { evalProgram, type Program, traceFlat } from "@gradus/tracing";

/** The same program, seen by a handler. */
export type Seen = (program: Program) => Program;

/**
 * Applies a primitive under the handler of `frame`.
 * @param control the value that decides, computed under the handler; undefined where nothing is left to be decided
 * @throws MissingRuleError if it is not known, and operands belong to the handler
 */
export function opened(
  primitive: Primitive<any, any>,
  args: readonly Tensor[],
  frame: TracerOwner,
  control: () => Tensor | undefined,
  inPlace: (control: Tensor | undefined) => Tensor[],
  whole: (seen: Seen) => Tensor[],
): Tensor[] {
  const { handler } = frame as Frame;
  const value = at(frame as Frame, control);
  if (value === undefined || isKnown(value)) return at(frame as Frame, () => inPlace(value));
  if (args.some((a) => a.frame === frame)) throw unknownControl(primitive, handler);
  return whole((program) => traceFlat((xs) => withHandler(handler, () => evalProgram(program, xs)), program.inAvals).program);
}

function isKnown(x: Tensor): boolean {
  try {
    x.item();
    return true;
  } catch (error) {
    if (error instanceof ConcretizationError) return false;
    throw error;
  }
}

const unknownControl = ({ name }: { readonly name: string }, handler: Handler): MissingRuleError =>
  new MissingRuleError(
    `The handler ${handler.name} has values of its own and no rule for ${name}, whose programs it would have to see without knowing which is executed, or how often. ` +
      `Give the handler an overlay entry for ${name}, or install it outside of the transformation (jit, vmap) under which the deciding value is not known.`,
  );
