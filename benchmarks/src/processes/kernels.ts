// The kernels of Gradus beside the loops that bound them.

import { measureBounded, measureShared } from "../kernels/measure.js";
import { measureBoundary, measureNewPrograms } from "../kernels/whole.js";

process.once("message", (quick: boolean) => {
  const effort = quick ? { rounds: 2, warm: 50e6, reading: 10e6 } : { rounds: 5, warm: 300e6, reading: 30e6 };
  const report = (outcome: unknown): void => void process.send?.(outcome);
  const all = async (): Promise<void> => {
    await measureBounded(effort, report);
    await measureShared(effort, report);
    measureNewPrograms(quick, report);
    measureBoundary(effort.rounds, report);
    report("done");
  };
  all().catch((error: unknown) => report(error instanceof Error ? (error.stack ?? error.message) : String(error)));
});
