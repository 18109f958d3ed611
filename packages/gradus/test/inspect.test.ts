import { array, grad, mul, type Tensor } from "gradus";
import { inspect } from "node:util";
import { expect, it } from "vitest";

it("prints tensors in Node as their text does", () => {
  expect(inspect(array([1, 2]))).toBe("Tensor<f32[2]> [1, 2]");
  expect(inspect({ x: array(3) })).toBe("{ x: Tensor<f32[]> 3 }");
  let traced = "";
  grad((x: Tensor) => {
    traced = inspect(x);
    return mul(x, x);
  })(2);
  expect(traced).toMatch(/^Tracer<~f32\[\], jvp> with primal/);
});
