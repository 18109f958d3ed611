import { expect, it } from "vitest";
import { replaceBetweenMarkers, time } from "../src/report.js";

it("writes times with two or three digits, in the unit that suits them", () => {
  expect([9.04, 42.42, 151.6, 1234, 56_789, 7_654_321, 123e6].map(time)).toEqual(["9.0 ns", "42.4 ns", "152 ns", "1.2 µs", "56.8 µs", "7.7 ms", "123 ms"]);
});

it("puts results between the markers, and refuses a text without them", () => {
  const text = "a\n<!-- results -->\nold\n<!-- /results -->\nb\n";
  expect(replaceBetweenMarkers(text, "new")).toBe("a\n<!-- results -->\n\nnew\n\n<!-- /results -->\nb\n");
  expect(() => replaceBetweenMarkers("a", "new")).toThrow(RangeError);
});
