// Every exported function of every package, called with what nobody should give it: nothing but Gradus's own errors comes out, each
// with its code. What is called is the list of exports, so that nothing is forgotten.
import { describe, expect, test } from "vitest";
import * as gradus from "../src/index.js";
import { array, np, nn, surrogates, tree, zeros } from "../src/index.js";

const odd: readonly (readonly [name: string, value: unknown])[] = [
  ["undefined", undefined], ["null", null], ['"x"', "x"], ["NaN", NaN], ["-1", -1], ["2.5", 2.5], ["{}", {}], ["[]", []], ["[2]", [2]],
  ["f32[3]", array([1, 2, 3])], ["f32[2,2]", array([[1, 2], [3, 4]])], ["i32[2]", array([1, 0], { dtype: "int32" })], ["bool[2]", array([true, false])], ["f32[0]", zeros([0])], ["x => x", (x: unknown) => x], ["a Date", new Date(0)],
];

const spaces: { readonly [name: string]: object } = { gradus, np, "np.linalg": np.linalg, "np.fft": np.fft, "np.random": np.random, nn, "nn.optim": nn.optim, surrogates, tree };

/** What authors of primitives and handlers call with primitives, avals and handlers, which types check; and what sets something for all. */
const exempt = new Set([
  "applyBinary", "applyN", "applyUnary", "avalOf", "bind", "broadcastInDim", "defineTransform", "definePrimitive", "findRule", "flattenAs", "flattenPrefix", "inferAvals", "lift", "missingRule", "moveAxis", "payloadOf", "performBelow", "registerTreeNode", "sliceAlong",
  "useBackend", "withBackend", "withHandler", "zeroTangent", "cpu",
]);

/** All calls with up to two odd arguments, and some with three and four: the same ones each time. */
function calls(): number[][] {
  const list: number[][] = [[]];
  odd.forEach((_, i) => list.push([i], ...odd.map((_, j) => [i, j])));
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * odd.length);
  };
  for (let k = 0; k < 150; k++) list.push([next(), next(), next()], [next(), next(), next(), next()]);
  return list;
}

/** Options are an object or left out; null is neither, and reading an option of it says so. */
const isNullOptions = (call: readonly number[], message: string): boolean =>
  call.some((i) => odd[i]![1] === null) && /(of null|is null|'null')/.test(message) && !/reading '(length|map|reduce|shape|ndim|aval|traits|\d+)'/.test(message);

describe.each(Object.entries(spaces))("%s", (space, from) => {
  const functions = Object.entries(from).filter(([name, f]) => typeof f === "function" && !/^[A-Z]/.test(name) && !exempt.has(name));
  test.each(functions)("%s", (name, f) => {
    const foreign: string[] = [];
    for (const call of calls()) {
      try {
        f(...call.map((i) => odd[i]![1]));
      } catch (error) {
        const { code, message } = error as gradus.GradusError;
        if (typeof code !== "string" && !isNullOptions(call, message)) foreign.push(`${space}.${name}(${call.map((i) => odd[i]![0]).join(", ")}): ${String(error)}`);
      }
    }
    expect(foreign.slice(0, 4)).toEqual([]);
  });
});

test("there is something to call", () => {
  expect(Object.values(spaces).flatMap((from) => Object.keys(from)).length).toBeGreaterThan(300);
});
