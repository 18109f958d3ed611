// Libraries in Python are optional: shown with interpreters that are not there, and with one that only seems to be one.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startPython } from "../src/python.js";
import { markdown, type Results } from "../src/report.js";

/** A command that answers each line like a library, or ends with a complaint. */
function interpreter(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), "gradus-python-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "python");
  writeFileSync(file, `#!${process.execPath}\n${program}\n`);
  chmodSync(file, 0o755);
  return file;
}

const answering = 'require("node:readline").createInterface({ input: process.stdin }).on("line", () => console.log(JSON.stringify({ value: process.argv[3] })));';
const lacking = 'console.error("ModuleNotFoundError: No module named " + process.argv[3]); process.exitCode = 1;';

it("takes the first interpreter that has a library", async () => {
  const started = await startPython("torch", ["/nowhere/python3", interpreter(lacking), interpreter(answering)]);
  if (typeof started === "string") expect.fail(started);
  onTestFinished(started.stop);
  expect(await started.channel({ do: "list" })).toEqual({ value: "torch" });
});

it("says of each interpreter why a library is not there", async () => {
  expect(await startPython("torch", ["/nowhere/python3", interpreter(lacking)])).toMatch(/ENOENT.*; ModuleNotFoundError: No module named torch/);
});

it("says in a column of its own which library is not on the machine", () => {
  const figure = { best: 100, median: 100, min: 100, rounds: [100], noisy: 0 };
  const results: Results = {
    machine: { date: "2000-01-01", node: "20", v8: "11", platform: "p", cpu: "c", cpus: 2, commit: "abc", versions: {} },
    load: { before: 0, after: 0 },
    source: false,
    missing: { torch: "No module named torch" },
    rounds: 1,
    measured: { figures: { "sin, scalar": { gradus: figure, numpy: { ...figure, best: 200 } } }, spin: { best: 1, median: 1, worst: 1 } },
  };
  const text = markdown(results);
  expect(text).toContain("PyTorch takes no part: it is not on this machine (No module named torch).");
  expect(text).toContain("| workload | Gradus | must / good |  | NumPy | PyTorch: not on this machine | NumPy ÷ Gradus |");
  expect(text).toContain("| sin(x), scalar | 100 ns | 150 ns / 50.0 ns | met | 200 ns | – | 2.0× |");
});
