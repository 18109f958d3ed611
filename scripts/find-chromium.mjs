// Which Chromium the browser tests use, and how it is started. Imported by vitest.config.ts and by end-to-end tests.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const executable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const fallback = fileURLToPath(new URL('../tools/browser/.chromium/', import.meta.url));

/** Path of a Chromium-family browser installed on this machine, or undefined. */
function findInstalled() {
  const chosen = process.env.CHROMIUM_PATH ?? process.env.CHROME_PATH;
  if (chosen) {
    if (!executable(chosen)) throw new Error(`CHROMIUM_PATH=${chosen} is not executable`);
    return chosen;
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge', 'Google Chrome', 'Chromium'];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/google/chrome',
    '/snap/bin',
    '/Applications/Google Chrome.app/Contents/MacOS',
    '/Applications/Chromium.app/Contents/MacOS',
  ];
  for (const name of names) for (const folder of folders) if (folder && executable(join(folder, name))) return join(folder, name);
  return undefined;
}

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/**
 * Playwright launch options for a Chromium on this machine: one that is installed, else the one that tools/browser
 * has unpacked (which brings its own shared libraries). Undefined when there is neither.
 */
export function chromiumLaunch() {
  const installed = findInstalled();
  if (installed) return { executablePath: installed, args };
  const unpacked = join(fallback, 'chromium');
  if (!executable(unpacked)) return undefined;
  const libraries = [join(fallback, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { executablePath: unpacked, args, env: { ...process.env, LD_LIBRARY_PATH: libraries } };
}
