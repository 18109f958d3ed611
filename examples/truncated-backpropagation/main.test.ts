import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("agrees with the closed form for every cut", { timeout: 60_000 }, () => {
  const run = ["--conditions=@gradus/source", "--import", "tsx", "main.ts"];
  const output = execFileSync(process.execPath, run, { cwd: import.meta.dirname, encoding: "utf8" });
  expect(`\n${output}`).toBe(`
h_16 = 1.99997, 1.99997, 1.99997, 1.99997, 1.99997: the same for every k
 k   gradient   closed form
 1    1.99994       1.99994
 2    2.99988       2.99988
 4    3.74976       3.74976
 8    3.98389       3.98389
16    3.99896       3.99896
a smaller k makes a shorter program: true
`);
});
