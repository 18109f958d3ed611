import { expect, it } from "vitest";
import { firstCallTable, replaceBetweenMarkers, time } from "../src/report.js";
import { webglMarkdown } from "../src/webgl/report.js";

it("writes times with two or three digits, in the unit that suits them", () => {
  expect([9.04, 42.42, 151.6, 1234, 56_789, 7_654_321, 123e6].map(time)).toEqual(["9.0 ns", "42.4 ns", "152 ns", "1.2 µs", "56.8 µs", "7.7 ms", "123 ms"]);
});

it("puts results between the markers, and refuses a text without them", () => {
  const text = "a\n<!-- results -->\nold\n<!-- /results -->\nb\n";
  expect(replaceBetweenMarkers(text, "new")).toBe("a\n<!-- results -->\n\nnew\n\n<!-- /results -->\nb\n");
  expect(() => replaceBetweenMarkers("a", "new")).toThrow(RangeError);
});

it("tells first calls of those that meet their target, and leaves peers out that take no part", () => {
  const text = firstCallTable([
    { title: "a", good: 10, gradus: { least: 9.5, median: 12 }, "jax-js": { least: 1234, median: 2000 } },
    { title: "b", good: 10, gradus: { least: 10.5, median: 12 }, "jax-js": undefined },
  ]);
  expect(text.split("\n").slice(2)).toEqual(["| a | 9.5 ms | 12.0 ms | 10.0 ms | good | 1234 ms | 2000 ms |", "| b | 10.5 ms | 12.0 ms | 10.0 ms |  | – | – |"]);
});

it("replaces one section and leaves the other", () => {
  const text = "<!-- results -->\na\n<!-- /results -->\n<!-- webgl results -->\nb\n<!-- /webgl results -->\n";
  const both = replaceBetweenMarkers(replaceBetweenMarkers(text, "new"), "newer", "webgl results");
  expect(both).toBe("<!-- results -->\n\nnew\n\n<!-- /results -->\n<!-- webgl results -->\n\nnewer\n\n<!-- /webgl results -->\n");
});

it("gives times, draws and ratios on WebGL, and says what fails", () => {
  const figure = (ms: number) => ({ best: ms * 1e6, median: ms * 1e6, min: ms * 1e6, rounds: [ms * 1e6], noisy: 0 });
  const machine = { date: "2000-01-01", node: "", v8: "", platform: "p", cpu: "c", cpus: 2, commit: "abc", versions: { tfjs: "4", "jax-js": "0" } };
  const outcomes = { gradus: { figure: figure(20), draws: 3, first: 1e9 }, tfjs: { figure: figure(30), draws: 5, first: 1e9 }, "jax-js": { failure: "context lost\nat f" } };
  const text = webglMarkdown({ machine, browser: "1", load: { before: 0, after: 0 }, source: false, rounds: 1, measured: [{ row: { name: "matmul, 512", end: "read", target: 45 }, outcomes }] });
  expect(text).toContain("| matrix product, 512×512 | 20.0 ms (3) | 45 ms | met | 30.0 ms (5) | fails | 1.5× | – |");
  expect(text).toContain("- jax-js webgl, matrix product, 512×512: context lost");
});
