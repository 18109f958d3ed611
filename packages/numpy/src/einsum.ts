// Einstein's summation, as a chain of products of two, from left to right.

import { ArgumentError, normalizeAxes, reduceSum, reshape, ShapeError, type Tensor, type TensorLike, toTensor, transpose } from "@gradus/core";
import { dotGeneral } from "@gradus/ops";
import { diagonal } from "./diagonal.js";

interface Labelled {
  readonly x: Tensor;
  /** One label per axis, all different. */
  readonly labels: readonly string[];
}

/**
 * Products of operands whose axes have letters, summed over the letters that the result has not: `"ij,jk->ik"` is the matrix
 * product, `"ii->i"` a diagonal. Without `->` the result has the letters that occur once, in alphabetical order. `...` stands for
 * axes that are broadcast, from the right, as in arithmetic.
 * @throws ArgumentError for subscripts that make no sense @throws ShapeError where axes of one letter differ in length
 * @throws DTypeError for booleans
 */
export function einsum(subscripts: string, ...operands: TensorLike[]): Tensor {
  const tensors = operands.map((x) => toTensor(x, "einsum"));
  const [inputs, output] = parse(subscripts, tensors);
  const sizes = sizesOf(subscripts, tensors, inputs);
  let rest = tensors.map((x, i) => withoutRepeats(...withoutOnes(x, inputs[i] as string[], sizes)));
  let [left] = rest as [Labelled];
  rest = rest.slice(1);
  left = keepOnly(left, needed(output, rest));
  while (rest.length > 0) {
    const [next, ...later] = rest as [Labelled, ...Labelled[]];
    const wanted = needed(output, later);
    left = product(left, keepOnly(next, new Set([...wanted, ...left.labels])), wanted);
    left = keepOnly(left, wanted);
    rest = later;
  }
  return transpose(left.x, output.map((l) => left.labels.indexOf(l)));
}

const needed = (output: readonly string[], rest: readonly Labelled[]): Set<string> => new Set([...output, ...rest.flatMap((r) => r.labels)]);

function parse(subscripts: string, tensors: readonly Tensor[]): [inputs: string[][], output: string[]] {
  const fail = (why: string): ArgumentError => new ArgumentError(`einsum: "${String(subscripts)}" ${why}.`);
  if (typeof subscripts !== "string" || !/^[a-zA-Z.,]*(->[a-zA-Z.]*)?$/.test(subscripts.replaceAll(" ", ""))) throw fail("is no list of letters like \"ij,jk->ik\"");
  const [left, right] = subscripts.replaceAll(" ", "").split("->") as [string, string | undefined];
  const terms = left.split(",");
  if (terms.length !== tensors.length) throw fail(`describes ${terms.length} operand(s), and there are ${tensors.length}`);
  const expand = (term: string, dots: number): string[] => {
    const parts = term.split("...");
    if (parts.length > 2 || parts.some((p) => p.includes("."))) throw fail("has dots that are not one ... per operand");
    const [before, after] = parts.map((p) => p.split("")) as [string[], string[] | undefined];
    // Counted from the right, where dots of different operands meet.
    return after === undefined ? before : [...before, ...Array.from({ length: dots }, (_, i) => `.${dots - i}`), ...after];
  };
  let most = 0;
  const inputs = terms.map((term, i) => {
    const t = tensors[i] as Tensor;
    const dots = term.includes("...") ? t.ndim - term.replace("...", "").length : 0;
    most = Math.max(most, dots);
    const labels = expand(term, Math.max(dots, 0));
    if (labels.length !== t.ndim) throw new ShapeError(`einsum: "${subscripts}" gives ${term.replace("...", "").length} letters to ${t.aval.toString()}.`);
    return labels;
  });
  const all = inputs.flat();
  const once = [...new Set(all)].filter((l) => !l.startsWith(".") && all.filter((k) => k === l).length === 1).sort();
  const output = right === undefined ? [...(left.includes("...") ? expand("...", most) : []), ...once] : expand(right, most);
  if (new Set(output).size !== output.length) throw fail("names a letter of the result twice");
  const unknown = output.find((l) => !all.includes(l));
  if (unknown !== undefined) throw fail(`has "${unknown}" in the result, and in no operand`);
  return [inputs, output];
}

// The length of each letter; an axis of length 1 under dots may meet a longer one.
function sizesOf(subscripts: string, tensors: readonly Tensor[], inputs: readonly string[][]): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((labels, i) =>
    labels.forEach((l, k) => {
      const d = (tensors[i] as Tensor).shape[k] as number;
      const before = sizes.get(l) ?? d;
      const isBroadcast = l.startsWith(".") && (before === 1 || d === 1);
      if (before !== d && !isBroadcast) throw new ShapeError(`einsum: "${l}" of "${subscripts}" is an axis of length ${before} and one of length ${d}: ${tensors.map((t) => t.aval).join(", ")}.`);
      sizes.set(l, before === 1 ? d : before);
    }),
  );
  return sizes;
}

// Axes of length 1 that are broadcast are not there: the other operands have them.
function withoutOnes(x: Tensor, labels: readonly string[], sizes: ReadonlyMap<string, number>): [Tensor, string[]] {
  const stays = labels.map((l, i) => x.shape[i] !== 1 || sizes.get(l) === 1);
  return [reshape(x, x.shape.filter((_, i) => stays[i])), labels.filter((_, i) => stays[i])];
}

// A letter twice in one operand means its diagonal.
function withoutRepeats(x: Tensor, labels: readonly string[]): Labelled {
  const second = labels.findIndex((l, i) => labels.indexOf(l) < i);
  if (second < 0) return { x, labels };
  const first = labels.indexOf(labels[second] as string);
  return withoutRepeats(diagonal(x, 0, first, second), [...labels.filter((_, i) => i !== first && i !== second), labels[first] as string]);
}

// Sums over axes that nobody else has.
function keepOnly({ x, labels }: Labelled, wanted: ReadonlySet<string>): Labelled {
  const gone = labels.flatMap((l, i) => (wanted.has(l) ? [] : [i]));
  return gone.length === 0 ? { x, labels } : { x: reduceSum(x, normalizeAxes(gone, x.ndim, "einsum")), labels: labels.filter((l) => wanted.has(l)) };
}

function product(a: Labelled, b: Labelled, wanted: ReadonlySet<string>): Labelled {
  const shared = a.labels.filter((l) => b.labels.includes(l));
  const [batch, contract] = [shared.filter((l) => wanted.has(l)), shared.filter((l) => !wanted.has(l))];
  const places = (t: Labelled, list: readonly string[]): number[] => list.map((l) => t.labels.indexOf(l));
  const x = dotGeneral(a.x, b.x, { contract: [places(a, contract), places(b, contract)], batch: [places(a, batch), places(b, batch)] });
  const free = (t: Labelled): string[] => t.labels.filter((l) => !shared.includes(l));
  return { x, labels: [...batch, ...free(a), ...free(b)] };
}
