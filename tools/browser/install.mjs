// Unpacks the Chromium that npm ships in @sparticuz/chromium (Linux x64), for machines that have no browser.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { unpackedFolder } from "../../scripts/find-chromium.mjs";

if (!existsSync(join(unpackedFolder, "chromium"))) {
  const parent = dirname(unpackedFolder);
  mkdirSync(parent, { recursive: true });
  for (const old of readdirSync(parent)) rmSync(join(parent, old), { recursive: true, force: true });
  // The package takes any file of the right name for a finished unpacking, so an interrupted one would stick:
  // it is given a fresh folder, which gets its final name only when it is whole.
  const fresh = mkdtempSync(join(parent, "unpacking-"));
  try {
    process.env.TMPDIR = fresh;
    // It brings its shared libraries along only where it believes it runs in this environment.
    process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";
    const { default: chromium } = await import("@sparticuz/chromium");
    await chromium.executablePath();
    renameSync(fresh, unpackedFolder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
