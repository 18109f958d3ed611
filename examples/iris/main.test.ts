import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("trains quantised weights by straightThrough, and does not by plain round", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  const rows = [...output.matchAll(/^(.*?) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) %$/gm)];
  expect(rows.map(([, name]) => name)).toEqual(["full precision", "straightThrough", "plain round"]);
  type Row = [values: number, before: number, after: number, accuracy: number];
  const [full, through, plain] = rows.map((row) => row.slice(2).map(Number)) as unknown as [Row, Row, Row];
  expect(full[0]).toBe(131); // every weight and bias another
  for (const quantised of [through, plain]) expect(quantised[0]).toBeLessThanOrEqual(7);
  for (const learnt of [full, through]) expect(learnt[2]).toBeLessThan(0.15);
  expect(plain[2]).toBe(plain[1]);
  expect(full[3]).toBeGreaterThanOrEqual(93);
  expect(through[3]).toBeGreaterThanOrEqual(full[3] - 2);
  // What rounding order or another compiler may change are the digits above; the rest of the output is as it stands.
  expect(`\n${output.replace(/\d+\.?\d*/g, "#").replace(/ +/g, " ")}`).toBe(`
 values of weights loss before after accuracy
full precision # # # # %
straightThrough # # # # %
plain round # # # # %
straightThrough is within two points of full precision: true
plain round is better than guessing one species: false
`);
});
