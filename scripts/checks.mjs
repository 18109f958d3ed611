// A check is a named function that throws when the repository breaks a rule. Each counts once in `npm test`.
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

/**
 * @typedef {{ name: string, run: () => unknown }} Check
 * @typedef {{ passed: number, failed: number }} Count
 */

/** Runs checks one after the other and prints each. @param {Check[]} checks @returns {Promise<Count>} */
export async function runChecks(checks) {
  const count = { passed: 0, failed: 0 };
  for (const { name, run } of checks) {
    try {
      const note = await run();
      count.passed += 1;
      console.log(`  ok      ${name}${typeof note === "string" ? `: ${note}` : ""}`);
    } catch (error) {
      count.failed += 1;
      console.log(`  FAILED  ${name}\n${indent(error instanceof Error ? error.message : String(error))}`);
    }
  }
  return count;
}

/** Runs the checks of a script that was started by itself. @param {string} url @param {() => Check[]} checks */
export async function runIfMain(url, checks) {
  if (!argv[1] || pathToFileURL(argv[1]).href !== url) return;
  const { failed } = await runChecks(checks());
  if (failed > 0) process.exitCode = 1;
}

/** Throws when there are findings. @param {string[]} findings */
export function expectNone(findings) {
  if (findings.length > 0) throw new Error(findings.join("\n"));
}

/** @param {string} text */
const indent = (text) => text.replace(/^/gm, "          ");
