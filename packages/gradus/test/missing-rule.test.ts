// The error of a missing rule names what fits the transformation that met the operation: stopping a gradient is no answer
// to vmap.

import { describe, expect, it } from "vitest";
import { array, avalOf, bind, definePrimitive, findRule, grad, jvp, MissingRuleError, missingRule, scalar, type Tensor, vmap } from "../src/index.js";

const elementwiseP = definePrimitive("@acme/wave", { elementwise: { accepts: "float", body: scalar.sin } });
const structuredP = definePrimitive("@acme/sorted", { abstractEval: ([x]) => x! });
const applied = (p: typeof elementwiseP) => (x: Tensor): Tensor => bind(p, [x]);

const messageOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(MissingRuleError);
    return (error as Error).message;
  }
  return "nothing was thrown";
};

describe("the error of a missing rule", () => {
  it("asks for partials of an elementwise operation, and for a rule of another", () => {
    const elementwise = messageOf(() => grad(applied(elementwiseP))(1));
    expect(elementwise).toMatch(/@acme\/wave has no rule for differentiation.*@acme\/wave\(~f32\[\]\)/);
    expect(elementwise).toMatch(/stopGradient\(x\) before it.*straightThrough.*partials: \[…\] in its definePrimitive/s);
    const structured = messageOf(() => jvp(applied(structuredP), [array([1])], [array([1])]));
    expect(structured).toMatch(/stopGradient\(x\) before it.*rules: \{ jvp \} in its definePrimitive/s);
    expect(structured).not.toMatch(/partials/);
  });

  it("asks vmap's users for a batching rule, and does not speak of gradients", () => {
    const message = messageOf(() => vmap(applied(structuredP))(array([[1, 2]])));
    expect(message).toMatch(/has no rule for batching \(vmap\).*rules: \{ batch \}.*decompose.*defineRule/s);
    expect(message).not.toMatch(/gradient|straightThrough/);
  });

  it("speaks for a third party's handler in terms of its own slot", () => {
    const handler = { name: "bounds", perform: () => [] };
    expect(findRule(handler, elementwiseP, "@acme/bounds:rule" as "jvp")).toBeUndefined();
    const message = missingRule(elementwiseP, "interval arithmetic", "@acme/bounds:rule", [{ aval: avalOf([2], "float32") }]).message;
    expect(message).toMatch(/@acme\/wave has no rule for interval arithmetic.*@acme\/wave\(f32\[2\]\).*rules: \{ "@acme\/bounds:rule" \}.*overlay/s);
    expect(message).not.toMatch(/gradient|straightThrough/);
  });
});
