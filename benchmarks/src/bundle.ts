// Bundles: every library is measured as a bundler delivers it, from the modern modules that its packages name.

import { mkdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Loader, type Plugin } from "esbuild";

const folder = fileURLToPath(new URL("../", import.meta.url));

/** Where bundles go; not kept in the repository. */
export const output: string = join(folder, ".tmp");

// What CommonJS parts of TensorFlow.js expect of Node.
const shims = 'import{createRequire as createRequireHere}from"node:module";const require=createRequireHere(import.meta.url),__dirname=".";';

// As bundlers that know of workers do: the file of one is found from wherever the bundle is.
const workers: Plugin = {
  name: "workers",
  setup: ({ onLoad }) =>
    onLoad({ filter: /threads[\\/]start\.[jt]s$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(/new URL\((".*?worker\.js"), /g, (_, relative: string) => `new URL(${JSON.stringify(new URL(JSON.parse(relative) as string, pathToFileURL(path)).href)}, `),
      loader: extname(path).slice(1) as Loader,
    })),
};

export interface BundleOptions {
  /** Gradus from its sources in the place of its build. */
  readonly source?: boolean;
  /** As it would be shipped. */
  readonly minify?: boolean;
  /** The packages stay where they are installed, and Node finds them. */
  readonly external?: boolean;
  /** Some of the packages are CommonJS in part. */
  readonly commonJs?: boolean;
  /** For browsers, without what packages bring for Node. */
  readonly browser?: boolean;
  /** With a source map. */
  readonly map?: boolean;
}

/** Bundles `entry`, a path in the folder of the benchmarks, and gives the path of the bundle. */
export async function bundle(entry: string, name: string, options: BundleOptions = {}): Promise<string> {
  mkdirSync(output, { recursive: true });
  const file = join(output, `${name}.mjs`);
  await build({
    entryPoints: [join(folder, entry)],
    outfile: file,
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: options.browser ? "browser" : "node",
    mainFields: [...(options.browser ? ["browser"] : []), "module", "main"],
    external: options.browser ? ["util", "crypto"] : [],
    conditions: options.source ? ["@gradus/source"] : [],
    packages: options.external ? "external" : "bundle",
    minify: options.minify ?? false,
    sourcemap: options.map ?? false,
    legalComments: "none",
    banner: options.commonJs ? { js: shims } : {},
    plugins: options.browser ? [] : [workers],
    logLevel: "error",
  });
  return file;
}

/** The bytes of a file, compressed by gzip. */
export const gzippedSize = (file: string): number => gzipSync(readFileSync(file), { level: 9 }).length;
