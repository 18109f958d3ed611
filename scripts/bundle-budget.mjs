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
export const installed = ["core", "ops", "vjp", "jvp", "tracing", "batching", "loops", "ops-cpu"];

/** Words of operations, transformations and rules that none of the programs uses. */
const unused = [
  "gather", "scatter_add", "dot_general", "argmax", "concatenate", "cumsum", "atan2", "cosh", "reduce_max",
  "inAxes", "staticArgnums", "nondiffArgnums", "rule_call", "jit_call",
];

const kilobyte = 1024;

/** @type {Budget[]} */
export const budgets = [
  {
    name: "grad of sin on eagerCpu",
    source: `
      import { useBackend } from "@gradus/core";
      import { sin } from "@gradus/ops";
      import { grad } from "@gradus/vjp";
      import { eagerCpu } from "@gradus/ops-cpu/eager";
      useBackend(eagerCpu());
      console.log(grad((x) => sin(x))(1).item());
    `,
    prints: "0.540302",
    limit: 12 * kilobyte,
    goal: 10 * kilobyte,
    present: ["sin"],
    absent: unused,
  },
  {
    // Forward mode alone: what computes is the program's own.
    name: "jvp of sin on a backend of its own",
    source: `
      import { scalarTensor, useBackend } from "@gradus/core";
      import { sin } from "@gradus/ops";
      import { jvp } from "@gradus/jvp";
      useBackend({
        name: "own",
        perform(p, args) {
          const [a = 0, b = 0] = args.map((x) => x.item());
          return scalarTensor(p.name === "sin" ? Math.sin(a) : p.name === "cos" ? Math.cos(a) : a * b, args[0].aval);
        },
      });
      console.log(jvp((x) => sin(x), [1], [1])[1].item());
    `,
    prints: "0.540302",
    limit: 8.25 * kilobyte,
    goal: 8 * kilobyte,
    present: ["sin"],
    absent: [...unused, "NonlinearError"],
  },
  {
    name: "jvp of sin on eagerCpu",
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
    limit: 10.5 * kilobyte,
    goal: 8 * kilobyte,
    present: ["sin"],
    absent: [...unused, "NonlinearError"],
  },
];
