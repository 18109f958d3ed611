// One workload of Gradus, over and over, for the profiler; the others have run first, so that types are as mixed as they
// are in the measurement.

import { gradus } from "../suites/gradus.js";
import { gradusModels } from "../suites/gradus-models.js";
import { type WorkloadName, workloadNames } from "../workloads.js";

const suite = { ...gradus(), ...gradusModels() };
const [, , name, seconds] = process.argv as [string, string, WorkloadName, string];
const run = (which: WorkloadName, time: number): number => {
  const { call } = suite[which] as { call: () => unknown };
  const start = performance.now();
  let count = 0;
  for (; performance.now() < start + time; count += 10) for (let i = 0; i < 10; i++) call();
  return (1e6 * (performance.now() - start)) / count;
};

for (const other of workloadNames) if (!/1e[56]|256|threads/.test(other)) run(other, 100);
run(name, 500);
console.log(`${run(name, 1000 * Number(seconds)).toFixed(0)} ns an iteration, profiled`);
