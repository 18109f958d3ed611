// The state in the address, and the explanation of imports that fail.

import { expect, it } from "vitest";
import { explainLinkError } from "../src/run/link-errors.js";
import { decodeState, encodeState, type State } from "../src/state.js";

const usual: State = { view: "plot", layout: "overlay", backend: "cpu", limit: 0.8 };

it.each<State>([
  { ...usual, example: "stopped-product" },
  { ...usual, example: "a", code: "export const f = (x) => x; // π ∂ 🙂\n".repeat(50), range: [-0.5, 1e-7], view: "program", layout: "split", backend: "webgl", limit: 30 },
])("comes back from the address: %#", async (state) => {
  expect(await decodeState(await encodeState(state))).toEqual({ code: undefined, range: undefined, ...state });
});

it("keeps links short: what is usual is left out, code is compressed", async () => {
  expect(await encodeState({ ...usual, example: "truncated" })).toBe("#example=truncated");
  expect((await encodeState({ ...usual, code: "mul(sin(x), cos(x));\n".repeat(50) })).length).toBeLessThan(120);
});

it.each(["#code=%%%", "#code=AAAA&x=3..1&limit=-1&view=no&backend=gpu", "#", "#x=a..b"])("reads a broken address as far as it can: %s", async (hash) => {
  expect(await decodeState(hash)).toMatchObject(usual);
});

const modules = { gradus: { url: "blob:1", names: ["grad", "stopGradient", "sin"] } };

it("says in the user's words that an export does not exist, where, and what was meant", () => {
  const source = 'import { grad,\n  stopGradeint } from "gradus";\nstopGradeint(1);';
  const error = { name: "SyntaxError", message: "The requested module 'blob:1' does not provide an export named 'stopGradeint'" };
  expect(explainLinkError(error, source, modules)).toEqual({
    name: "SyntaxError",
    message: '"gradus" has no export "stopGradeint". Did you mean "stopGradient"?',
    position: { line: 2, column: 3 },
  });
});

it("suggests nothing where nothing is near, and leaves other errors alone", () => {
  const error = { name: "SyntaxError", message: "The requested module 'blob:1' does not provide an export named 'quux'" };
  expect(explainLinkError(error, 'import { quux } from "gradus";', modules).message).toBe('"gradus" has no export "quux".');
  const other = { name: "TypeError", message: "x is not a function" };
  expect(explainLinkError(other, "", modules)).toBe(other);
});
