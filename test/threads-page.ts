// What the page of threads.test.ts runs: a program with one thread and with two.

import { add, array, cpu, dotGeneral, jit, sin, type Tensor, withBackend } from "gradus";

/** What the page finds out. */
export interface Report {
  readonly threads: number | undefined;
  readonly helped: number;
  /** The last line of the plan. */
  readonly last: string | undefined;
  readonly differs: boolean;
}

const [one, two] = [cpu(), cpu({ threads: 2 })];

function program(backend: ReturnType<typeof cpu>): { run(): ArrayLike<number>; plan(): string } {
  return withBackend(backend, () => {
    const f = jit((x: Tensor) => add(sin(x), dotGeneral(x, x, { contract: [[1], [0]], batch: [[], []] })));
    const x = array(Float32Array.from({ length: 300 * 300 }, (_, i) => Math.sin(i)), { shape: [300, 300] });
    return { run: () => withBackend(backend, () => (f(x) as Tensor).dataSync()), plan: () => withBackend(backend, () => f.explainPlan(x)) };
  });
}

const [single, shared] = [program(one), program(two)];
const wanted = single.run();
let differs = false;
const compute = (): void => {
  const got = shared.run();
  for (let i = 0; i < wanted.length; i++) differs ||= got[i] !== wanted[i];
};

compute();
const mayHelp = crossOriginIsolated;
// Until others have helped, however long they take to start.
while (mayHelp && (two.stats()["helped"] as number) === 0) {
  compute();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const { threads, helped = 0 } = two.stats();
(globalThis as unknown as { report: Report }).report = { threads, helped, last: shared.plan().split("\n").at(-1), differs };
two.dispose();
