// What the numbers depend on, and nothing that tells where they were taken.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { type Library, titles } from "./libraries.js";

export interface Machine {
  readonly date: string;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cpus: number;
  /** The commit of Gradus, with a plus where the tree has changes; undefined outside a repository. */
  readonly commit: string | undefined;
  readonly versions: Readonly<Record<string, string>>;
}

function git(...args: string[]): string | undefined {
  try {
    return execFileSync("git", args, { encoding: "utf8", cwd: new URL("..", import.meta.url), stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

// Versions are pinned.
function versionOf(name: string): string {
  const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { dependencies: Record<string, string> };
  return dependencies[name] ?? "unknown";
}

/** Describes this machine and what runs on it. */
export function describeMachine(libraries: readonly Pick<Library, "name" | "version">[] = []): Machine {
  const commit = git("rev-parse", "--short", "HEAD");
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpus: cpus().length,
    commit: commit && `${commit}${git("status", "--porcelain", "--", ":/packages") ? "+" : ""}`,
    versions: { tfjs: versionOf("@tensorflow/tfjs-core"), "jax-js": versionOf("@jax-js/jax"), ...Object.fromEntries(libraries.flatMap((l) => (l.version === undefined ? [] : [[titles[l.name], l.version]]))) },
  };
}

/** The average number of processes that wanted to run in the last minute. */
export const load = (): number => Math.round((loadavg()[0] as number) * 100) / 100;
