// Programs that differ in nothing but the values of captured arrays can share what is compiled: with those arrays as operands, and
// under a key that says everything else.

import { Aval, type Tensor } from "@gradus/core";
import { type Atom, literalKey, paramsKey, Program, Var } from "@gradus/tracing";

/** The program with its captured arrays as operands behind the others. */
export function withoutConstants({ inputs, constants, equations, outputs }: Program): { readonly program: Program; readonly constants: readonly Tensor[] } {
  return { program: new Program({ inputs: [...inputs, ...constants.keys()], constants: new Map(), equations, outputs }), constants: [...constants.values()] };
}

/**
 * A text that two programs share only if they do the same to operands of the same shapes and dtypes; undefined where they hold what cannot be
 * told apart by its text, such as functions, or arrays. It refers to no value.
 */
export function programKey({ inputs, constants, equations, outputs }: Program): string | undefined {
  if (constants.size > 0) return undefined;
  const names = new Map<Var, string>();
  const define = (v: Var): string => {
    names.set(v, `v${names.size}`);
    return String(v.aval.id);
  };
  const atom = (a: Atom): string => (a instanceof Var ? (names.get(a) as string) : literalKey(a));
  const lines = [inputs.map(define).join()];
  for (const eq of equations) {
    const params = paramsKey(eq.params, (x) => (x instanceof Program ? programKey(x) : x instanceof Aval ? `~${x.id}` : undefined));
    if (params === undefined) return undefined;
    lines.push(`${eq.primitive.id}(${eq.inputs.map(atom).join()})${params}${eq.effect ?? ""}:${eq.outputs.map(define).join()}`);
  }
  return `{${lines.join("\n")}\n${outputs.map(atom).join()}}`;
}
