import { expect, it } from "vitest";
import { figureOf, median } from "../src/statistics.js";

it("takes the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it("takes the least median of quiet rounds, and says how many were not", () => {
  const readings = [
    { samples: [10, 12, 11], spins: [100, 101] as const },
    { samples: [8, 9, 30], spins: [100, 102] as const },
    { samples: [1, 1, 1], spins: [100, 150] as const },
  ];
  expect(figureOf(readings, 100)).toEqual({ best: 9, median: 10, min: 8, rounds: [11, 9], noisy: 1 });
});

it("takes all rounds where none was quiet", () => {
  expect(figureOf([{ samples: [5], spins: [200, 200] }], 100)).toMatchObject({ best: 5, noisy: 1 });
});
