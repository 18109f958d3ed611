// Which Chromium the browser tests use, and how it is started. vitest.config.ts and the end-to-end tests import this.
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const tool = fileURLToPath(new URL("../tools/browser", import.meta.url));

/** Where tools/browser/install.mjs unpacks the Chromium of its locked version. */
export const unpackedFolder = join(
  tool,
  ".chromium",
  JSON.parse(readFileSync(join(tool, "package.json"), "utf8")).dependencies["@sparticuz/chromium"],
);

/** @param {string} file */
const executable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

function findInstalled() {
  const chosen = process.env.CHROMIUM_PATH ?? process.env.CHROME_PATH;
  if (chosen) {
    // A wrong path is a mistake to report, not a reason to look elsewhere.
    if (!executable(chosen)) throw new Error(`CHROMIUM_PATH=${chosen} is not executable`);
    return chosen;
  }
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge"];
  names.push("Google Chrome", "Chromium");
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/bin",
    "/usr/local/bin",
    "/opt/google/chrome",
    "/snap/bin",
    "/Applications/Google Chrome.app/Contents/MacOS",
    "/Applications/Chromium.app/Contents/MacOS",
  ];
  for (const name of names) {
    for (const folder of folders) if (folder && executable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // WebGL2 in software, the same on every machine.
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

/**
 * Playwright launch options for a Chromium on this machine: one that is installed, else the one unpacked by
 * tools/browser, which brings its own shared libraries. Undefined when there is neither.
 */
export function chromiumLaunch() {
  const installed = findInstalled();
  if (installed) return { executablePath: installed, args };
  const unpacked = join(unpackedFolder, "chromium");
  if (!executable(unpacked)) return undefined;
  const libraries = [join(unpackedFolder, "al2023", "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean);
  return { executablePath: unpacked, args, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(delimiter) } };
}
