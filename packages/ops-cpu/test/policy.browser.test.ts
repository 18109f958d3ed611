// Pages with a strict Content-Security-Policy: 'wasm-unsafe-eval' is all that compiled programs need.

import { expect, test } from "vitest";
import type { Report } from "./policy-page.js";

/** Runs policy-page.ts in a page of its own under a policy. */
function under(policy: string): Promise<Report> {
  const frame = document.createElement("iframe");
  const page = new URL("./policy-page.ts", import.meta.url).href;
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script type="module" src="${page}"></script>`;
  return new Promise((resolve) => {
    const listen = ({ source, data }: MessageEvent<Report>): void => {
      if (source !== frame.contentWindow) return;
      removeEventListener("message", listen);
      frame.remove();
      resolve(data);
    };
    addEventListener("message", listen);
    document.body.append(frame);
  });
}

const timeout = 60_000;

test("programs are compiled where WebAssembly alone is allowed", { timeout }, async () => {
  const { value, programs, plan, textRuns } = await under("script-src 'self' 'wasm-unsafe-eval'");
  expect({ value, programs, textRuns }).toEqual({ value: [5, 7, 9], programs: 1, textRuns: false });
  expect(plan).toMatch(/^\d loop nests?/);
});

test("they are evaluated where nothing is, and their plans say so", { timeout }, async () => {
  const { value, programs, plan, textRuns } = await under("script-src 'self'");
  expect({ value, programs, textRuns }).toEqual({ value: [5, 7, 9], programs: 0, textRuns: false });
  expect(plan).toMatch(/^WebAssembly is not allowed here .*wasm-unsafe-eval/);
});

test("without a policy the page may do both, so that the tests above see what they say", { timeout }, async () => {
  const { programs, textRuns } = await under("");
  expect({ programs, textRuns }).toEqual({ programs: 1, textRuns: true });
});
