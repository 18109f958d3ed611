// What programs may import. The library is loaded once, by the worker itself; a program's `import … from "gradus"` is
// pointed at a shim, a blob module that re-exports the loaded namespace. So there is one copy of the library whichever way
// it was bundled, and the same code serves the dev server and the build.

import * as batching from "@gradus/batching";
import * as core from "@gradus/core";
import * as scalar from "@gradus/core/scalar";
import * as controlFlow from "@gradus/control-flow";
import * as customRules from "@gradus/custom-rules";
import * as gradus from "gradus";
import * as jvp from "@gradus/jvp";
import * as nn from "@gradus/nn";
import * as numpy from "@gradus/numpy";
import * as ops from "@gradus/ops";
import * as opsCpu from "@gradus/ops-cpu";
import * as opsCpuEager from "@gradus/ops-cpu/eager";
import * as opsWebgl from "@gradus/ops-webgl";
import * as stopGradient from "@gradus/stop-gradient";
import * as surrogates from "@gradus/surrogates";
import * as tracing from "@gradus/tracing";
import * as vjp from "@gradus/vjp";
import type { ModuleShim } from "./protocol.js";

const namespaces: Record<string, object> = {
  gradus,
  "@gradus/batching": batching,
  "@gradus/core": core,
  "@gradus/core/scalar": scalar,
  "@gradus/control-flow": controlFlow,
  "@gradus/custom-rules": customRules,
  "@gradus/jvp": jvp,
  "@gradus/nn": nn,
  "@gradus/numpy": numpy,
  "@gradus/ops": ops,
  "@gradus/ops-cpu": opsCpu,
  "@gradus/ops-cpu/eager": opsCpuEager,
  "@gradus/ops-webgl": opsWebgl,
  "@gradus/stop-gradient": stopGradient,
  "@gradus/surrogates": surrogates,
  "@gradus/tracing": tracing,
  "@gradus/vjp": vjp,
};

/** Where the shims find the namespaces: a property of the worker's global object that no program hits by accident. */
const slot = "@gradus/playground/modules";

/** Makes the shims of this worker; they live as long as it does. */
export function makeShims(): Record<string, ModuleShim> {
  (globalThis as Record<string, unknown>)[slot] = namespaces;
  return Object.fromEntries(
    Object.entries(namespaces).map(([specifier, namespace]) => {
      const names = Object.keys(namespace);
      const lines = [
        `const m = globalThis[${JSON.stringify(slot)}][${JSON.stringify(specifier)}];`,
        // Through locals, because an export may have the name of a reserved word.
        ...names.map((name, i) => `const _${i} = m[${JSON.stringify(name)}]; export { _${i} as ${name} };`),
      ];
      const url = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/javascript" }));
      return [specifier, { url, names }];
    }),
  );
}
