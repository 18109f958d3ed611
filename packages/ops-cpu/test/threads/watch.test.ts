// When jobs are shared, withheld from threads, and tried again: by given durations and counts.

import { expect, test } from "vitest";
import { Watch } from "../../src/threads/watch.js";

interface Machine {
  /** Milliseconds of a job that is shared, and of one that is not. */
  readonly together: number;
  readonly alone: number;
  /** Of 8 chunks. */
  readonly helped: number;
}

/** Runs so many jobs; tells how many of them were shared, and how many withheld. */
function run(watch: Watch, jobs: number, { together, alone, helped }: Machine): { shared: number; withheld: number } {
  let [shared, withheld] = [0, 0];
  for (let k = 0; k < jobs; k++) {
    if (watch.isShared) shared++;
    if (watch.isWithheld) withheld++;
    if (watch.isShared) watch.done(together, 8, helped);
    else watch.done(alone, 8, 0);
  }
  return { shared, withheld };
}

const idle: Machine = { together: 1, alone: 1.9, helped: 4 };

test("what gains is shared, but for few runs to compare with", () => {
  const watch = new Watch();
  expect(run(watch, 36, idle)).toEqual({ shared: 32, withheld: 0 });
  expect(run(watch, 68, idle)).toEqual({ shared: 64, withheld: 0 });
  expect(run(watch, 100_000, idle).shared).toBeGreaterThan(99_500);
});

test("what takes as long with threads is withheld from them, longer and longer", () => {
  const watch = new Watch();
  const busy: Machine = { together: 1, alone: 1, helped: 4 };
  expect(run(watch, 36, busy)).toEqual({ shared: 32, withheld: 0 });
  for (const pause of [64, 128, 256, 512, 1024, 2000, 2000]) {
    expect(run(watch, pause, busy)).toEqual({ shared: 0, withheld: pause });
    expect(run(watch, 20, busy)).toEqual({ shared: 16, withheld: 0 }); // tried again, and compared
  }
});

test("what threads do not help with is withheld from them without a comparison", () => {
  const watch = new Watch();
  const late: Machine = { together: 0.1, alone: 0.1, helped: 0 };
  expect(run(watch, 32 + 64, late)).toEqual({ shared: 32, withheld: 64 });
  expect(run(watch, 16 + 128, late)).toEqual({ shared: 16, withheld: 128 });
});

test("no pause is longer than some seconds, nor shorter than a few runs", () => {
  for (const [time, pause] of [[50, 40], [1000, 16]] as const) {
    const watch = new Watch();
    const slow: Machine = { together: time, alone: time, helped: 4 };
    run(watch, 36, slow);
    expect(run(watch, pause, slow)).toEqual({ shared: 0, withheld: pause });
    expect(watch.isShared).toBe(true);
  }
});

test("once cores are free again jobs are shared again, and pauses begin short", () => {
  const watch = new Watch();
  const busy: Machine = { together: 3, alone: 2, helped: 1 };
  run(watch, 36 + 64 + 20, busy);
  expect(run(watch, 128, idle)).toEqual({ shared: 0, withheld: 128 });
  expect(run(watch, 20 + 64, idle)).toEqual({ shared: 80, withheld: 0 });
  run(watch, 4, idle);
  expect(run(watch, 132, busy)).toEqual({ shared: 128, withheld: 0 });
  expect(run(watch, 64, busy)).toEqual({ shared: 0, withheld: 64 });
  expect(watch.isShared).toBe(true);
});
