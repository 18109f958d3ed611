// Extrema of vectors in compiled passes, at the values where devices differ: to the bit as on the CPU.
import { array, type Tensor, withBackend } from "@gradus/core";
import { max, min, reduceMax, reduceMin } from "@gradus/ops";
import { cpu } from "@gradus/ops-cpu";
import { webgl } from "@gradus/ops-webgl";
import { jit } from "@gradus/tracing";
import { expect, test } from "vitest";

const edges = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2.5];
const [first, second] = [edges.flatMap((x) => edges.map(() => x)), edges.flatMap(() => edges)];

function extrema(): number[][] {
  const [x, y] = [array(new Float32Array(first)), array(new Float32Array(second))];
  const rows = array(new Float32Array([...first, ...second]), { shape: [16, 8] });
  const pairs = jit((a: Tensor, b: Tensor) => [max(a, b), min(a, b)] as const)(x, y);
  const folds = [jit((a: Tensor) => reduceMax(a, 1))(rows), jit((a: Tensor) => reduceMin(a, 0))(rows)];
  return [...pairs, ...folds].map((t) => Array.from(t.dataSync() as Float32Array));
}

test("of NaN, infinities and zeros with a sign", () => {
  expect(withBackend(webgl(), extrema)).toEqual(withBackend(cpu(), extrema));
});
