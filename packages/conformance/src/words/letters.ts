// The letters: each makes of a program another one, on the side of the library by applying the transformation, on the side of
// the reference by what it denotes. Words are made by applying letters, the last one first.

import { vmap } from "@gradus/batching";
import { tree, type TreeDef } from "@gradus/core";
import { jvp } from "@gradus/jvp";
import { jit } from "@gradus/tracing";
import { linearize, vjp } from "@gradus/vjp";
import { randomSource } from "../random.js";
import { add, constant, type Jet, mul } from "./jet.js";
import { derivatives, entry, JetArray, type JetTree, leavesOf, mapJets, perturb, stackJets, tangentsFor, valuesWithout } from "./jet-array.js";

/** A function twice over, and arguments for both: in the library and on jets. */
export interface Program {
  readonly f: (...args: any[]) => any;
  readonly reference: (...args: JetTree[]) => JetTree;
  /** The arguments; variants have other values in the same shapes. */
  readonly args: (variant: number) => JetTree[];
}

export type Letter = "jvp" | "vjp" | "linearize" | "vmap" | "jit";
export const letters: readonly Letter[] = ["jvp", "vjp", "linearize", "vmap", "jit"];

/** How many examples the letter vmap maps over. */
const examples = 2;

/** Applies a letter. `k` is the infinitesimal of this place in the word, `seed` chooses directions and axes. */
export function apply(letter: Letter, p: Program, k: number, seed: string): Program {
  switch (letter) {
    case "jvp":
      return { ...forward(p, k, seed), f: (primals: unknown[], tangents: unknown[]) => jvp(p.f, primals, tangents) };
    case "linearize":
      return {
        ...forward(p, k, seed),
        f(primals: unknown[], tangents: any[]) {
          const [out, pushforward] = linearize(p.f, primals);
          return [out, pushforward(...tangents)];
        },
      };
    case "vjp":
      return {
        ...reverse(p, k, seed),
        f(primals: unknown[], ct: unknown) {
          const [out, pullback] = vjp(p.f, primals);
          return [out, pullback(ct as never)];
        },
      };
    case "vmap":
      return batched(p, seed);
    case "jit":
      return { ...p, f: jit(p.f) };
  }
}

/** The function of primals and tangents that gives the value and its derivative in that direction. */
function forward({ reference, args }: Program, k: number, seed: string): Omit<Program, "f"> {
  return {
    args(variant) {
      const primals = args(variant);
      const random = randomSource(`${seed} tangent ${variant}`);
      return [primals, tangentsFor(primals, () => 2 * random() - 1)];
    },
    reference(primals: JetTree[], tangents: JetTree[]) {
      const out = reference(...(perturb(primals, tangents, k) as JetTree[]));
      return [valuesWithout(out, k), derivatives(out, k)];
    },
  };
}

/** The function of primals and a cotangent that gives the value and Jᵀct: each entry by perturbing one element alone. */
function reverse({ reference, args }: Program, k: number, seed: string): Omit<Program, "f"> {
  return {
    args(variant) {
      const primals = args(variant);
      const random = randomSource(`${seed} cotangent ${variant}`);
      return [primals, tangentsFor(reference(...primals), () => 2 * random() - 1)];
    },
    reference(primals: JetTree[], ct: JetTree) {
      const cts = leavesOf(ct);
      const gradients = leavesOf(primals).map((x, leaf) => {
        if (x.dtype !== "float64") return new JetArray(x.shape, "float0", []);
        return new JetArray(x.shape, x.dtype, x.data.map((_, i) => contract(derivatives(reference(...(unit(primals, leaf, i, k) as JetTree[])), k), cts)));
      });
      const [, def] = tree.flatten(primals) as [unknown, TreeDef];
      return [reference(...primals), tree.unflatten(def, gradients)];
    },
  };
}

// The primals with ε_k at one element of one leaf.
function unit(primals: JetTree, leaf: number, element: number, k: number): JetTree {
  let next = 0;
  const one = constant(1);
  const direction = mapJets(primals, (x) => {
    const here = next++ === leaf;
    return new JetArray(x.shape, x.dtype, x.data.map((_, i) => (here && i === element ? one : constant(0))));
  });
  return perturb(primals, direction, k);
}

function contract(dout: JetTree, cts: readonly JetArray[]): Jet {
  let sum = constant(0);
  leavesOf(dout).forEach((d, j) => d.data.forEach((v, i) => (sum = add(sum, mul(v, (cts[j] as JetArray).data[i] as Jet)))));
  return sum;
}

/** The function mapped over some axis of each argument but those that the seed leaves out. */
function batched({ f, reference, args }: Program, seed: string): Program {
  const random = randomSource(`${seed} axes`);
  const axes = args(0).map((_, i) => (i > 0 && random() < 0.4 ? null : random() < 0.5 ? 0 : -1));
  const outAxes = random() < 0.7 ? 0 : -1;
  const stacked = (trees: readonly JetTree[], axis: number): JetTree => tree.map((...xs: JetArray[]) => stackJets(xs, axis), trees[0], ...trees.slice(1));
  return {
    f: vmap(f, axes, { outAxes }),
    args(variant) {
      const each = Array.from({ length: examples }, (_, e) => args(examples * variant + e));
      return axes.map((axis, i) => (axis === null ? each[0]?.[i] : stacked(each.map((a) => a[i]), axis)));
    },
    reference(...batch: JetTree[]) {
      const outs = Array.from({ length: examples }, (_, e) => reference(...batch.map((x, i) => (axes[i] === null ? x : mapJets(x, (leaf) => entry(leaf, axes[i] as number, e))))));
      return stacked(outs, outAxes);
    },
  };
}

