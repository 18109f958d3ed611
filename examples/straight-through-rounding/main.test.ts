import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("rounds to 8.1 and differentiates to 5.7, by a rule and by straightThrough", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
plain round      value 8.1   gradient 3
customVjp        value 8.1   gradient 5.7
straightThrough  value 8.1   gradient 5.7
`);
});
