// Programs with other tensors in the place of those that they capture.

import type { Tensor } from "@gradus/core";
import { Program } from "@gradus/tracing";

/**
 * A function of params: programs in them, and within those, capture `moved` of what they captured. It gives the same program for the
 * same one, and what captures nothing as it is.
 */
export function recaptured(moved: (x: Tensor) => Tensor): (params: unknown) => unknown {
  const known = new WeakMap<Program, Program>();
  const programOf = (p: Program): Program => {
    let found = known.get(p);
    if (found === undefined) {
      const constants = new Map([...p.constants].map(([v, x]) => [v, moved(x)] as const));
      const equations = p.equations.map((eq) => ({ ...eq, params: paramsOf(eq.params) }));
      const isSame = [...constants].every(([v, x]) => p.constants.get(v) === x) && equations.every((eq, i) => eq.params === p.equations[i]?.params);
      const { inputs, outputs, inTree, outTree } = p;
      known.set(p, (found = isSame ? p : new Program({ inputs, constants, equations, outputs, inTree, outTree })));
    }
    return found;
  };
  const valueOf = (x: unknown): unknown => {
    if (x instanceof Program) return programOf(x);
    if (!Array.isArray(x)) return x;
    const values = x.map(valueOf);
    return values.every((v, i) => v === x[i]) ? x : values;
  };
  const paramsOf = (params: unknown): unknown => {
    if (typeof params !== "object" || params === null) return params;
    const changed = Object.entries(params).flatMap(([key, x]) => {
      const value = valueOf(x);
      return value === x ? [] : [[key, value] as const];
    });
    return changed.length === 0 ? params : { ...params, ...Object.fromEntries(changed) };
  };
  return paramsOf;
}
