// The programs whose size is promised, what they may weigh, and the names that must not be in them.

/**
 * @typedef {object} Budget
 * @property {string} name
 * @property {string} source
 * @property {string} prints what the program prints, to six significant digits
 * @property {number} limit bytes after minification and gzip
 * @property {number} [goal] bytes we would like
 * @property {string[]} present words that must be in the bundle, or the absent ones prove nothing
 * @property {string[]} absent words that must not be
 */

/** Packages that are packed and installed by a user of nothing but these. */
export const installed = ["core", "ops", "vjp", "jvp", "tracing", "batching", "ops-cpu"];

/** Operations and handlers that none of the programs uses. */
const unused = ["gather", "scatter_add", "dot_general", "argmax", "concatenate", "atan2", "cosh", "vmap", "custom_jvp"];

/** @type {Budget[]} */
export const budgets = [
  {
    name: "grad of sin",
    source: `
      import { useBackend } from "@gradus/core";
      import { sin } from "@gradus/ops";
      import { grad } from "@gradus/vjp";
      import { eagerCpu } from "@gradus/ops-cpu/eager";
      useBackend(eagerCpu());
      console.log(grad((x) => sin(x))(1).item());
    `,
    prints: "0.540302",
    limit: 12_000,
    goal: 10_000,
    present: ["sin"],
    absent: unused,
  },
  {
    name: "jvp of sin",
    source: `
      import { useBackend } from "@gradus/core";
      import { sin } from "@gradus/ops";
      import { jvp } from "@gradus/jvp";
      import { eagerCpu } from "@gradus/ops-cpu/eager";
      useBackend(eagerCpu());
      const [, dy] = jvp((x) => sin(x), [1], [1]);
      console.log(dy.item());
    `,
    prints: "0.540302",
    limit: 8_000,
    present: ["sin"],
    absent: [...unused, "linearize"],
  },
];
